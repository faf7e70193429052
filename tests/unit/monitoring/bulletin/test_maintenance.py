from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitoring.bulletin.incidents import NotPossible
from monitoring.bulletin.maintenance import Plan, announced, cancelled, planned, running

NOW = datetime(2021, 8, 20, 0, 0, tzinfo=UTC)
BEGINS = NOW + timedelta(days=10)
ENDS = BEGINS + timedelta(hours=2)


def plan() -> Plan:
    return planned([], BEGINS, ENDS, NOW)


def test_week_of_notice_is_enough_and_less_is_refused() -> None:
    week = NOW + timedelta(days=7)
    assert planned([], week, week + timedelta(hours=1), NOW).emergency == ""
    sooner = week - timedelta(seconds=1)
    with pytest.raises(NotPossible, match="7 days"):
        planned([], sooner, sooner + timedelta(hours=1), NOW)
    declared = planned([], sooner, sooner + timedelta(hours=1), NOW, " a disk dies ")
    assert declared.emergency == "a disk dies"


def test_plan_goes_through_its_phases() -> None:
    one = plan()
    moments = [NOW, BEGINS - timedelta(seconds=1), BEGINS, ENDS - timedelta(seconds=1), ENDS]
    phases = [one.phase(at) for at in moments]
    assert phases == ["announced", "announced", "running", "running", "over"]
    assert running([one], BEGINS) is one
    assert running([one], ENDS) is None
    assert announced([one], NOW) is one
    assert announced([one], BEGINS) is None


def test_next_one_is_announced_first() -> None:
    later = planned([plan()], BEGINS + timedelta(days=1), ENDS + timedelta(days=1), NOW)
    assert announced([later, plan()], NOW) == plan()


@pytest.mark.parametrize(
    ("begins", "ends", "why"),
    [
        (BEGINS, BEGINS, "more than nothing"),
        (BEGINS, BEGINS + timedelta(hours=73), "72 hours"),
        (NOW - timedelta(hours=1), BEGINS, "past"),
        (NOW - timedelta(hours=2), NOW - timedelta(hours=1), "past"),
    ],
)
def test_span_that_is_none_is_refused(begins: datetime, ends: datetime, why: str) -> None:
    with pytest.raises(NotPossible, match=why):
        planned([], begins, ends, NOW)


def test_emergency_may_begin_at_once_but_not_end_in_the_past() -> None:
    begun = NOW - timedelta(minutes=5)
    assert planned([], begun, ENDS - timedelta(days=9), NOW, "a disk dies").phase(NOW) == "running"
    with pytest.raises(NotPossible, match="end in the past"):
        planned([], begun, NOW, NOW, "a disk dies")


def test_two_plans_do_not_overlap_unless_one_was_called_off() -> None:
    first = plan()
    with pytest.raises(NotPossible, match="overlaps m20210830-1"):
        planned([first], ENDS - timedelta(minutes=1), ENDS + timedelta(hours=1), NOW)
    again = planned([cancelled(first, NOW)], BEGINS, ENDS, NOW)
    assert again.plan_id == "m20210830-2"
    assert planned([first], ENDS, ENDS + timedelta(hours=1), NOW).plan_id == "m20210830-2"


def test_running_plan_that_is_called_off_ends_at_once() -> None:
    off = cancelled(plan(), BEGINS + timedelta(minutes=10))
    assert off.phase(BEGINS + timedelta(minutes=10)) == "cancelled"
    with pytest.raises(NotPossible, match="cancelled"):
        cancelled(off, ENDS)
    with pytest.raises(NotPossible, match="over"):
        cancelled(plan(), ENDS)


def test_reason_has_a_length() -> None:
    with pytest.raises(NotPossible, match="500"):
        planned([], BEGINS, ENDS, NOW, "a" * 501)
