"""`seiriken up`, `down`, `migrate` and `status`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines, print_table
from seiriken.target import HOME_USUAL

if TYPE_CHECKING:
    from seiriken.progress import Steps
    from seiriken.stack import Running, UpOptions

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="The stack's folder; var/demo when left out.")
]
PortOption = Annotated[
    int | None, typer.Option(min=1, max=65_535, help="For residents; 8080 if it is free.")
]
InternalPortOption = Annotated[
    int | None, typer.Option(min=1, max=65_535, help="The first gateway's, for metrics.")
]
PairsOption = Annotated[
    int | None, typer.Option(min=1, max=1_000_000, help="On offer; 6 for every 10 people.")
]
SeedOption = Annotated[int | None, typer.Option(help="The same seed, the same people.")]
OpensInOption = Annotated[
    int | None, typer.Option(min=0, max=31_536_000, help="Seconds until the release opens; 0.")
]
GatewaysOption = Annotated[int, typer.Option(min=1, max=8, help="How many gateways.")]
PeopleOption = Annotated[
    int | None, typer.Option(min=1, max=1_000_000, help="In the made-up city; 20,000.")
]
StandbyOption = Annotated[
    bool, typer.Option("--standby", help="A second allocator, which leads if the first fails.")
]
ProbeOption = Annotated[
    bool, typer.Option("--probe/--no-probe", help="The synthetic resident, every half minute.")
]
MonitoringOption = Annotated[
    bool, typer.Option(help="Prometheus and Alertmanager too, where they are installed.")
]
EdgeOption = Annotated[
    bool, typer.Option("--edge", help="nginx before the gateways: cache, limits, a page if away.")
]
FirewallOption = Annotated[
    bool, typer.Option("--firewall", help="An edge with ModSecurity and the OWASP rules.")
]
StaffOption = Annotated[
    bool, typer.Option("--staff", help="The staff gateway too, on a port of its own.")
]
StaffPortOption = Annotated[
    int | None, typer.Option(min=1, max=65_535, help="For the staff, with --staff; a free one.")
]
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def up(
    *,
    home: HomeOption = None,
    port: PortOption = None,
    internal_port: InternalPortOption = None,
    people: PeopleOption = None,
    pairs: PairsOption = None,
    seed: SeedOption = None,
    opens_in: OpensInOption = None,
    gateways: GatewaysOption = 2,
    standby: StandbyOption = False,
    probe: ProbeOption = True,
    monitoring: MonitoringOption = True,
    edge: EdgeOption = False,
    firewall: FirewallOption = False,
    staff: StaffOption = False,
    staff_port: StaffPortOption = None,
    detach: Annotated[bool, typer.Option(help="Return once it is ready.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start the whole system on this machine, with a made-up city when it is empty."""
    import psutil

    from seiriken import stack
    from seiriken.progress import Steps

    _interrupt_on_termination()
    steps = Steps()
    options = stack.UpOptions(
        home=home or HOME_USUAL,
        port=port,
        internal_port=internal_port,
        people=people,
        pairs=pairs,
        seed=seed,
        opens_in_s=opens_in,
        gateways=gateways,
        standby=standby,
        probe=probe,
        monitoring=monitoring,
        edge=edge or firewall,
        firewall=firewall,
        staff=staff,
        staff_port=staff_port,
        asked_at=psutil.Process().create_time(),
    )
    running = _started(options, steps)
    _show(running, detach=detach, as_json=as_json)
    if running.is_new and not detach:
        _hold(running, steps)


