from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitoring.bulletin.incidents import opened, resolved, updated
from monitoring.bulletin.maintenance import Plan, cancelled, planned
from monitoring.bulletin.notices import OVERDUE_AGAIN, due

NOW = datetime(2021, 8, 20, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WORDS = {"ja": "予約ができません。", "en": "Booking is not possible."}
HALF = timedelta(minutes=30)


def told(plans: list[Plan], until: datetime, step: timedelta) -> list[tuple[str, datetime]]:
    """Live through a time, sending what is due; return what was sent when."""
    sent: set[str] = set()
    seen: list[tuple[str, datetime]] = []
    now = NOW
    while now <= until:
        for notice in due([], plans, now, sent):
            sent.add(notice.key)
            seen.append((notice.kind, now))
        now += step
    return seen


def test_downtime_is_told_of_when_planned_a_week_and_a_day_before_at_its_time_and_after() -> None:
    begins = NOW + 10 * DAY
    plan = planned([], begins, begins + timedelta(hours=2), NOW)
    assert told([plan], NOW + 12 * DAY, timedelta(hours=1)) == [
        ("planned", NOW),
        ("reminder", begins - 7 * DAY),
        ("reminder", begins - DAY),
        ("begins", begins),
        ("over", begins + timedelta(hours=2)),
    ]


def test_reminders_that_lie_before_the_planning_are_left_out() -> None:
    begins = NOW + 3 * DAY
    plan = planned([], begins, begins + timedelta(hours=2), NOW, "a disk dies")
    kinds = [kind for kind, _ in told([plan], NOW + 4 * DAY, timedelta(hours=1))]
    assert kinds == ["planned", "reminder", "begins", "over"]
    at_once = planned([], NOW - HALF, NOW + HALF, NOW, "a disk dies")
    kinds = [kind for kind, _ in told([at_once], NOW + DAY, timedelta(hours=1))]
    assert kinds == ["begins", "planned", "over"]


def test_who_was_away_for_long_is_not_told_what_is_past() -> None:
    begins = NOW + 10 * DAY
    plan = planned([], begins, begins + timedelta(hours=2), NOW)
    assert [one.kind for one in due([], [plan], begins + DAY, set())] == ["planned", "over"]


def test_of_a_plan_that_was_called_off_only_that_is_told() -> None:
    begins = NOW + 10 * DAY
    plan = cancelled(planned([], begins, begins + HALF, NOW), NOW + DAY)
    kinds = [kind for kind, _ in told([plan], NOW + 12 * DAY, timedelta(hours=1))]
    assert kinds == ["planned", "cancelled"]


def test_each_word_of_an_incident_is_told_once_and_in_order() -> None:
    first = opened([], WORDS, NOW, HALF)
    (notice,) = due([first], [], NOW, set())
    assert (notice.kind, notice.words) == ("opened", WORDS)
    assert due([first], [], NOW + HALF, {notice.key}) == []
    later = updated(first, WORDS, NOW + HALF, HALF)
    over = resolved(later, WORDS, NOW + 2 * HALF)
    kinds = [one.kind for one in due([over], [], NOW + DAY, {notice.key})]
    assert kinds == ["updated", "resolved"]


def test_update_that_is_overdue_is_called_for_again_and_again() -> None:
    first, seen = opened([], WORDS, NOW, HALF), []
    sent: set[str] = set()
    for minute in range(65):
        now = NOW + timedelta(minutes=minute, seconds=1)
        for notice in due([first], [], now, sent):
            sent.add(notice.key)
            seen.append((notice.kind, minute))
    assert seen == [
        ("opened", 0),
        ("overdue", 30),
        ("overdue", 40),
        ("overdue", 50),
        ("overdue", 60),
    ]
    assert timedelta(minutes=10) == OVERDUE_AGAIN
    given = updated(first, WORDS, NOW + 2 * HALF, HALF)
    assert [one.kind for one in due([given], [], NOW + 2 * HALF, sent)] == ["updated"]
