"""A server asked by the load generator: what that heard, and what the server spent on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, Protocol

from loadtests.bench.own_process import in_own_process
from loadtests.bench.room.talking import Heard

Parameters = ParamSpec("Parameters")


class Server(Protocol):
    """Something that listens on a port of loopback."""

    @property
    def port(self) -> int:
        """Return the port."""

    def cpu_s(self) -> float:
        """Return the processor time that it has used so far, its system calls included."""


@dataclass(frozen=True)
class Served:
    """What the generator heard, and the server's processor time in the same span."""

    heard: Heard
    cpu_s: float

    @property
    def per_s(self) -> float:
        """Return the answers a second."""
        return self.heard.per_s

    @property
    def cpu_us(self) -> float:
        """Return the server's processor time for one answer, in microseconds."""
        return 1e6 * self.cpu_s / self.heard.answers


def served(
    server: Server,
    talk: Callable[Concatenate[int, Parameters], Heard],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Served:
    """Run a function of the load generator (it takes a port first) in its own process."""
    before_s = server.cpu_s()
    heard = in_own_process(talk, server.port, *args, **kwargs)
    return Served(heard, server.cpu_s() - before_s)
