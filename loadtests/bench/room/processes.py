"""The processes of the waiting room: gateways, the room, and a bare Starlette beside them."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.request import urlopen

import msgspec
import psutil

from loadtests.bench.errors import BenchStopped
from loadtests.bench.processes import (
    LOOPBACK,
    counted,
    cpu_s_of_family,
    free_port,
    is_answered,
    running_python,
)
from loadtests.bench.room.hall import MUNICIPALITY
from loadtests.bench.room.plain import BACKLOG, STATUS, PlainAnswer
from loadtests.bench.servers import Servers
from loadtests.bench.waiting import until

_READY_S_MAX = 120.0
_LOOK_EVERY_S = 0.005
_SAME_ANSWERS = 10


@dataclass(frozen=True)
class Gateways:
    """Gateways that share a public port, as supervisord gives it to them."""

    port: int
    internal_ports: tuple[int, ...]
    processes: tuple[psutil.Process, ...]

    def cpu_s(self) -> float:
        """Return the processor time that they have used so far."""
        return sum(map(cpu_s_of_family, self.processes))

    def answered(self, route: str) -> float:
        """Return how many requests of a route Python has answered so far."""
        labels = f'route="{route}",status_class="2xx"'
        metric = "seiriken_http_requests_total"
        return sum(counted(port, metric, labels) for port in self.internal_ports)

    def wait_for_notice(self, release_id: str) -> None:
        """Wait until all of them know a release: it is on their boards."""
        path = f"/queue/{release_id}/status.json"
        heard = 0

        def is_known() -> bool:
            # Whoever accepts the connection answers: ask oftener than there are gateways.
            nonlocal heard
            heard = heard + 1 if is_answered(self.port, path) else 0
            return heard >= _SAME_ANSWERS * len(self.internal_ports)

        until("the gateways know the release", is_known, _READY_S_MAX, _LOOK_EVERY_S)


@dataclass(frozen=True)
class Plain:
    """A running bare Starlette."""

    port: int
    process: psutil.Process

    def cpu_s(self) -> float:
        """Return the processor time that it has used so far."""
        return cpu_s_of_family(self.process)


@contextmanager
def running_room(servers: Servers) -> Iterator[None]:
    """Run the waiting room's process for the length of a block."""
    environment = {
        "ROOM_REDIS_URL": servers.redis_url,
        "ROOM_SECRETS_DIR": str(servers.secrets_dir),
        "ROOM_INTERNAL_PORT": "0",
    }
    with running_python(["-m", "waiting_room"], environment, servers.folder / "room.log"):
        yield


@contextmanager
def running_gateways(servers: Servers, count: int) -> Iterator[Gateways]:
    """Run gateways for the length of a block that begins when all of them are ready.

    There must be a room that ticks, and a catalogue.
    """
    internal_ports = tuple(free_port() for _ in range(count))
    with socket.create_server((LOOPBACK, 0), backlog=BACKLOG) as listener, ExitStack() as stack:
        processes = [
            stack.enter_context(_gateway(servers, listener.fileno(), number, internal_port))
            for number, internal_port in enumerate(internal_ports)
        ]
        for process, internal_port in zip(processes, internal_ports, strict=True):
            _wait_until_ready(process, internal_port, "/readyz")
        watched = tuple(psutil.Process(process.pid) for process in processes)
        yield Gateways(listener.getsockname()[1], internal_ports, watched)


@contextmanager
def _gateway(
    servers: Servers, public_fd: int, number: int, internal_port: int
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        "GATEWAY_DATABASE_URL": servers.postgres.url(),
        "GATEWAY_REDIS_URL": servers.redis_url,
        "GATEWAY_SECRETS_DIR": str(servers.secrets_dir),
        "GATEWAY_GATEWAY_ID": f"bench_{number}",
        "GATEWAY_INTERNAL_PORT": str(internal_port),
        "GATEWAY_PUBLIC_SOCKET_FD": str(public_fd),
        "GATEWAY_MUNICIPALITY_CODE": MUNICIPALITY,
    }
    log_file = servers.folder / f"gateway_{number}.log"
    with running_python(["-m", "gateway"], environment, log_file, pass_fds=[public_fd]) as process:
        yield process


@contextmanager
def running_plain(servers: Servers, like: Gateways) -> Iterator[Plain]:
    """Run a bare Starlette that answers status.json as a gateway does."""
    answer_file = servers.folder / "status.answer"
    answer_file.write_bytes(msgspec.json.encode(_answer_of(like.port, STATUS)))
    with socket.create_server((LOOPBACK, 0), backlog=BACKLOG) as listener:
        fd, port = listener.fileno(), int(listener.getsockname()[1])
        command = ["-m", "loadtests.bench.room.plain", str(fd), str(answer_file)]
        log_file = servers.folder / "plain.log"
        with running_python(command, {}, log_file, pass_fds=[fd]) as process:
            _wait_until_ready(process, port, STATUS)
            yield Plain(port, psutil.Process(process.pid))


def _answer_of(port: int, path: str) -> PlainAnswer:
    with urlopen(f"http://{LOOPBACK}:{port}{path}", timeout=_READY_S_MAX) as answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        body = str(answer.read().decode())
    for name in ("content-length", "date", "connection"):
        headers.pop(name)
    return PlainAnswer(headers, body)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    def is_ready() -> bool:
        if process.poll() is not None:
            raise BenchStopped(f"the process ended with {process.returncode}")
        return is_answered(port, path)

    until("the process is ready", is_ready, _READY_S_MAX)
