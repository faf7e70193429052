"""The report is told in plain words, and says whom it does not cover."""

from __future__ import annotations

from typing import get_args

import pytest

from seiriken.room_report import CLASS_WORDS, Report, show
from waiting_room.calibration import Class, Counted

LIKELY = Counted("likely", 2_000, 1_700, 100, 150, 50, 1_700 / 1_950, 1_700 / 1_800)
UNLIKELY = Counted("unlikely", 900, 0, 0, 0, 900, None, None)
ABSENT = Counted("borderline", 9, 0, 0, 9, 0, 0.0, None)
NOBODY = Counted("untold", 0, 0, 0, 0, 0, None, None)


def words(capsys: pytest.CaptureFixture[str], joined: int) -> str:
    show(Report("spring", joined, 2_900, 1_950, (LIKELY, ABSENT, UNLIKELY, NOBODY)))
    return " ".join(capsys.readouterr().out.split())


def test_every_class_has_its_words() -> None:
    assert CLASS_WORDS.keys() == set(get_args(Class))


def test_each_class_that_somebody_was_told_has_its_counts_and_shares(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = words(capsys, 2_900)
    assert "a place is likely 2,000 1,700 100 150 50" in shown
    assert "places will run out 900 0 0 0 900" in shown
    likely = "Told “a place is likely”, and called: 87.2% booked (94.4% of those who came in)."
    assert likely in shown
    assert "Told “places will run out”" not in shown, "nobody of them has been called"
    assert "Told “few places may be left”, and called: 0.0% booked." in shown
    assert "nothing was known" not in shown
    assert "still knows" not in shown


def test_whom_redis_has_lost_is_said_not_to_be_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Of 3,200 people who joined, Redis still knows 2,900" in words(capsys, 3_200)
