"""The scene that every system plays: people, slots, and what each person wishes for.

Rule 1: everything follows from a seed and the number of people; nothing does I/O.
Rule 2: half of all pairs are in the slots of the first day (the hot ones, as in a gymnasium),
and most people wish for these first, so that they meet on a few rows. There are fewer pairs
than people: the end of the stock is played, too.

A slot is known by the number of its first dose, from 0; its second dose is in a slot of the
same size `INTERVAL_DAYS` later, at the same time. Counts in seats, times in the site's zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

MUNICIPALITY_CODE = "122319"
INTERVAL_DAYS = 21
DAYS = 5
STARTS = 10
"""Slots a day, from nine o'clock, of `SLOT_MINUTES` each."""
SLOT_MINUTES = 20
HOT_SLOTS = STARTS
"""Those of the first day."""

WARM_UP_PEOPLE = 30
"""They go first, uncounted: programs that load on the first request have loaded then."""

_PAIRS_SHARE = 0.9
_HOT_PAIRS_SHARE = 0.5
_HOT_WISHES_SHARE = 0.7
DAYS_AHEAD = 4
"""Days from now to the first dose."""
_SEED = 2021


@dataclass(frozen=True)
class Person:
    """Somebody on the roster; `wishes` are numbers of slots, the dearest first."""

    ticket_number: str
    birth_date: date
    wishes: tuple[int, ...]


@dataclass(frozen=True)
class Slot:
    """A first-dose slot and, at `second_starts_at`, its second-dose slot of equal size."""

    number: int
    starts_at: datetime
    second_starts_at: datetime
    capacity: int


@dataclass(frozen=True)
class Scene:
    """Who comes (`warming_up` before the others) and what is on offer."""

    warming_up: tuple[Person, ...]
    people: tuple[Person, ...]
    slots: tuple[Slot, ...]

    @property
    def everybody(self) -> tuple[Person, ...]:
        """Return all who are on the roster."""
        return self.warming_up + self.people

    @property
    def pairs(self) -> int:
        """Return how many pairs there are."""
        return sum(slot.capacity for slot in self.slots)


def scene_of(people: int, now: datetime) -> Scene:
    """Return the scene for so many people; `now` gives the first day and the zone."""
    chance = Random(_SEED)  # noqa: S311, the same people each time are wanted
    numbers = chance.sample(range(10**10), people + WARM_UP_PEOPLE)
    those = tuple(_person(number, chance) for number in numbers)
    return Scene(those[:WARM_UP_PEOPLE], those[WARM_UP_PEOPLE:], _slots(len(those), now))


def _person(number: int, chance: Random) -> Person:
    born = date(1930, 1, 1) + timedelta(days=chance.randrange(70 * 365))
    hot = chance.sample(range(HOT_SLOTS), HOT_SLOTS)
    others = chance.sample(range(HOT_SLOTS, DAYS * STARTS), DAYS * STARTS - HOT_SLOTS)
    wishes = hot + others if chance.random() < _HOT_WISHES_SHARE else others + hot
    return Person(f"{number:010}", born, tuple(wishes))


def _slots(people: int, now: datetime) -> tuple[Slot, ...]:
    pairs = people * _PAIRS_SHARE
    hot = max(1, round(pairs * _HOT_PAIRS_SHARE / HOT_SLOTS))
    other = max(1, round(pairs * (1 - _HOT_PAIRS_SHARE) / (DAYS * STARTS - HOT_SLOTS)))
    nine = now.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=DAYS_AHEAD)
    made = []
    for number in range(DAYS * STARTS):
        day, start = divmod(number, STARTS)
        starts_at = nine + timedelta(days=day, minutes=SLOT_MINUTES * start)
        second = starts_at + timedelta(days=INTERVAL_DAYS)
        made.append(Slot(number, starts_at, second, hot if number < HOT_SLOTS else other))
    return tuple(made)
