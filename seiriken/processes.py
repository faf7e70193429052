"""The operating system's view of a stack: free ports, orphans, memory.

Memory is in bytes: the proportional set size where the system tells it (Linux),
else the unique, else the resident one.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import psutil

from seiriken.supervision import HOME_VARIABLE

_END_WAIT_S = 10
_OWN_END_WAIT_S = 60
_FIRST_PORT = 10_000
_EPHEMERAL_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
_EPHEMERAL_FROM_USUAL = 32_768


def port_is_free(port: int) -> bool:
    """Say whether we could listen on a port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return `count` different ports of the loopback address that are free now.

    They lie below those that the kernel gives to outgoing connections: whatever a stack's
    processes are killed by, no connection of others sits on their ports when they come back.
    """
    below = _first_ephemeral_port()
    if below - _FIRST_PORT < 1000:
        return _ports_of_the_kernel(count)
    found: list[int] = []
    while len(found) < count:
        port = _FIRST_PORT + secrets.randbelow(below - _FIRST_PORT)
        if port not in found and port_is_free(port):
            found.append(port)
    return found


def _first_ephemeral_port() -> int:
    """Return the first port that the kernel gives to outgoing connections."""
    try:
        return int(_EPHEMERAL_PORTS.read_text().split()[0])
    except OSError:
        return _EPHEMERAL_FROM_USUAL


def _ports_of_the_kernel(count: int) -> list[int]:
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def is_alive(pid: int) -> bool:
    """Say whether a process exists and is not merely waiting to be reaped."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def is_supervisor_of(pid: int, settings_file: Path) -> bool:
    """Say whether a process is the supervisord that was started with that file."""
    try:
        return str(settings_file) in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def orphans_of(home: Path) -> list[psutil.Process]:
    """Return the processes that an earlier supervisord of this folder left behind."""
    marked = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(HOME_VARIABLE) == str(home):
                marked.append(process)
        except psutil.Error:
            continue
    return [process for process in marked if process.pid != psutil.Process().pid]


def running_in(folder: Path) -> list[psutil.Process]:
    """Return the processes that were told of a folder in their arguments."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


def end(processes: Iterable[psutil.Process]) -> int:
    """Ask processes to stop, then insist; return how many there were.

    Only those at the top are asked: they stop the ones that they started.
    """
    asked = list(processes)
    pids = {process.pid for process in asked}
    for process in asked:
        if _parent_pid(process) not in pids:
            _signal(process, insist=False)
    _, still_there = psutil.wait_procs(asked, timeout=_END_WAIT_S)
    for process in still_there:
        _signal(process, insist=True)
    psutil.wait_procs(still_there, timeout=_END_WAIT_S)
    return len(asked)


def wait_for_end(pid: int) -> None:
    """Wait for the end of a process that was told to end; after a minute, end it."""
    deadline = time.monotonic() + _OWN_END_WAIT_S
    while is_alive(pid) and time.monotonic() < deadline:
        _reap(pid)
        time.sleep(0.05)
    if is_alive(pid):
        end([psutil.Process(pid)])


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _parent_pid(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.Error:
        return 0


def _signal(process: psutil.Process, *, insist: bool) -> None:
    try:
        if insist:
            process.kill()
        elif process.name() == "postgres":
            process.send_signal(2)  # SIGINT: a fast shutdown; SIGTERM would wait for clients.
        else:
            process.terminate()
    except psutil.Error:
        return


def memory_bytes(pid: int) -> int:
    """Return the memory of a process and of all that it started."""
    try:
        top = psutil.Process(pid)
        return sum(_memory_of(process) for process in [top, *top.children(recursive=True)])
    except psutil.Error:
        return 0


def _memory_of(process: psutil.Process) -> int:
    try:
        info = process.memory_full_info()
        return int(getattr(info, "pss", 0) or getattr(info, "uss", 0) or info.rss)
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
