"""One simulated history: a storm of so many steps, then calm, then all accounts are settled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import msgspec

from allocator.inbox import INBOX_KEY
from allocator.model import SITE_TIMEZONE
from allocator.publish import PUBLISHED_KEY
from tests.simulation.boundary import Boundary
from tests.simulation.checker import Checker
from tests.simulation.city import make_city
from tests.simulation.clock import SimulatedClock
from tests.simulation.crowd import Crowd
from tests.simulation.history import History, Violation
from tests.simulation.process import LEASE_S, Process
from tests.simulation.redis_server import RedisServer
from tests.simulation.tables import Tables
from tests.simulation.transactions import Transactions
from tests.simulation.weather import Dependency, Weather

STEPS_MIN, STEPS_MAX = 80, 300
PAUSED_AT_ONCE_MAX = 2
SETTLED_WITHIN_S = 60.0
ROUNDS_MAX = 1_500


class World:
    """Everything of one history. All that is drawn comes from one generator."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = Random(seed)  # noqa: S311 - a seed is to be repeated
        self.history = History()
        city = make_city(rng)
        self.city = city
        self.clock = SimulatedClock(city.begins_at)
        self.weather = Weather(rng)
        self.tables = Tables(city.catalogue, city.born, self.clock)
        self.redis = RedisServer(self.clock)
        self.transactions = Transactions(self.tables, self.clock, rng, self.weather, self.history)
        self.crowd = Crowd(
            rng, city, self.tables, self.redis, self.clock, self.weather, self.history
        )
        self.checker = Checker(city, self.tables, self.crowd.errands)
        self.tables.committed = self.checker.committed
        self.redis.answer_sent = self.checker.answer_sent
        self.redis.acknowledged = self.checker.acknowledged
        self.crowd.told = self.checker.told
        batch_size_max = rng.randint(1, 8)
        names = [f"writer-{number}" for number in range(rng.choice((1, 2, 2, 3)))]
        self.processes = [self._process(name, batch_size_max) for name in names]
        self._acts = self._table_of_acts()

    def _process(self, name: str, batch_size_max: int) -> Process:
        boundary = Boundary(name, self.clock, self.rng, self.weather, self.history)
        process = Process(
            boundary, self.tables, self.transactions, self.redis, batch_size_max=batch_size_max
        )
        boundary.go_on = self.transactions.go_on
        boundary.wipe = self.wipe
        boundary.pause = lambda: self._pause(process)
        return process

    def _table_of_acts(self) -> dict[Callable[[], None], float]:
        acts: dict[Callable[[], None], float] = {
            self._writer_turns: 20.0,
            self.crowd.somebody_asks: 6.0,
            self.crowd.staff_orders: 0.8,
            self.crowd.gateway_looks: 6.0,
            self.crowd.somebody_asks_again: 4.0,
            self.crowd.somebody_repeats: 0.7,
            self._process_starts: 1.5,
            self._time_passes: 1.3,
            self._operator_orders: 0.15,
        }
        if self.weather.storm > 0.0:
            acts |= {
                self._process_stops: 0.2,
                self._server_goes_away: 0.15,
                self.crowd.gateway_dies: 0.1,
                self.crowd.garbage_comes: 0.1,
                self.wipe: 0.1,
            }
        return acts

    def run(self) -> None:
        """Live through the whole history. Raises `Violation`."""
        for process in self.processes:
            process.start(self.rng)
        for _ in range(self.rng.randint(STEPS_MIN, STEPS_MAX)):
            self._step()
        self._settle()
        self.checker.check_end(self.redis)

    def _step(self) -> None:
        self.clock.let_pass(self.rng.random() * 0.05)
        self.transactions.go_on()
        self.rng.choices(list(self._acts), list(self._acts.values()))[0]()

    # What happens

    def _writer_turns(self) -> None:
        up = [process for process in self.processes if process.is_up]
        if not up:
            return
        wakes_at_s = min(process.wakes_at_s for process in up)
        if wakes_at_s > self.clock.seconds:
            self.clock.let_pass(wakes_at_s - self.clock.seconds)
        awake = [one for one in up if one.wakes_at_s <= self.clock.seconds]
        self.rng.choice(awake).turn()

    def _process_starts(self) -> None:
        down = [process for process in self.processes if process.is_down]
        if down:
            self.rng.choice(down).start(self.rng)

    def _process_stops(self) -> None:
        up = [process for process in self.processes if process.is_up]
        if up:
            self.rng.choice(up).stop()

    def _pause(self, process: Process) -> None:
        """Let the others go on while one is stopped in the middle of a call."""
        if sum(one.is_paused for one in self.processes) >= PAUSED_AT_ONCE_MAX:
            return
        process.is_paused = True
        until_s = self.clock.seconds + self.rng.choice((0.1, 1.0, LEASE_S, 3 * LEASE_S))
        for _ in range(self.rng.choice((3, 10, 40))):
            if self.clock.seconds > until_s:
                break
            self._step()
        process.is_paused = False
        self._note(process.name, "goes on")

    def _time_passes(self) -> None:
        """Minutes, hours, or until the morning of another day."""
        kind = self.rng.random()
        if kind < 0.4:
            seconds = self.rng.uniform(5.0, 1_200.0)
        elif kind < 0.75:
            seconds = self.rng.uniform(1_800.0, 6 * 3_600.0)
        else:
            now = self.clock.now.astimezone(SITE_TIMEZONE)
            morning = now.replace(hour=8, minute=30, second=0) + timedelta(
                days=self.rng.choice((1, 1, 2, 4))
            )
            seconds = (morning - now).total_seconds()
        self.clock.let_pass(seconds)
        self._note("time", "passes")

    def _operator_orders(self) -> None:
        if self.tables.held_by is not None:
            return
        release = self.rng.choice(list(self.tables.content.catalogue.releases.values()))
        by_hand = self.rng.choice(("none", "closed", "paused"))
        if release.state_by_hand != "none":
            by_hand = "none"
        self.tables.edit_release(msgspec.structs.replace(release, state_by_hand=by_hand))
        self._note("operator", f"{release.release_id} {by_hand}")

    def _server_goes_away(self) -> None:
        dependency: Dependency = self.rng.choice(("tables", "redis"))
        seconds = self.rng.choice((0.5, 2.0, 10.0))
        self.weather.away_until[dependency] = self.clock.seconds + seconds
        self._note(dependency, f"away for {seconds} s")

    def wipe(self) -> None:
        """Redis loses everything."""
        self.redis.wipe()
        self._note("redis", "wiped")

    def _note(self, actor: str, what: str) -> None:
        self.history.add(self.clock.now, actor, what)

    # The end

    def _settle(self) -> None:
        """I9: without further faults, everything is decided, told and published in time."""
        self.weather.calm()
        self._note("world", "calm")
        for process in self.processes:
            if process.is_down:
                process.start(self.rng)
        begun_s = self.clock.seconds
        for _ in range(ROUNDS_MAX):
            if self._is_settled():
                break
            self.clock.let_pass(self.rng.random() * 0.05)
            self._round()
        took_s = self.clock.seconds - begun_s
        if took_s > SETTLED_WITHIN_S or not self._is_settled():
            open_errands = len(self.crowd.errands.open())
            waiting = self.redis.length(INBOX_KEY)
            raise Violation(f"I9: {open_errands} not told, {waiting} waiting after {took_s:.0f} s")
        self._let_offers_end()

    def _round(self) -> None:
        self.transactions.go_on()
        self._writer_turns()
        self.crowd.look_everywhere()
        self.crowd.ask_again_where_due()

    def _let_offers_end(self) -> None:
        """What has run out is ended at the next look; nobody stays in between."""
        until_s = self.clock.seconds + 2 * LEASE_S
        while self.clock.seconds < until_s or self.transactions.count:
            self.clock.let_pass(0.01)
            self._round()
        self.checker.check_offers(self.clock.now - timedelta(seconds=LEASE_S))

    def _is_settled(self) -> bool:
        return (
            not self.crowd.errands.open()
            and self.redis.length(INBOX_KEY) == 0
            and self.transactions.count == 0
            and PUBLISHED_KEY in self.redis.strings
        )
