from __future__ import annotations

import pytest

from loadtests.bench.figures import Row
from loadtests.peers.auditing import Audit
from loadtests.peers.doors.visiting import Told
from loadtests.peers.measuring import Measured, Spent
from loadtests.peers.playing import Played
from loadtests.peers.reporting import rows_of

GOOD = Audit(100, 0, 0, 0, 0)


def measured(elapsed_s: float, *, cpu_s: float = 1.0, found: Audit = GOOD) -> Measured:
    played = Played(
        told=[Told(str(number), 0) for number in range(100)],
        answers_s=[0.01] * 400,
        bookings_s=[0.02] * 120,
        elapsed_s=elapsed_s,
        cpu_s=0.1,
    )
    spent = Spent(system_s=cpu_s, mailers_s=0.25, postgres_s=0.5, redis_s=0.25)
    return Measured(played, found, spent, 2**20)


def by_name(rows: list[Row]) -> dict[str, Row]:
    return {row.what: row for row in rows}


def test_every_row_has_the_median_of_its_runs() -> None:
    rows = by_name(rows_of({"Seiriken": [measured(1), measured(2), measured(5)]}))
    assert rows["Seiriken: bookings"].median == 50
    assert list(rows["Seiriken: bookings"].runs) == [100, 50, 20]
    assert rows["Seiriken: the call that books, p99"].median == pytest.approx(20)
    assert rows["Seiriken: CPU, all processes and servers"].median == pytest.approx(17.5)
    assert rows["Seiriken: CPU of mails, within that of its own"].median == pytest.approx(2.5)
    assert rows["Seiriken: calls that book, for one booking"].median == pytest.approx(1.2)
    assert {row.section for row in rows.values()} == {"peers"}


def test_one_bad_run_is_a_miss() -> None:
    bad = measured(1, found=Audit(100, 0, 3, 0, 0))
    row = by_name(rows_of({"x": [measured(1), bad, measured(1)]}))["x: half pairs"]
    assert (row.median, row.is_met) == (3, False)


def test_ratios_are_taken_within_each_run() -> None:
    ours, theirs = [measured(1), measured(4)], [measured(2, cpu_s=2), measured(4, cpu_s=2)]
    rows = by_name(rows_of({"Seiriken": ours, "other": theirs}))
    assert list(rows["Seiriken / other: bookings per second"].runs) == [2, 1]
    assert rows["other / Seiriken: p99 of the call"].median == pytest.approx(1)
    assert rows["other / Seiriken: CPU per booking"].median == pytest.approx(2.75 / 1.75)


def test_each_way_of_asking_ours_is_compared_with_the_others_and_not_with_itself() -> None:
    names = ("Seiriken", "Seiriken, waiting room", "other")
    rows = rows_of({name: [measured(1)] for name in names})
    compared = [row.what for row in rows if row.what.endswith("bookings per second")]
    assert compared == [
        "Seiriken / other: bookings per second",
        "Seiriken, waiting room / other: bookings per second",
    ]


def test_without_ours_there_are_no_ratios() -> None:
    assert not [row for row in rows_of({"other": [measured(1)]}) if row.unit == "x"]


def test_what_a_generator_limited_is_void_but_what_was_found_stands() -> None:
    slow = measured(1)
    slow.played.cpu_s = 0.9
    rows = by_name(rows_of({"Seiriken": [slow], "other": [measured(1)]}))
    assert rows["Seiriken: bookings"].void
    assert rows["Seiriken / other: bookings per second"].void
    assert not rows["other: bookings"].void
    assert rows["Seiriken: oversold"].is_met
