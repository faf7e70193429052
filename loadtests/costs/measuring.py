"""Measure what each step of a resident costs each process, in a city that does nothing else.

All people of a round take one step, one after the other, then all the next: so the
processor time of a step is the difference of two readings, less what the processes use
when nobody comes. Units: microseconds of one core, and bytes, for each step.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import psutil

from loadtests.bench.processes import cpu_s_of_family
from loadtests.city import City
from loadtests.costs.walking import Walker

IDLE_S = 5.0
ENTER_S_MAX = 120.0
MAILS_S = 4.0
"""After the bookings of a round, so long their mails are waited for and counted with them."""

Cost = dict[str, float]
"""Microseconds of each process, and `bytes_in`, `bytes_out` and `calls`, for each step."""

LOBBY: Mapping[str, Callable[[Walker], None]] = {
    "first_page": Walker.first_page,
    "file": Walker.file,
    "sign_in_page": Walker.sign_in_page,
    "sign_in": Walker.sign_in,
    "waiting_page": Walker.waiting_page,
    "poll": Walker.poll,
    "own_state": Walker.own_state,
}
INSIDE: Mapping[str, Callable[[Walker, int], None]] = {
    "details": lambda walker, _: walker.details(),
    "choose": Walker.choose,
    "booking": lambda walker, _: walker.book(),
    "booked_page": lambda walker, _: walker.booked_page(),
}


@dataclass
class Readings:
    """The processes of a city, and what they use when nobody comes (cores)."""

    city: City
    warmers: Sequence[Walker] = ()
    """People who take each step first, uncounted: so that nothing is done for the first time."""
    idle: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look at the idle city for a while."""
        self._processes = {name: psutil.Process(pid) for name, pid in self.city.pids().items()}
        before, began_s = self.read(), time.monotonic()
        time.sleep(IDLE_S)
        after, lasted_s = self.read(), time.monotonic() - began_s
        self.idle = {name: (after[name] - before[name]) / lasted_s for name in after}

    def read(self) -> dict[str, float]:
        """Return the processor seconds of each process; gateways together."""
        spent: defaultdict[str, float] = defaultdict(float)
        for name, process in self._processes.items():
            kind = "gateway" if name.startswith("gateway") else name
            spent[kind] += cpu_s_of_family(process)
        return dict(spent)

    def memory(self) -> dict[str, float]:
        """Return the memory of each process in bytes, by its own name."""
        return {name: float(process.memory_info().rss) for name, process in self._processes.items()}


def measure_round(
    readings: Readings, walkers: Sequence[Walker], open_release: Callable[[], object]
) -> dict[str, Cost]:
    """Let a round of people go the whole way; return the cost of each step for one of them.

    `open_release` opens it once the steps of the lobby are measured.
    """
    costs = {name: _step(readings, walkers, _alone(act)) for name, act in LOBBY.items()}
    open_release()
    costs["enter"] = _enter(readings, walkers)
    for name, act in INSIDE.items():
        costs[name] = _step(readings, walkers, act, MAILS_S if name == "booking" else 0.0)
    return costs


def medians(rounds: Sequence[Mapping[str, Cost]]) -> dict[str, Cost]:
    """Return the median of the rounds for each step and process."""
    return {
        step: {
            name: round(median(one[step].get(name, 0.0) for one in rounds), 1)
            for name in rounds[0][step]
        }
        for step in rounds[0]
    }


def _step(
    readings: Readings,
    walkers: Sequence[Walker],
    act: Callable[[Walker, int], None],
    settle_s: float = 0.0,
) -> Cost:
    for number, walker in enumerate(readings.warmers):
        act(walker, number)
    sent = _sent(walkers)
    before, began_s = readings.read(), time.monotonic()
    for number, walker in enumerate(walkers):
        act(walker, number)
    time.sleep(settle_s)
    after, lasted_s = readings.read(), time.monotonic() - began_s
    people = len(walkers)
    cost = {
        name: max(0.0, 1e6 * (after[name] - before[name] - readings.idle[name] * lasted_s) / people)
        for name in after
    }
    wire = [(now - then) / people for now, then in zip(_sent(walkers), sent, strict=True)]
    return cost | dict(zip(("bytes_in", "bytes_out", "calls"), wire, strict=True))


def _alone(act: Callable[[Walker], None]) -> Callable[[Walker, int], None]:
    """Make an act that takes no number fit for `_step`."""

    def do(walker: Walker, _number: int) -> None:
        act(walker)

    return do


def _sent(walkers: Sequence[Walker]) -> tuple[int, int, int]:
    return (
        sum(walker.bytes_in for walker in walkers),
        sum(walker.bytes_out for walker in walkers),
        sum(walker.calls for walker in walkers),
    )


def _enter(readings: Readings, walkers: Sequence[Walker]) -> Cost:
    """Wait until all are called, by the public document alone; then let all come in."""
    everybody = [*readings.warmers, *walkers]
    for walker in everybody:
        walker.waiting_page()

    def all_called() -> bool:
        return all(_is_called(walker) for walker in everybody)

    _wait_until(all_called, ENTER_S_MAX)
    return _step(readings, walkers, lambda walker, _: walker.enter())


def _is_called(walker: Walker) -> bool:
    if 'data-show="turn"' not in walker.text:
        walker.waiting_page()
    return 'data-show="turn"' in walker.text


def _wait_until(condition: Callable[[], bool], within_s: float) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise TimeoutError("the release did not go on as it should")
        time.sleep(0.5)