def down(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Stop a stack in order, and wait until it has stopped. What it stored stays."""
    from seiriken import stack
    from seiriken.home import Home
    from seiriken.progress import Steps

    folder = Home(home or HOME_USUAL)
    was_running = stack.down(folder, Steps())
    if as_json:
        print_json({"home": str(folder.path), "was_running": was_running})
    else:
        print_lines(["stopped" if was_running else f"nothing runs in {folder.path}"])


def migrate(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Bring the database to this version's schema, and set the passwords of its roles."""
    from monitoring.secrets import create_missing, create_rsa_key
    from seiriken.database import make_first_key, prepare_database
    from seiriken.home import password_in
    from seiriken.target import find_target

    target = find_target(home)
    create_missing(target.secrets_dir)
    create_rsa_key(target.secrets_dir)
    applied = prepare_database(
        target.database_url, lambda name: password_in(target.secrets_dir, name)
    )
    make_first_key(target.database_url, target.secrets_dir)
    if as_json:
        print_json({"applied": applied})
    else:
        print_lines(applied or ["nothing to apply: the schema is of this version"])


def status(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show what runs, how much memory it takes, and how the release goes."""
    from seiriken.status import gather
    from seiriken.target import find_target

    found = gather(find_target(home))
    if as_json:
        print_json(found)
        return
    rows = [
        ("home", found.home),
        ("address", found.url),
        ("start", f"{found.start_s} s" if found.start_s is not None else None),
        ("memory", f"{found.memory_mib} MiB" if found.memory_mib is not None else None),
        ("epoch", found.epoch),
        ("inbox", f"{found.inbox} undecided" if found.inbox is not None else None),
        *found.watch_urls.items(),
    ]
    if (queue := found.queue) is not None:
        rows += [
            ("release", f"{queue.release_id}, {queue.state}"),
            ("pairs left", queue.pairs_left),
            ("serving", queue.serving),
            ("waiting", queue.waiting),
            ("inside", queue.inside),
        ]
    print_lines([f"{name:<13}{'unknown' if value is None else value}" for name, value in rows])
    print_lines([""])
    print_table(
        ("process", "state", "pid"),
        [(process.name, process.state, str(process.pid or "-")) for process in found.processes],
    )


def _started(options: UpOptions, steps: Steps) -> Running:
    """Start the stack; Ctrl-C stops what was started."""
    from seiriken import stack

    try:
        return stack.up(options, steps)
    except KeyboardInterrupt:
        raise CommandError("interrupted; everything that was started is stopped again") from None


def _interrupt_on_termination() -> None:
    """Let SIGTERM, and the terminal's going away, stop everything as Ctrl-C does.

    SIGINT too, since a shell starts background jobs with it ignored.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in _STOP_SIGNALS:
        signal.signal(number, interrupt)


def _show(running: object, *, detach: bool, as_json: bool) -> None:
    from seiriken.demo import samples
    from seiriken.stack import Running

    assert isinstance(running, Running)
    home, stack = running.home, running.stack
    people = samples(home)
    called = Path(sys.argv[0])
    stop = f"{called if called.name == 'seiriken' else 'seiriken'} down --home {home.path}"
    if as_json:
        print_json(
            {
                "url": stack.url,
                "home": str(home.path),
                "is_new": running.is_new,
                "start_s": stack.start_s,
                "staff_url": stack.staff_url,
                "internal_ports": stack.internal_ports,
                "watch_urls": stack.watch_urls,
                "samples": [
                    {"ticket_number": person.ticket_number, "birth_date": person.birth_date}
                    for person in people
                ],
                "stop": stop,
            }
        )
        return
    print_lines(
        [
            "",
            f"Seiriken runs at {stack.url}" if running.is_new else f"runs already at {stack.url}",
            *([f"  staff at {stack.staff_url}"] if stack.staff_url else []),
            *(f"  ticket {p.ticket_number}, born {p.birth_date}" for p in people),
            f"  folder {home.path}",
            *(f"  {name} at {url}" for name, url in stack.watch_urls.items()),
            f"  stop with {'Ctrl-C' if running.is_new and not detach else stop}",
        ]
    )


def _hold(running: object, steps: object) -> None:
    """Stay until Ctrl-C, then stop everything; or until somebody else stopped it."""
    from seiriken import stack
    from seiriken.progress import Steps

    assert isinstance(running, stack.Running)
    assert isinstance(steps, Steps)
    pid = running.stack.supervisor_pid
    ended = threading.Event()

    def wait_for_end() -> None:
        os.waitpid(pid, 0)
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    try:
        while not ended.wait(0.5):
            pass
    except KeyboardInterrupt:
        for number in _STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        steps.say("stopping in order; nothing is lost")
        stack.down(running.home, steps)
        return
    # Whoever stopped it removes its file last.
    running.home.wait_for_others()
    left = running.home.read()
    if left is not None and left.supervisor_pid == pid:
        raise CommandError(f"supervisord ended; see {running.home.log_dir}/supervisord.log")
    steps.say("stopped by another command")
