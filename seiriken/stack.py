"""A whole system on one machine: start it, find it again, stop it in order.

Rule 1: `up` says what failed, with the end of its log, and leaves nothing running
when it fails. What was kept in the folder stays: the next `up` goes on with it.
Rule 2: a stack is found by its folder alone (`stack.json`); ports are free ones
unless asked for, sockets live in a short folder under /tmp that ends with the stack.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from monitoring.secrets import create_missing, create_rsa_key
from seiriken.database import create_database, make_first_key, prepare_database
from seiriken.demo import Demo, load_demo
from seiriken.edge_front import EDGE, Front, find_nginx, left_behind
from seiriken.embedded_postgres import EmbeddedPostgres
from seiriken.embedded_redis import EmbeddedRedis
from seiriken.errors import CommandError
from seiriken.home import Home, StackFile
from seiriken.ports import Ports, choose_ports, one_start_at_a_time
from seiriken.probe_enrolment import enrol
from seiriken.processes import end, is_supervisor_of, orphans_of, wait_for_end
from seiriken.programs import (
    KEEPER,
    LATE,
    PROBE,
    PROCESSES,
    SERVERS,
    STAFF,
    Wiring,
    internal_port_names,
    keeps_backups,
    processes,
    servers,
)
from seiriken.progress import Steps
from seiriken.readiness import (
    Watch,
    check_given_servers,
    is_alive_there,
    wait_for_processes,
    wait_for_servers,
    wait_for_supervisor,
)
from seiriken.supervision import Supervisor, configuration, start_supervisor
from seiriken.watching import WATCHERS, Watchers, installed

DATABASE = "seiriken"
_RUN_FOLDER = Path("/tmp")  # noqa: S108 (a unix socket's path must be short)


@dataclass(frozen=True)
class UpOptions:
    """What was asked for; None means that the choice is ours. `opens_in_s` in seconds.

    `asked_at` (unix seconds) is when the command began: the start is measured from there.
    """

    home: Path
    port: int | None = None
    internal_port: int | None = None
    people: int | None = None
    pairs: int | None = None
    seed: int | None = None
    opens_in_s: int | None = None
    gateways: int = 2
    standby: bool = False
    probe: bool = True
    monitoring: bool = True
    edge: bool = False
    firewall: bool = False
    staff: bool = False
    staff_port: int | None = None
    asked_at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Running:
    """A stack that runs: `is_new` tells whether this very command started it."""

    home: Home
    stack: StackFile
    is_new: bool

    @property
    def supervisor(self) -> Supervisor:
        """Return the one to speak to."""
        return Supervisor(self.stack.supervisor_socket)


def find(home: Home) -> Running | None:
    """Return the stack that runs in a folder, or None."""
    stack = home.read()
    if stack is None or not is_supervisor_of(stack.supervisor_pid, home.supervisor_file):
        return None
    return Running(home, stack, is_new=False)


def up(options: UpOptions, steps: Steps) -> Running:
    """Start everything and return once residents can be served.

    A stack that already runs in the folder is returned as it is.

    Raises:
        CommandError: a port is taken, a server is away, or a part did not start.
    """
    home = Home(options.home)
    home.make()
    with home.locked():
        running = find(home)
        if running is not None and running.stack.start_s is not None:
            return running
        clear_leftovers(home, steps)
        with one_start_at_a_time():
            return _Start(home, options, steps).run()


def down(home: Home, steps: Steps) -> bool:
    """Stop a stack in order and wait for its end; False when none was running."""
    if not home.path.is_dir():
        return False
    with home.locked():
        running = find(home)
        if running is None:
            return clear_leftovers(home, steps) > 0
        stop(running, steps)
    return True


def stop(running: Running, steps: Steps) -> None:
    """Stop each part in order, saying so, then supervisord itself; remove the sockets."""
    supervisor = running.supervisor
    known = {state.group for state in supervisor.states()}
    for group in reversed((*SERVERS, *PROCESSES, *WATCHERS)):
        if group in known:
            with steps.step(f"stopping {group}"):
                supervisor.stop_group(group)
    supervisor.shut_down()
    wait_for_end(running.stack.supervisor_pid)
    shutil.rmtree(running.stack.run_dir, ignore_errors=True)
    running.home.stack_file.unlink(missing_ok=True)


def clear_leftovers(home: Home, steps: Steps) -> int:
    """End what a killed supervisord left behind; return how many processes that were."""
    stack = home.read()
    if stack is not None and is_supervisor_of(stack.supervisor_pid, home.supervisor_file):
        stop(Running(home, stack, is_new=False), steps)
    count = 0
    left = orphans_of(home.path)
    if stack is not None:
        left += left_behind(Path(stack.run_dir))
    if left:
        with steps.step(f"ending {len(left)} processes that were left behind"):
            count = end(left)
    if stack is not None:
        shutil.rmtree(stack.run_dir, ignore_errors=True)
    home.stack_file.unlink(missing_ok=True)
    return count


class _Start:
    """One run of `up`: plan, servers, database, demo city, our processes."""

    def __init__(self, home: Home, options: UpOptions, steps: Steps) -> None:
        self.home, self.options, self.steps = home, options, steps
        self.left_out: set[str] = set()
        ports = _ports(options)
        nginx = find_nginx(firewall=options.firewall) if options.edge else None
        check_given_servers()
        self.run_dir = Path(tempfile.mkdtemp(prefix="seiriken-", dir=_RUN_FOLDER))
        if os.geteuid() == 0:
            self.run_dir.chmod(0o711)
        create_missing(home.secrets_dir)
        if not os.environ.get("BACKUP_KEY_FILE"):
            create_missing(home.secrets_dir, [home.backup_key_file.name])
        create_rsa_key(home.secrets_dir)
        self.postgres = self._postgres()
        self.redis = self._redis()
        self.watchers = self._watchers(ports)
        self.front = self._front(nginx, ports) if nginx is not None else None
        self.wiring = Wiring(
            home=home,
            database_url=os.environ.get("DATABASE_URL") or self._embedded_url(),
            redis_url=os.environ.get("REDIS_URL") or self._embedded_redis_url(),
            port=ports.public,
            internal_ports=ports.internal,
            gateways=options.gateways,
            standby=options.standby,
            probe=options.probe,
            alerts_token_file=self.watchers.token_file if self.watchers is not None else None,
            keeps_backups=keeps_backups(),
            gateway_ports=ports.gateways,
            edge_events_port=ports.edge_events,
            staff_port=ports.staff_behind or ports.staff,
        )
        self.staff_port = ports.staff

    def run(self) -> Running:
        """Start; whatever goes wrong (Ctrl-C too), stop all that was started."""
        running: Running | None = None
        try:
            with self.steps.step("preparing PostgreSQL and Redis"):
                if self.postgres is not None:
                    self.postgres.prepare()
                if self.redis is not None:
                    self.redis.prepare()
                if self.watchers is not None:
                    self.watchers.prepare(self.wiring.internal_ports)
                if self.front is not None:
                    self.front.prepare()
            running = self._start_supervisor()
            watch = Watch(running.supervisor)
            with self.steps.step("starting PostgreSQL and Redis"):
                wait_for_supervisor(running.supervisor, watch)
                owner_url = self.postgres.url() if self.postgres else self.wiring.database_url
                wait_for_servers(owner_url, self.wiring.redis_url, watch)
            self._fill()
            with self.steps.step(
                "starting the gateways, the waiting room, the allocator and Celery"
            ):
                self._start_processes(running.supervisor, watch)
            took_s = round(time.time() - self.options.asked_at, 2)
            stack = msgspec.structs.replace(running.stack, start_s=took_s)
            self.home.write(stack)
            return replace(running, stack=stack, is_new=True)
        except BaseException:
            if running is not None:
                stop(running, self.steps)
            shutil.rmtree(self.run_dir, ignore_errors=True)
            self.home.stack_file.unlink(missing_ok=True)
            raise

    def _start_processes(self, supervisor: Supervisor, watch: Watch) -> None:
        """Start them and wait until they are ready.

        The edge comes when the gateways are there: nobody is turned away. The standby comes late
        and never is ready; the probe comes last and would find nobody there.
        Nobody waits for those who watch: a city does not need them to serve its residents.
        """
        ports = dict(self.wiring.internal_ports)
        late = {name: ports.pop(name) for name in LATE if name in ports}
        for name in self.left_out:
            del late[name]
        absent = {EDGE, *LATE, *self._not_asked_for()}
        for group in PROCESSES:
            if group not in absent:
                supervisor.start_group(group)
        wait_for_processes(ports, watch)
        if self.front is not None:
            supervisor.start_group(EDGE)
            watch.wait(EDGE, self.front.listens)
        for name, port in late.items():
            supervisor.start_group(name)
            watch.wait(name, lambda port=port: is_alive_there(port))  # type: ignore[misc]
        for group in WATCHERS if self.watchers is not None else ():
            supervisor.start_group(group)

    def _start_supervisor(self) -> Running:
        watchers = self.watchers.programs() if self.watchers is not None else []
        front = [self.front.program()] if self.front is not None else []
        programs = [*servers(self.postgres, self.redis), *processes(self.wiring), *front, *watchers]
        text = configuration(self.home, self.run_dir, programs)
        supervisor = start_supervisor(self.home, text)
        stack = StackFile(
            supervisor_pid=supervisor.pid,
            run_dir=str(self.run_dir),
            port=self.wiring.port,
            internal_ports=dict(self.wiring.internal_ports),
            gateways=self.wiring.gateways,
            database_url=self.wiring.database_url,
            redis_url=self.wiring.redis_url,
            started_at=time.time(),
            watch_ports=dict(self.watchers.ports) if self.watchers is not None else {},
            staff_port=self.staff_port,
        )
        self.home.write(stack)
        return Running(self.home, stack, is_new=True)

    def _not_asked_for(self) -> set[str]:
        there = ((KEEPER, self.wiring.keeps_backups), (STAFF, self.wiring.staff_port is not None))
        return {name for name, is_there in there if not is_there}

    def _fill(self) -> None:
        if self.postgres is not None:
            create_database(self.postgres.url(), DATABASE)
        with self.steps.step("migrating the database"):
            prepare_database(self.wiring.database_url, self.home.password)
            make_first_key(self.wiring.database_url, self.home.secrets_dir)
        options = self.options
        demo = Demo(
            self.home,
            self.wiring.database_url,
            options.people,
            options.pairs,
            options.seed,
            options.opens_in_s,
        )
        load_demo(demo, self.steps)
        if options.probe:
            self._enrol()

    def _enrol(self) -> None:
        """Enrol the synthetic resident; a city whose releases stand against it starts without."""
        try:
            enrol(self.wiring.database_url, self.home.secrets_dir)
        except CommandError as error:
            self.steps.say(f"  no synthetic resident: {error}")
            self.left_out.add(PROBE)

    def _postgres(self) -> EmbeddedPostgres | None:
        if os.environ.get("DATABASE_URL"):
            return None
        return EmbeddedPostgres(
            self.home.postgres_dir, self.run_dir / "pg", self.home.password("postgres")
        )

    def _redis(self) -> EmbeddedRedis | None:
        if os.environ.get("REDIS_URL"):
            return None
        return EmbeddedRedis(self.home.redis_dir, self.run_dir / "redis.sock")

    def _watchers(self, ports: Ports) -> Watchers | None:
        """Return Prometheus and Alertmanager, if they are wanted and installed."""
        if not self.options.monitoring:
            return None
        if (found := installed()) is None:
            self.steps.say("nobody watches: Prometheus and Alertmanager are not installed")
            return None
        self.home.password("alerts")
        return Watchers(
            installed=found,
            folder=self.home.watch_dir,
            ports=ports.watch,
            herald_port=ports.internal["herald"],
            token_file=self.home.secrets_dir / "alerts.password",
        )

    def _front(self, nginx: Path, ports: Ports) -> Front:
        assert ports.edge_events is not None
        return Front(
            nginx,
            self.run_dir / EDGE,
            self.home.status_dir,
            ports.public,
            ports.gateways,
            ports.edge_events,
            ports.staff,
            ports.staff_behind,
            self.options.firewall,
        )

    def _embedded_url(self) -> str:
        assert self.postgres is not None
        return self.postgres.url(DATABASE)

    def _embedded_redis_url(self) -> str:
        assert self.redis is not None
        return self.redis.url()


def _ports(options: UpOptions) -> Ports:
    names = internal_port_names(
        options.gateways,
        standby=options.standby,
        probe=options.probe,
        keeps_backups=keeps_backups(),
        staff=options.staff,
    )
    return choose_ports(
        names,
        public=options.port,
        first_internal=options.internal_port,
        behind_edge=options.gateways if options.edge else 0,
        staff=options.staff,
        staff_asked=options.staff_port if options.staff else None,
    )
