"""Who plays in a rehearsal: residents of the made-up city, when they come, what they do.

Of 100 people, 3 double-click, 2 lose the connection in the middle of booking, 1 comes
on two devices, 5 leave before they have booked; no one does two of these. They
arrive within some seconds, most of them early (Beta(1.5, 3), as after an announced hour).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path
from random import Random

from seiriken.errors import CommandError
from seiriken.home import write_private


class Habit(Enum):
    """What somebody does beyond the straight way."""

    PLAIN = "plain"
    DOUBLE_CLICK = "double_click"
    DROPPED = "dropped"
    TWO_DEVICES = "two_devices"
    LEAVES = "leaves"


_PER_CENT = {
    Habit.DOUBLE_CLICK: 3,
    Habit.DROPPED: 2,
    Habit.TWO_DEVICES: 1,
    Habit.LEAVES: 5,
}


@dataclass(frozen=True)
class Resident:
    """A line of the roster: who somebody is."""

    municipality_code: str
    ticket_number: str
    birth_date: str


@dataclass(frozen=True)
class Character:
    """One who plays. `number` counts the cast; `seed` makes their own choices the same again."""

    number: int
    resident: Resident
    arrives_at_s: float
    habit: Habit
    language: str
    seed: int


def read_residents(path: Path, skip: int, count: int) -> list[Resident]:
    """Return `count` residents of a roster file after the first `skip`.

    After the file's end it goes on at its start.

    Raises:
        CommandError: the file is not there, or has fewer people.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [Resident(*row) for row in islice(csv.reader(file), 1, None)]
    except FileNotFoundError:
        raise CommandError(f"no residents to play with: {path} is not there") from None
    except (TypeError, UnicodeDecodeError):
        raise CommandError(f"{path} is no roster file of three columns") from None
    if len(rows) < count:
        raise CommandError(f"{path} has {len(rows):,} people, fewer than {count:,}")
    begin = skip % len(rows)
    return [*rows[begin:], *rows[:begin]][:count]


def take_turn(offset_file: Path, count: int) -> int:
    """Return how many residents earlier rehearsals have used, and note that `count` more are."""
    try:
        used = int(offset_file.read_text("ascii"))
    except (FileNotFoundError, ValueError):
        used = 0
    write_private(offset_file, str(used + count).encode())
    return used


def cast(residents: Sequence[Resident], seed: int, arrive_within_s: float) -> list[Character]:
    """Give each resident a moment and a habit; the same seed gives the same cast."""
    chance = Random(seed)  # noqa: S311 (made-up people's whims)
    habits = [*_PER_CENT, Habit.PLAIN]
    weights = [*_PER_CENT.values(), 100 - sum(_PER_CENT.values())]
    return [
        Character(
            number=number,
            resident=resident,
            arrives_at_s=chance.betavariate(1.5, 3) * arrive_within_s,
            habit=chance.choices(habits, weights)[0],
            language="en" if chance.random() < 0.1 else "ja",
            seed=chance.randrange(2**32),
        )
        for number, resident in enumerate(residents)
    ]
