"""A surge as discrete events (SimPy): crowd, gateways, room, allocators.

The crowd outside is counted, not followed: each tick so many come, their way in is one piece of
work for the gateways, and the line remembers when how many joined. Whoever is called is followed,
in groups of `group` people who do the same at once (1 unless the town is large). So the
work of a run grows with those who come in, whatever the size of the crowd.

Service times were measured (`costs.py`); thinking times, leaving and arrivals are those of the
load test (`habits.py`, `curves.py`); the rule of admission is the room's (`admission.py`).
Nothing here reads a clock; the same town gives the same result, to the byte.

Units: people, seconds, cores.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import simpy

from loadtests.curves import Opening
from loadtests.habits import PER_CENT, Habit, Thought, thinks_s
from loadtests.simulate.admission import TICK_S, Admission, Rules
from loadtests.simulate.costs import Costs

Steps = Generator[Any, Any, None]

POLL_EVERY_S = 20.0
NEAR_POLL_S = 2.0
"""Who is near the front asks so often: until then nobody knows that it is their turn."""

BATCH_SIZE_MAX = 1_000
"""The allocator's usual `ALLOCATOR_BATCH_SIZE_MAX`."""

AFTER_S_MAX = 200_000.0
SHARE_SOLD = 0.99


@dataclass(frozen=True)
class Town:
    """What is played."""

    people: int
    pairs: int
    lead_s: float = 300.0
    within_s: float = 600.0
    gateway_cores: float = 2.0
    rooms: int = 1
    """The release is split by venue over so many rooms, each with its Redis and allocator."""
    has_edge: bool = True
    rules: Rules = field(default_factory=Rules)
    poll_budget_per_s: float = 1_000.0
    choices: Sequence[float] = (1.5,)
    """How often somebody goes through day, time and check until a pair is theirs (at least 1):
    in each part of the sale, as the pairs get fewer."""
    group: int = 1
    pace: float = 1.0
    seed: int = 1


