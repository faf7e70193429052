"""What runs in a stack: each process's command, settings, and place in the order.

The order in which they stop is the reverse of `priority`: the probe first (an end in good order
is no outage), the edge and the gateways (no new requests), the waiting room, the standby allocator
(else it would lead), the allocator (decides what is in the inbox), Celery, Redis, PostgreSQL. Each
process waits by itself for what it needs.
Each is given its own settings and no other's; a variable of the operator's
environment with the process's prefix is passed on and wins.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from allocator.migrate import Purpose, role_url
from seiriken.demo_city import MUNICIPALITY_CODE
from seiriken.edge import inside_count
from seiriken.edge_front import CLIENT_ADDRESS_HEADER, EDGE
from seiriken.embedded_postgres import EmbeddedPostgres
from seiriken.embedded_redis import EmbeddedRedis
from seiriken.home import Home
from seiriken.supervision import Program

SERVERS = ("postgres", "redis")
STANDBY = "allocator_standby"
STANDBY_INSTANCE = "allocator-1"
PROBE = "probe"
LATE = (STANDBY, PROBE)
"""What starts when all others are ready. Both can be left out."""
KEEPER = "keeper"
STAFF = "staff_gateway"
_ALONE = ("--without-gossip", "--without-mingle")

GATE_NICENESS = 5
"""Of the gateways for the crowd at the gate: where processor time is short, whoever was let in
goes before them (a third of the weight, by the kernel's table)."""

PROCESSES = (
    *("herald", KEEPER, "worker", "beat"),
    *("allocator", STANDBY, "waiting_room", STAFF, "gateway", EDGE, PROBE),
)
"""Groups by their priority; they stop in the reverse order. `KEEPER`, `STAFF` and `EDGE` can be
left out, too."""


@dataclass(frozen=True)
class Wiring:
    """How the processes of one stack reach each other. URLs are the owner's.

    With `standby` a second allocator takes over when the first hangs or dies; with `probe` the
    synthetic resident looks every half minute whether all is well; with `keeps_backups` the
    keeper makes backups. `alerts_token_file` is there if Alertmanager is. `gateway_ports` is one
    for each gateway behind an edge; without one they share `port`. At `edge_events_port` the
    herald hears what the edge refused. At `staff_port`, if there is one, the staff gateway listens.
    """

    home: Home
    database_url: str
    redis_url: str
    port: int
    internal_ports: Mapping[str, int]
    gateways: int
    standby: bool = False
    probe: bool = False
    alerts_token_file: Path | None = None
    keeps_backups: bool = True
    gateway_ports: Sequence[int] = ()
    edge_events_port: int | None = None
    staff_port: int | None = None


def servers(postgres: EmbeddedPostgres | None, redis: EmbeddedRedis | None) -> list[Program]:
    """Return the embedded servers that this stack runs itself."""
    programs = []
    if postgres is not None:
        programs.append(
            Program(
                name="postgres",
                command=postgres.command(),
                directory=postgres.data_dir,
                user=postgres.user,
                priority=10,
                stop_signal="INT",
                stop_wait_s=60,
                start_s=1,
                starts_at_once=True,
            )
        )
    if redis is not None:
        programs.append(
            Program(
                name="redis",
                command=redis.command(),
                priority=20,
                stop_wait_s=30,
                start_s=1,
                starts_at_once=True,
            )
        )
    return programs


def processes(wiring: Wiring) -> list[Program]:
    """Return our own processes, in the order of `PROCESSES`."""
    allocator = _allocator(wiring)
    return [
        _herald(wiring),
        *([_keeper(wiring)] if wiring.keeps_backups else []),
        Program(
            name="worker",
            command=_celery("worker", "--concurrency=1", *_ALONE),
            priority=30,
            stop_wait_s=30,
            environment=_jobs(wiring, INTERNAL_PORT=wiring.internal_ports["worker"]),
        ),
        Program(
            name="beat",
            command=_celery("beat", f"--schedule={wiring.home.path / 'beat-schedule'}"),
            priority=40,
            stop_wait_s=10,
            environment=_jobs(wiring, **_orders_of_backups(wiring)),
        ),
        allocator,
        *([_standby(wiring, allocator)] if wiring.standby else []),
        Program(
            name="waiting_room",
            command=_python("waiting_room"),
            priority=60,
            stop_wait_s=10,
            environment=_settings(
                "ROOM_",
                wiring,
                INTERNAL_PORT=wiring.internal_ports["waiting_room"],
                MEMORY_FILE=wiring.home.path / "room-memory",
            ),
        ),
        *([_staff(wiring, wiring.staff_port)] if wiring.staff_port is not None else []),
        _gateway(wiring),
        *([_probe(wiring)] if wiring.probe else []),
    ]


def internal_port_names(
    gateways: int,
    *,
    standby: bool = False,
    probe: bool = False,
    keeps_backups: bool = True,
    staff: bool = False,
) -> list[str]:
    """Return the name of every process that has an internal port."""
    asked = ((KEEPER, keeps_backups), (STAFF, staff), (STANDBY, standby), (PROBE, probe))
    others = ["waiting_room", "allocator", "worker", "herald"]
    on_demand = [name for name, is_there in asked if is_there]
    return [*(f"gateway_{n}" for n in range(gateways)), *others, *on_demand]


def keeps_backups() -> bool:
    """Say whether the stack keeps backups: of its own PostgreSQL, or where it is told to."""
    return not os.environ.get("DATABASE_URL") or bool(os.environ.get("BACKUP_DIR"))


def _herald(wiring: Wiring) -> Program:
    """Return what tells of incidents: it needs nothing else, and so stops last of ours."""
    own: dict[str, str | int | Path] = {
        "BULLETIN_DIR": wiring.home.bulletin_dir,
        "STATUS_DIR": wiring.home.status_dir,
        "REDIS_URL": wiring.redis_url,
        "INTERNAL_PORT": wiring.internal_ports["herald"],
    }
    if wiring.alerts_token_file is not None:
        own["ALERTS_TOKEN_FILE"] = wiring.alerts_token_file
    if wiring.edge_events_port is not None:
        own["EDGE_EVENTS_PORT"] = wiring.edge_events_port
    return Program(
        name="herald",
        command=_python("monitoring.bulletin"),
        priority=25,
        stop_wait_s=10,
        environment=_with_prefix("HERALD_", own),
    )


def _keeper(wiring: Wiring) -> Program:
    """Return what makes backups; it stops late, so that the last bookings' WAL is archived."""
    home = wiring.home
    own: dict[str, str | int | Path] = {
        "DATABASE_URL": _role_url(wiring, "backup"),
        "REDIS_URL": wiring.redis_url,
        "DIR": home.backups_dir,
        "KEY_FILE": home.backup_key_file,
        "SPOOL_DIR": home.backup_work_dir,
        "HOUSE_DIRS": json.dumps([str(folder) for folder in home.house_dirs]),
        "INTERNAL_PORT": wiring.internal_ports[KEEPER],
    }
    return Program(
        name=KEEPER,
        command=_celery("worker", "--pool=solo", *_ALONE, app="seiriken.backup.jobs"),
        priority=28,
        stop_wait_s=30,
        environment=_with_prefix("BACKUP_", own),
    )


def _orders_of_backups(wiring: Wiring) -> dict[str, str | int | Path]:
    return {"BACKUPS_EVERY_S": 60} if wiring.keeps_backups else {}


def _allocator(wiring: Wiring) -> Program:
    return Program(
        name="allocator",
        command=_python("allocator"),
        priority=50,
        stop_wait_s=30,
        environment=_settings(
            "ALLOCATOR_",
            wiring,
            DATABASE_URL=_role_url(wiring, "allocator"),
            INTERNAL_PORT=wiring.internal_ports["allocator"],
        ),
    )


def _standby(wiring: Wiring, allocator: Program) -> Program:
    # Two of one name would take the lease from each other: the operator's settings do not win.
    is_named_so = allocator.environment.get("ALLOCATOR_INSTANCE") == STANDBY_INSTANCE
    own = {
        "ALLOCATOR_INSTANCE": f"{STANDBY_INSTANCE}-standby" if is_named_so else STANDBY_INSTANCE,
        "ALLOCATOR_INTERNAL_PORT": str(wiring.internal_ports[STANDBY]),
    }
    return replace(
        allocator, name=STANDBY, priority=55, environment={**allocator.environment, **own}
    )


def _gateway(wiring: Wiring) -> Program:
    # Only the number of the copy differs between gateways, so a shell picks the port by it.
    ports = {
        f"INTERNAL_PORT_{n}": str(wiring.internal_ports[f"gateway_{n}"])
        for n in range(wiring.gateways)
    }
    own = "GATEWAY_INTERNAL_PORT=$INTERNAL_PORT_{n} GATEWAY_GATEWAY_ID=gateway_{n}"
    nice = ""
    settings: dict[str, str | int | Path] = {"PUBLIC_SOCKET_FD": 0}
    if wiring.gateway_ports:
        ports |= {f"PORT_{n}": str(port) for n, port in enumerate(wiring.gateway_ports)}
        own += " GATEWAY_PORT=$PORT_{n}"
        first_at_gate = inside_count(wiring.gateways)
        ports |= {
            f"NICENESS_{n}": str(GATE_NICENESS if n >= first_at_gate else 0)
            for n in range(wiring.gateways)
        }
        nice = "nice -n $NICENESS_{n} "
        settings = {"CLIENT_ADDRESS_HEADER": CLIENT_ADDRESS_HEADER}
    return Program(
        name="gateway",
        command=("/bin/sh", "-c", f'{own} exec {nice}"$0" -m gateway', sys.executable),
        priority=70,
        stop_wait_s=20,
        copies=wiring.gateways,
        numbered=True,
        listen_port=None if wiring.gateway_ports else wiring.port,
        environment=ports
        | _settings(
            "GATEWAY_",
            wiring,
            DATABASE_URL=_role_url(wiring, "gateway"),
            MUNICIPALITY_CODE=MUNICIPALITY_CODE,
            **settings,
        ),
    )


def _staff(wiring: Wiring, port: int) -> Program:
    """Return the staff's gateway: behind an edge only that reaches it."""
    behind = {"CLIENT_ADDRESS_HEADER": CLIENT_ADDRESS_HEADER} if wiring.gateway_ports else {}
    return Program(
        name=STAFF,
        command=_python("gateway.staff"),
        priority=65,
        stop_wait_s=20,
        environment=_settings(
            "STAFF_",
            wiring,
            DATABASE_URL=_role_url(wiring, "staff"),
            INTERNAL_PORT=wiring.internal_ports[STAFF],
            MUNICIPALITY_CODE=MUNICIPALITY_CODE,
            PORT=port,
            **behind,
        ),
    )


def _probe(wiring: Wiring) -> Program:
    """Return the synthetic resident, who is told what a resident knows, and no more."""
    own: dict[str, str | int | Path] = {
        "URL": f"http://127.0.0.1:{wiring.port}",
        "RESIDENT_FILE": wiring.home.probe_file,
        "INTERNAL_PORT": wiring.internal_ports[PROBE],
    }
    return Program(
        name=PROBE,
        command=_python("monitoring.probe"),
        priority=80,
        stop_wait_s=10,
        environment=_with_prefix("PROBE_", own),
    )


def _jobs(wiring: Wiring, **own: str | int | Path) -> dict[str, str]:
    return _settings(
        "JOBS_",
        wiring,
        DATABASE_URL=_role_url(wiring, "jobs"),
        MAIL_DIR=wiring.home.mail_dir,
        PUBLIC_URL=f"http://127.0.0.1:{wiring.port}",
        **own,
    )


def _settings(prefix: str, wiring: Wiring, **own: str | int | Path) -> dict[str, str]:
    shared: dict[str, str | int | Path] = {
        "REDIS_URL": wiring.redis_url,
        "SECRETS_DIR": wiring.home.secrets_dir,
    }
    return _with_prefix(prefix, {**shared, **own})


def _with_prefix(prefix: str, own: Mapping[str, str | int | Path]) -> dict[str, str]:
    values = {f"{prefix}{name}": str(value) for name, value in own.items()}
    from_operator = {name: value for name, value in os.environ.items() if name.startswith(prefix)}
    return values | from_operator


def _role_url(wiring: Wiring, purpose: Purpose) -> str:
    return role_url(wiring.database_url, purpose, wiring.home.password(purpose))


def _python(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module)


def _celery(*arguments: str, app: str = "allocator.jobs") -> tuple[str, ...]:
    return (*_python("celery"), "--quiet", "-A", app, *arguments, "--loglevel=WARNING")
