"""The edges of the eras, from the sources named in the module."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.eras import ERAS, HEISEI, REIWA, SHOWA, TAISHO, Era, NotBegun, Over, day_in, era_of


@pytest.mark.parametrize(
    ("day", "era", "year"),
    [
        (date(1912, 7, 29), None, ""),
        (date(1912, 7, 30), TAISHO, "元"),
        (date(1912, 12, 31), TAISHO, "元"),
        (date(1913, 1, 1), TAISHO, "2"),
        (date(1926, 12, 24), TAISHO, "15"),
        (date(1926, 12, 25), SHOWA, "元"),
        (date(1927, 1, 1), SHOWA, "2"),
        (date(1945, 5, 3), SHOWA, "20"),
        (date(1989, 1, 7), SHOWA, "64"),
        (date(1989, 1, 8), HEISEI, "元"),
        (date(2019, 4, 30), HEISEI, "31"),
        (date(2019, 5, 1), REIWA, "元"),
        (date(2021, 9, 3), REIWA, "3"),
    ],
)
def test_day_is_in_the_era_in_force(day: date, era: Era | None, year: str) -> None:
    found = era_of(day)
    assert found is era
    assert ("" if found is None else found.year_of(day)) == year


@pytest.mark.parametrize(
    ("era", "typed", "meant"),
    [
        (TAISHO, (1, 7, 29), NotBegun(date(1912, 7, 30))),
        (TAISHO, (1, 7, 30), date(1912, 7, 30)),
        (TAISHO, (15, 12, 25), date(1926, 12, 25)),
        (TAISHO, (15, 12, 26), Over(date(1926, 12, 25))),
        (SHOWA, (1, 12, 24), NotBegun(date(1926, 12, 25))),
        (SHOWA, (1, 12, 25), date(1926, 12, 25)),
        (SHOWA, (64, 1, 7), date(1989, 1, 7)),
        (SHOWA, (64, 1, 8), Over(date(1989, 1, 7))),
        (SHOWA, (70, 5, 3), Over(date(1989, 1, 7))),
        (HEISEI, (1, 1, 7), NotBegun(date(1989, 1, 8))),
        (HEISEI, (31, 4, 30), date(2019, 4, 30)),
        (HEISEI, (31, 5, 1), Over(date(2019, 4, 30))),
        (REIWA, (1, 4, 30), NotBegun(date(2019, 5, 1))),
        (REIWA, (1, 5, 1), date(2019, 5, 1)),
        (REIWA, (3, 9, 3), date(2021, 9, 3)),
        (REIWA, (999, 1, 1), date(3017, 1, 1)),
    ],
)
def test_date_of_an_era_means_a_day_only_while_the_era_lasted(
    era: Era, typed: tuple[int, int, int], meant: date | NotBegun | Over
) -> None:
    assert day_in(era, *typed) == meant


@pytest.mark.parametrize("typed", [(0, 1, 1), (1000, 1, 1), (20, 2, 30), (20, 13, 1), (20, 0, 1)])
def test_day_that_no_calendar_has_is_an_error(typed: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"."):
        day_in(SHOWA, *typed)


@given(st.dates(min_value=TAISHO.first_day, max_value=date(2500, 1, 1)))
def test_what_is_written_of_a_day_is_read_as_that_day(day: date) -> None:
    era = era_of(day)
    assert era is not None
    year = int(era.year_of(day).replace("元", "1"))
    assert day_in(era, year, day.month, day.day) == day


def test_eras_follow_each_other_without_a_gap() -> None:
    eras = list(ERAS.values())
    for older, newer in itertools.pairwise(eras):
        assert older.last_day is not None
        assert newer.first_day - older.last_day in (timedelta(0), timedelta(days=1))
    assert eras[-1].last_day is None