@dataclass
class Counted:
    """What a run counts."""

    came: int = 0
    booked: int = 0
    left: int = 0
    refused: int = 0
    unfinished: int = 0
    """On the way in, called, or inside, when the run was over."""
    sold_out_s: float | None = None
    """From the opening until 99 % were booked; None if they never were."""
    waiting_max: int = 0
    inside_max: float = 0.0
    waits_s: list[tuple[float, int]] = field(default_factory=list)
    """How long so many people waited who came in together."""
    way_in_late_s: list[float] = field(default_factory=list)
    busy_s: dict[str, float] = field(default_factory=dict)
    busy_by_minute_s: dict[str, dict[int, float]] = field(default_factory=dict)
    waiting: dict[int, float] = field(default_factory=dict)
    bookings: dict[int, float] = field(default_factory=dict)

    def note_busy(self, name: str, core_s: float, ended_s: float, cores: float) -> None:
        """Count work that all cores together have just ended."""
        self.busy_s[name] = self.busy_s.get(name, 0.0) + core_s
        minutes = self.busy_by_minute_s.setdefault(name, {})
        at_s = ended_s - core_s / cores
        while at_s < ended_s:
            minute = int(at_s // 60)
            until_s = min(ended_s, 60.0 * (minute + 1))
            minutes[minute] = minutes.get(minute, 0.0) + (until_s - at_s) * cores
            at_s = until_s


def wait_s(counted: Counted, share: float) -> float:
    """Return the wait that so many of those who came in had at most; 0 if nobody did."""
    wanted = share * sum(count for _, count in counted.waits_s)
    seen = 0
    for waited_s, count in sorted(counted.waits_s):
        seen += count
        if seen >= wanted:
            return waited_s
    return 0.0


class Server:
    """A pool of cores: pieces of work are done in order, one piece by all cores together.

    For pieces of milliseconds that is as good as one core for each, and right for large ones.
    """

    def __init__(self, env: simpy.Environment, name: str, cores: float, counted: Counted) -> None:
        self._env = env
        self._resource = simpy.Resource(env, capacity=1)
        self._name = name
        self._cores = cores
        self._counted = counted

    def work(self, core_s: float) -> Steps:
        """Do work of so many core seconds, behind what waits already."""
        with self._resource.request() as turn:
            yield turn
            yield self._env.timeout(core_s / self._cores)
        self._counted.note_busy(self._name, core_s, self._env.now, self._cores)


@dataclass(frozen=True)
class Asked:
    """A group's request in the inbox."""

    at_s: float
    count: int
    answered: simpy.Event


class Surge:
    """One run."""

    def __init__(self, town: Town, costs: Costs) -> None:
        self.town, self.costs = town, costs
        self.env = simpy.Environment()
        self.counted = Counted()
        self._chance = Random(town.seed)  # noqa: S311 (made-up people's whims)
        self._curve = Opening(town.people, town.lead_s, town.within_s)
        self.gateways = Server(self.env, "gateway", town.gateway_cores, self.counted)
        self.redis = Server(self.env, "redis", float(town.rooms), self.counted)
        self._admission = Admission(town.rules)
        self._line: deque[tuple[float, int]] = deque()
        self._lobby = 0
        self._inside = 0.0
        self._expected = 0.0
        self._on_way_in = 0
        self._pairs_left = town.pairs
        self._inbox: deque[Asked] = deque()
        self._has_work = self.env.event()

    def run(self) -> Counted:
        """Play it until the pairs are gone and everybody has come, or nobody is left."""
        self.env.process(self._arrivals())
        self.env.process(self._room())
        self.env.process(self._write())
        end = self.env.process(self._until_over())
        self.env.run(until=end)
        return self.counted

    @property
    def waiting(self) -> int:
        """Return how many have joined and are not called."""
        return self._lobby + sum(count for _, count in self._line)

    def _until_over(self) -> Steps:
        last_s = self.town.within_s + AFTER_S_MAX
        while self.env.now < last_s:
            yield self.env.timeout(1.0)
            has_come = self.env.now > self.town.within_s
            busy = self._on_way_in + self.waiting + self._expected + self._inside
            if has_come and (self._pairs_left <= 0 or busy < 1):
                break
        self.counted.left += self.waiting
        self.counted.unfinished = round(self._inside + self._expected) + self._on_way_in

    def _arrivals(self) -> Steps:
        """Each tick, those who came go the way in together."""
        town, costs, came = self.town, self.costs, 0
        per_person_s = costs.way_in_s + (0.0 if town.has_edge else costs.files_s)
        while came < town.people:
            yield self.env.timeout(TICK_S)
            now_come = self._curve.come_by(self.env.now)
            if now_come > came:
                self.env.process(self._join(now_come - came, per_person_s))
                came = now_come

    def _join(self, count: int, per_person_s: float) -> Steps:
        self.counted.came += count
        self._on_way_in += count
        began_s = self.env.now
        yield from self.redis.work(count * self.costs.redis_way_in_s)
        yield from self.gateways.work(count * per_person_s)
        self.counted.way_in_late_s.append(self.env.now - began_s)
        self._on_way_in -= count
        if self.env.now < self.town.lead_s:
            self._lobby += count
        else:
            self._line.append((self.env.now, count))

    def _room(self) -> Steps:
        """Call people, twice a second, from the opening on; and let the crowd poll."""
        while True:
            yield self.env.timeout(TICK_S)
            self._count_waiting()
            if not self.town.has_edge:
                per_s = min(self.waiting / POLL_EVERY_S, self.town.poll_budget_per_s)
                self.env.process(self.gateways.work(per_s * TICK_S * self.costs.poll_s))
            if self.env.now >= self.town.lead_s and self._pairs_left > 0:
                self._draw_lobby()
                self._call()

    def _draw_lobby(self) -> None:
        """Put the lobby before everybody who came later: its order is drawn, its people alike."""
        if self._lobby:
            self._line.appendleft((self.town.lead_s, self._lobby))
            self._lobby = 0

    def _call(self) -> None:
        oldest = self._inbox[0].at_s if self._inbox else self.env.now
        allowed = self._admission.tick(
            self.env.now,
            claimed=self._inside + self._expected,
            inside=self._inside,
            age_s=self.env.now - oldest,
        )
        while self._line and allowed >= min(self.town.group, self._line[0][1]):
            joined_s, count = self._line[0]
            called = min(self.town.group, count)
            if called == count:
                self._line.popleft()
            else:
                self._line[0] = (joined_s, count - called)
            allowed -= called
            self._admission.called(called)
            self._expected += called
            self.env.process(self._resident(called, joined_s))

    def _resident(self, count: int, joined_s: float) -> Steps:
        """Come in, give details, choose, book: a group that does the same at once."""
        town, costs, chance = self.town, self.costs, self._chance
        yield self.env.timeout(chance.uniform(0, 1.5 * NEAR_POLL_S))
        yield self.env.timeout(thinks_s(Thought.TURN, town.pace, chance))
        yield from self.gateways.work(count * costs.enter_s)
        while self._inside > 0 and self._inside + count > self._admission.door:
            yield self.env.timeout(TICK_S)
        self._expected -= count
        self._inside += count
        self.counted.inside_max = max(self.counted.inside_max, self._inside)
        self.counted.waits_s.append((self.env.now - max(joined_s, town.lead_s), count))
        if chance.random() < PER_CENT[Habit.LEAVES] / 100:
            yield self.env.timeout(town.rules.seat_idle_s)
            self.counted.left += count
        else:
            yield from self._book(count)
        self._inside -= count

    def _book(self, count: int) -> Steps:
        town, costs, chance = self.town, self.costs, self._chance
        yield self.env.timeout(thinks_s(Thought.DETAILS, town.pace, chance))
        is_taken = True
        while is_taken:
            thoughts = (Thought.DAY, Thought.TIME, Thought.CHECK)
            yield self.env.timeout(sum(thinks_s(one, town.pace, chance) for one in thoughts))
            yield from self.gateways.work(count * costs.choose_s)
            is_taken = self._pairs_left > 0 and chance.random() >= 1 / self._choices()
        yield from self.redis.work(count * costs.redis_inside_s)
        yield from self.gateways.work(count * max(0.0, costs.inside_s - costs.choose_s))
        asked = Asked(self.env.now, count, self.env.event())
        self._inbox.append(asked)
        if not self._has_work.triggered:
            self._has_work.succeed()
        yield asked.answered

    def _choices(self) -> float:
        """Return how often people choose, now that so many are sold."""
        parts = self.town.choices
        part = int(len(parts) * self.counted.booked / self.town.pairs)
        return parts[min(part, len(parts) - 1)]

    def _write(self) -> Steps:
        """Be the allocators: take what waits, decide and commit it, answer; again and again."""
        town, costs = self.town, self.costs
        while True:
            if not self._inbox:
                self._has_work = self.env.event()
                yield self._has_work
            batch, people = [], 0
            while self._inbox and people < BATCH_SIZE_MAX * town.rooms:
                batch.append(self._inbox[0])
                people += self._inbox.popleft().count
                # What is being decided is as old as what waits.
            took_s = costs.batch_s + people * costs.batched_s / town.rooms
            self._inbox.extendleft(reversed(batch))
            yield self.env.timeout(took_s)
            for asked in batch:
                self._inbox.popleft()
                self._decide(asked)
            rooms = float(town.rooms)
            self.counted.note_busy("allocator", took_s * rooms, self.env.now, rooms)

    def _decide(self, asked: Asked) -> None:
        taken = max(0, min(asked.count, self._pairs_left))
        self._pairs_left -= taken
        self.counted.booked += taken
        self.counted.refused += asked.count - taken
        second = int(self.env.now)
        self.counted.bookings[second] = self.counted.bookings.get(second, 0) + taken
        is_sold = self.counted.booked >= SHARE_SOLD * self.town.pairs
        if is_sold and self.counted.sold_out_s is None:
            self.counted.sold_out_s = self.env.now - self.town.lead_s
        asked.answered.succeed()

    def _count_waiting(self) -> None:
        waiting = self.waiting
        self.counted.waiting_max = max(self.counted.waiting_max, waiting)
        self.counted.waiting[int(self.env.now)] = waiting
