"""Everybody outside: people with their errands, staff, and the gateways between."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from allocator.inbox import INBOX_KEY
from allocator.model import Outcome
from tests.simulation.city import City
from tests.simulation.clock import SimulatedClock
from tests.simulation.errands import Errand, Errands
from tests.simulation.gateways import Gateway
from tests.simulation.history import History
from tests.simulation.redis_server import RedisServer
from tests.simulation.tables import Tables
from tests.simulation.weather import Weather
from tests.simulation.wishes import Wishes

GIVES_UP = 0.04
ANSWER_LOST = 0.04


class Crowd:
    """Who asks, and how the answers reach them. `told` is called with each answer."""

    def __init__(
        self,
        rng: Random,
        city: City,
        tables: Tables,
        redis: RedisServer,
        clock: SimulatedClock,
        weather: Weather,
        history: History,
    ) -> None:
        self._rng = rng
        self._redis = redis
        self._clock = clock
        self._weather = weather
        self._history = history
        self.errands = Errands(rng)
        self.told: Callable[[Errand, Outcome], None] = lambda _errand, _outcome: None
        self._wishes = Wishes(rng, city, tables, clock)
        self._length_max = rng.choice((4, 30, 30, 30, 30))
        self._gateways_made = 0
        self._gateways = [self._gateway() for _ in range(rng.choice((1, 2)))]

    def _gateway(self) -> Gateway:
        self._gateways_made += 1
        return Gateway(
            f"gateway-{self._gateways_made}",
            self._redis,
            self._clock,
            self._history,
            self._hear,
            length_max=self._length_max,
        )

    def _hear(self, errand: Errand, outcome: Outcome) -> None:
        self.told(errand, outcome)

    # People

    def somebody_asks(self) -> None:
        """One person, or several at once, or one several things."""
        for _ in range(self._rng.choice((1, 1, 2, 4))):
            self._hand_in(self.errands.begin(*self._wishes.of_somebody()))

    def staff_orders(self) -> None:
        """The staff gives an order."""
        self._hand_in(self.errands.begin(*self._wishes.of_staff()))

    def somebody_asks_again(self) -> None:
        """Whoever waited long enough asks again, with the same id."""
        due = [one for one in self.errands.open() if one.try_at_s <= self._clock.seconds]
        if due:
            self._hand_in(self._rng.choice(due))

    def somebody_repeats(self) -> None:
        """An old request comes once more: the same, or other content under its id."""
        if not self.errands.all:
            return
        errand = self._rng.choice(self.errands.all[-30:])
        if self._rng.random() < 0.3:
            person, command = self._wishes.of_somebody()
            if self._rng.random() < 0.5:
                person = errand.request.person_key
            errand = self.errands.begin_with_id_of(errand, person, command)
        self._hand_in(errand)

    def ask_again_where_due(self) -> None:
        """Everybody who waited long enough asks again."""
        for errand in self.errands.open():
            if errand.try_at_s <= self._clock.seconds:
                self._hand_in(errand)

    def _hand_in(self, errand: Errand) -> None:
        errand.tries += 1
        errand.try_at_s = self._clock.seconds + self._rng.uniform(1.0, 8.0)
        if self._weather.chance(GIVES_UP):
            errand.is_given_up = True
        if self._weather.is_away("redis", self._clock.seconds):
            return
        is_lost = self._weather.chance(ANSWER_LOST)
        gateway = self._rng.choice(self._gateways)
        gateway.hand_in(errand, self.errands.new_handle(errand), is_lost=is_lost)

    # Gateways

    def gateway_looks(self) -> None:
        """A gateway reads what came, or looks after what did not."""
        if self._weather.is_away("redis", self._clock.seconds):
            return
        gateway = self._rng.choice(self._gateways)
        if self._rng.random() < 0.6:
            gateway.read_replies()
        else:
            gateway.watch()

    def look_everywhere(self) -> None:
        """Every gateway reads what came and looks after what did not."""
        for gateway in self._gateways:
            gateway.read_replies()
            gateway.watch()

    def gateway_dies(self) -> None:
        """A gateway is started anew, under another name, and knows nothing."""
        number = self._rng.randrange(len(self._gateways))
        self._history.add(self._clock.now, self._gateways[number].name, "died")
        self._gateways[number] = self._gateway()

    def garbage_comes(self) -> None:
        """Something that is no request stands in the inbox."""
        fields = self._rng.choice(({b"r": b"\xc1", b"g": b"g", b"h": b"h"}, {b"x": b"y"}))
        entry_id = self._redis.append(INBOX_KEY, fields)
        self._history.add(self._clock.now, "inbox", "garbage", entry_id)
