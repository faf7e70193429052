"""A rehearsal in a whole city: every habit is played, and what is wrong in the tables is named."""

from __future__ import annotations

from pathlib import Path

import psycopg

from seiriken.rehearsal_cast import Character, Habit, Resident
from seiriken.rehearsal_http import Origin
from seiriken.rehearsal_run import Theatre, perform
from tests.integration.city import BORN, MUNICIPALITY, PEOPLE, City, running_city, ticket


def characters(first: int, count: int) -> list[Character]:
    """Return residents whose habits take turns."""
    habits = list(Habit)
    return [
        Character(
            number=number,
            resident=Resident(MUNICIPALITY, ticket(number), BORN.isoformat()),
            arrives_at_s=0.0,
            habit=habits[number % len(habits)],
            language="ja",
            seed=number,
        )
        for number in range(first, first + count)
    ]


def theatre(city: City) -> Theatre:
    return Theatre(Origin.of(city.url), city.database_url)


def test_every_habit_ends_well_and_the_tables_are_in_order(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    with running_city(database_url, redis_url, tmp_path) as city:
        people = PEOPLE // 2
        report, interrupted = perform(theatre(city), characters(0, people), patience_s=60)
        assert not interrupted
        assert (report.errors, report.ok) == ({}, True)
        assert report.left == sum(who.habit is Habit.LEAVES for who in characters(0, people))
        assert report.booked == people - report.left
        assert {"double click", "connection dropped", "two devices"} <= report.habits.keys()
        assert report.audit is not None
        assert not any(report.audit.values())

        again, _ = perform(theatre(city), characters(0, 5), patience_s=60)
        assert (again.booked, again.booked_before, again.left) == (0, 4, 1)

        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE seats SET taken = taken + 1 WHERE taken > 0")
        broken, _ = perform(theatre(city), characters(people, 1), patience_s=60)
        assert not broken.ok
        assert broken.audit is not None
        assert [check for check, found in broken.audit.items() if found] == ["counter_mismatches"]
