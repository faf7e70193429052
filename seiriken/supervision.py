"""Keep the processes of one stack alive: supervisord, its settings, and how it is spoken to.

Rule 1: what must stop first starts last (`priority`): supervisord ends its groups
in reverse order and waits for each, also when it is told to stop by a signal.
Rule 2: supervisord runs in a session of its own, so that the terminal's Ctrl-C
reaches `seiriken up` alone, which then stops everything in order.

The listening socket of the gateways belongs to supervisord (`fcgi-program`), so
that a gateway that is restarted does not lose waiting connections, and it stays open
when all of them die at once (`seiriken.socket_keeper`).
"""

from __future__ import annotations

import os
import resource
import shlex
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ProtocolError, ServerProxy, Transport

import msgspec

from seiriken.errors import CommandError
from seiriken.home import Home, write_private

FILES_OPEN_MAX = 20_000
"""Sockets a gateway may hold, where the system allows that many."""

HOME_VARIABLE = "SEIRIKEN_STACK_HOME"
"""Marks every process of a stack, so that orphans of a killed supervisord are known."""

_WAIT, _DO_NOT_WAIT = True, False
_ANSWER_S_MAX = 120
_ERRORS_AWAY = (OSError, ProtocolError, HTTPException)


@dataclass(frozen=True)
class Program:
    """One kind of process. `command` may hold `{n}`, replaced by the number of the copy.

    `listen_port` makes supervisord listen there and hand the socket over as file descriptor 0.
    The copies of a program that is `numbered` are called `name_0` and on.
    """

    name: str
    command: tuple[str, ...]
    priority: int
    stop_wait_s: int
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    stop_signal: str = "TERM"
    user: str | None = None
    starts_at_once: bool = False
    start_s: int = 2
    copies: int = 1
    numbered: bool = False
    listen_port: int | None = None


class ProcessState(msgspec.Struct, frozen=True):
    """One process as supervisord sees it. Times in unix seconds, 0 meaning never."""

    group: str
    name: str
    pid: int
    state: str
    started_at: int
    stopped_at: int
    log_file: str


def configuration(home: Home, run_dir: Path, programs: Sequence[Program]) -> str:
    """Return the text of `supervisord.conf`.

    Raises:
        CommandError: a value cannot be written there (a line break, or both kinds of quotes).
    """
    is_root = os.geteuid() == 0
    hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files_max = FILES_OPEN_MAX
    if hard_limit != resource.RLIM_INFINITY:
        files_max = min(files_max, hard_limit)
    head: dict[str, dict[str, object]] = {
        "unix_http_server": {"file": run_dir / "supervisor.sock", "chmod": "0700"},
        "supervisord": {
            "nodaemon": "true",
            "logfile": home.log_dir / "supervisord.log",
            "logfile_maxbytes": "1MB",
            "logfile_backups": "1",
            "pidfile": run_dir / "supervisord.pid",
            "childlogdir": home.log_dir,
            "minfds": files_max,
            **({"user": "root"} if is_root else {}),
        },
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        "rpcinterface:sockets": {
            "supervisor.rpcinterface_factory": "seiriken.socket_keeper:make_socket_keeper"
        },
    }
    sections = [_section(title, values) for title, values in head.items()]
    return "\n".join([*sections, *(_program_section(home, program) for program in programs)])


def _section(title: str, values: Mapping[str, object]) -> str:
    lines = [f"{name} = {_escaped(str(value))}" for name, value in values.items()]
    return "\n".join([f"[{title}]", *lines, ""])


