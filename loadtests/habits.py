"""Who a load test's residents are: what they do beside the straight way, and how they wish.

Of 100 people, 3 double-click, 2 lose the connection in the middle of booking, 1 takes a
second device, 5 leave before they have booked; no one does two of these. The same seed and
number give the same person. Names are numbers, addresses end in `.example`: nobody is real.

Units: seconds of thinking, drawn log-normally around a median, as people's reading and
typing times are (most near it, a few much longer), cut at six times the median.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Habit(StrEnum):
    """What somebody does beside the straight way."""

    PLAIN = "plain"
    DOUBLE_CLICK = "double_click"
    LOST_CONNECTION = "lost_connection"
    SECOND_DEVICE = "second_device"
    LEAVES = "leaves"


PER_CENT = {
    Habit.DOUBLE_CLICK: 3,
    Habit.LOST_CONNECTION: 2,
    Habit.SECOND_DEVICE: 1,
    Habit.LEAVES: 5,
}
LANGUAGES = {"ja": 86, "en": 5, "zh-CN": 4, "vi": 3, "ko": 2}
"""What browsers ask for, in per cent."""

SPREAD = 0.5
"""The standard deviation of a thinking time's logarithm."""

LONGEST_FACTOR = 6.0


class Thought(StrEnum):
    """What somebody thinks about; the median in seconds stands in `MEDIAN_S`."""

    FIRST_PAGE = "first page"
    SIGN_IN = "ticket and birth date"
    TURN = "one's turn"
    DETAILS = "name, phone, e-mail"
    DAY = "day"
    TIME = "time"
    CHECK = "check"
    GIVING_UP = "giving up"


MEDIAN_S = {
    Thought.FIRST_PAGE: 4.0,
    Thought.SIGN_IN: 15.0,
    Thought.TURN: 4.0,
    Thought.DETAILS: 20.0,
    Thought.DAY: 8.0,
    Thought.TIME: 5.0,
    Thought.CHECK: 6.0,
    Thought.GIVING_UP: 20.0,
}


@dataclass(frozen=True)
class Character:
    """One resident's nature."""

    number: int
    habit: Habit
    language: str

    @property
    def contact(self) -> dict[str, str]:
        """Return made-up contact details."""
        return {
            "name": f"負荷 {self.number}番",
            "phone": f"090{self.number:08}"[:11],
            "email": f"load-{self.number}@resident.example",
        }


def nature_of(seed: int, number: int) -> Random:
    """Return the source of one person's whims: the same for the same seed and number."""
    return Random(f"{seed}:{number}")  # noqa: S311 (made-up people's whims)


def character_of(number: int, chance: Random) -> Character:
    """Give a person habits and a language."""
    habits = [*PER_CENT, Habit.PLAIN]
    weights = [*PER_CENT.values(), 100 - sum(PER_CENT.values())]
    habit = chance.choices(habits, weights)[0]
    language = chance.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
    return Character(number, habit, language)


def thinks_s(thought: Thought, pace: float, chance: Random) -> float:
    """Return how long somebody thinks, in seconds."""
    factor = min(math.exp(chance.gauss(0.0, SPREAD)), LONGEST_FACTOR)
    return MEDIAN_S[thought] * factor / pace


def liked(count: int, chance: Random) -> int:
    """Return which of so many days or times, in their order, somebody takes: early ones more."""
    return min(count - 1, int(chance.betavariate(1, 2) * count))