def _program_section(home: Home, program: Program) -> str:
    kind = "program" if program.listen_port is None else "fcgi-program"
    number = "_%(process_num)d" if program.numbered else ""
    values: dict[str, object] = {
        "command": shlex.join(program.command),
        "directory": program.directory or home.path,
        "autostart": str(program.starts_at_once).lower(),
        "autorestart": "true",
        "startsecs": program.start_s,
        "startretries": 1000,
        "priority": program.priority,
        "stopsignal": program.stop_signal,
        "stopwaitsecs": program.stop_wait_s,
        "numprocs": program.copies,
        "umask": "077",
        "redirect_stderr": "true",
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
    }
    if program.user is not None:
        values["user"] = program.user
    if program.listen_port is not None:
        values["socket"] = f"tcp://127.0.0.1:{program.listen_port}"
        values["socket_backlog"] = 4096
    text = _section(f"{kind}:{program.name}", values)
    environment = {**program.environment, HOME_VARIABLE: str(home.path)}
    pairs = ",".join(f"{name}={_quoted(name, value)}" for name, value in environment.items())
    raw = {
        "process_name": f"%(program_name)s{number}",
        "stdout_logfile": f"{_escaped(str(home.log_dir))}/%(program_name)s{number}.log",
        "environment": _escaped(pairs).replace("{n}", "%(process_num)d"),
    }
    text = text.replace("{n}", "%(process_num)d")
    return text + "".join(f"{name} = {value}\n" for name, value in raw.items())


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(name: str, value: str) -> str:
    if "\n" in value or ('"' in value and "'" in value):
        raise CommandError(f"the value of {name} holds a line break or both kinds of quotes")
    return f"'{value}'" if '"' in value else f'"{value}"'


class Supervisor:
    """One running (or not) supervisord, reached through its unix socket."""

    def __init__(self, socket_path: Path) -> None:
        self.socket_path = socket_path

    def states(self) -> list[ProcessState]:
        """Return every process, by name; empty when supervisord is away."""
        try:
            found = self._call("getAllProcessInfo")
        except _ERRORS_AWAY:
            return []
        return [
            ProcessState(
                group=info["group"],
                name=info["name"],
                pid=info["pid"],
                state=str(info["statename"]).lower(),
                started_at=info["start"],
                stopped_at=info["stop"],
                log_file=info["stdout_logfile"],
            )
            for info in found
        ]

    def answers(self) -> bool:
        """Say whether supervisord listens already."""
        try:
            self._call("getState")
        except _ERRORS_AWAY:
            return False
        return True

    def start_group(self, group: str) -> None:
        """Begin to start every process of a group."""
        self._call("startProcessGroup", group, _DO_NOT_WAIT)

    def stop_group(self, group: str) -> None:
        """Stop every process of a group and wait for the last one. Nothing to stop is fine."""
        with suppress(*_ERRORS_AWAY, Fault):
            self._call("stopProcessGroup", group, _WAIT)

    def shut_down(self) -> None:
        """Tell supervisord to stop what is left, and itself."""
        with suppress(*_ERRORS_AWAY, Fault):
            self._call("shutdown")

    def _call(self, method: str, *arguments: str | bool) -> Any:
        transport = _UnixTransport(self.socket_path)
        with ServerProxy("http://supervisor", transport=transport) as server:
            return getattr(server.supervisor, method)(*arguments)


class _UnixTransport(Transport):
    """XML-RPC over a unix socket."""

    def __init__(self, socket_path: Path) -> None:
        super().__init__()
        self._socket_path = socket_path

    def make_connection(self, host: object) -> HTTPConnection:
        """Return the one connection of a call; `close` ends it."""
        del host
        connection = _UnixConnection(self._socket_path)
        self._connection = "supervisor", connection
        return connection


class _UnixConnection(HTTPConnection):
    """HTTP over a unix socket. An answer may take as long as a process takes to stop."""

    def __init__(self, socket_path: Path) -> None:
        super().__init__("supervisor", timeout=_ANSWER_S_MAX)
        self._socket_path = socket_path

    def connect(self) -> None:
        """Connect, leaving nothing open when that fails."""
        self.sock = socket.socket(socket.AF_UNIX)
        try:
            self.sock.settimeout(self.timeout)
            self.sock.connect(str(self._socket_path))
        except OSError:
            self.close()
            raise


def start_supervisor(home: Home, text: str) -> subprocess.Popen[bytes]:
    """Write the settings and start supervisord in a session of its own."""
    write_private(home.supervisor_file, text.encode())
    with (home.log_dir / "supervisord.out").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(home.supervisor_file)],
            cwd=home.path,
            env=plain_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def plain_environment() -> dict[str, str]:
    """Return what any program needs of our environment, and no more."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PYTHONUNBUFFERED": "1",
        "TZ": "Asia/Tokyo",
    }
