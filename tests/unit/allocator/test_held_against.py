"""What is wrong about a plan only beside the other releases that are loaded, and the roster."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from allocator.held_against import (
    HISTORY_TOLD_MIN,
    ROSTER_TOLD_MIN,
    Beside,
    clock_findings,
    cohort_findings,
    over_findings,
    roster_findings,
)
from allocator.limits import Limits, VenueLimits
from allocator.model import PROBE_ID, Release, Slot
from allocator.release import Finding, ReleasePlan, findings_of
from allocator.release_file import known_products, read_release_file

CORRECT = (Path(__file__).parent / "incidents" / "correct.yaml").read_text("utf-8")
SUMMER = (
    CORRECT.replace("id: autumn", "id: summer")
    .replace("at: 2030-09-04T08", "at: 2030-09-03T08")
    .replace("at: 2030-09-04T09", "at: 2030-09-03T09")
)
"""The same slots in a release that opened the day before."""


def read(text: str) -> ReleasePlan:
    planned = read_release_file(text.encode())
    assert isinstance(planned, ReleasePlan), planned
    return planned


def beside(text: str, *, state: str = "none", slots: tuple[Slot, ...] | None = None) -> Beside:
    planned = read(text)
    release = msgspec.structs.replace(planned.release, state_by_hand=state)
    return Beside(release, planned.slots if slots is None else slots)


def found(text: str, *others: Beside) -> list[Finding]:
    return findings_of(read(text), known_products(), others)


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(one.severity, one.code) for one in findings]


@pytest.mark.parametrize(
    ("campaign", "born_to", "closes_at", "is_wrong"),
    [
        ("large-site", "1956-04-01", "2030-09-13T09:00:00+09:00", True),
        ("covid-19", "1956-04-01", "2030-09-13T09:00:00+09:00", False),
        ("large-site", "1899-12-31", "2030-09-13T09:00:00+09:00", False),
        ("large-site", "1956-04-01", "2030-09-04T09:00:00+09:00", False),
    ],
)
def test_nobody_may_book_in_two_campaigns_at_once(
    campaign: str, born_to: str, closes_at: str, is_wrong: bool
) -> None:
    other = (
        SUMMER.replace("campaign: covid-19", f"campaign: {campaign}")
        .replace(
            "born_from: 1900-01-01, born_to: 1956-04-01",
            f"born_from: 1850-01-01, born_to: {born_to}",
        )
        .replace("closes_at: 2030-09-13T09:00:00+09:00", f"closes_at: {closes_at}")
    )
    codes = [("error", "booked_twice")] if is_wrong else []
    assert told(found(CORRECT, beside(other, slots=()))) == codes
    assert told(found(CORRECT, beside(other, slots=(), state="closed"))) == []


@pytest.mark.parametrize(
    ("campaign", "born_to", "opens", "state", "is_told"),
    [
        ("covid-91", "1956-04-01", "2030-08-01", "none", True),
        ("covid-91", "1956-04-01", "2030-08-01", "closed", True),
        ("covid-91", "1956-04-01", "2030-10-01", "none", True),
        ("covid-19", "1956-04-01", "2030-08-01", "none", False),
        ("covid-91", "1899-12-31", "2030-08-01", "none", False),
        ("covid-91", "1956-04-01", "2030-07-13", "none", False),
        ("covid-91", "1956-04-01", "2030-10-18", "none", False),
    ],
)
def test_another_id_for_the_same_campaign_is_told_while_bookings_of_both_would_stand(
    campaign: str, born_to: str, opens: str, state: str, is_told: bool
) -> None:
    """Their doses are given until 53 days after they open; ours from 4 September to 18 October."""
    opens_at = datetime.fromisoformat(f"{opens}T09:00:00+09:00")
    other = beside(SUMMER, state=state, slots=())
    release = msgspec.structs.replace(
        other.release,
        campaign_id=campaign,
        born_from=date(1850, 1, 1),
        born_to=date.fromisoformat(born_to),
        opens_at=opens_at,
        closes_at=opens_at + timedelta(days=9),
    )
    (slot,) = slots_of(10)
    last = msgspec.structs.replace(slot, starts_at=opens_at + timedelta(days=53))
    findings = found(CORRECT, Beside(release, (last,)))
    assert told(findings) == ([("warning", "held_twice")] if is_told else [])
    assert all(f"gives doses until {last.day}" in one.message for one in findings)


def test_synthetic_resident_books_nothing_twice() -> None:
    probe = msgspec.structs.replace(read(CORRECT).release, campaign_id=PROBE_ID)
    planned = read(CORRECT)
    assert told(found(CORRECT, Beside(probe, planned.slots))) == []
    other = msgspec.structs.replace(planned, release=probe)
    codes = {one.code for one in findings_of(other, (), [beside(SUMMER)])}
    assert "slot_in_another" not in codes


@pytest.mark.parametrize(
    ("most", "codes"),
    [
        (80, [("warning", "slot_in_another")]),
        (79, [("error", "too_many_an_hour_together"), ("warning", "slot_in_another")]),
        (39, [("error", "too_many_an_hour"), ("warning", "slot_in_another")]),
    ],
)
def test_all_open_releases_share_what_a_venue_can_give_in_an_hour(
    most: int, codes: list[tuple[str, str]]
) -> None:
    """Each of the two gives 40 an hour."""
    text = CORRECT.replace("doses_per_hour_max: 60", f"doses_per_hour_max: {most}")
    assert told(found(text, beside(SUMMER))) == codes
    assert told(found(text, beside(SUMMER, state="closed"))) == [
        one for one in codes if one[1] == "too_many_an_hour"
    ]


def test_what_is_too_much_together_names_releases_and_the_first_hour() -> None:
    finding = found(CORRECT, beside(SUMMER))[0]
    assert finding.message == (
        "gym can give 60 doses an hour, but together with summer 182 hours have more, "
        "the first 2030-09-14 09:00 with 80"
    )
    assert finding.values["releases"] == ["summer"]


def test_hours_and_slots_of_other_places_and_times_are_nothing_to_a_plan() -> None:
    hall = SUMMER.replace("id: gym", "id: hall").replace("venue: gym", "venue: hall")
    assert told(found(CORRECT, beside(hall))) == []
    later = tuple(
        msgspec.structs.replace(slot, starts_at=slot.starts_at.replace(year=2031))
        for slot in read(SUMMER).slots
    )
    assert told(found(CORRECT, beside(SUMMER, slots=later))) == []


def test_a_venue_without_a_limit_has_none_together_either() -> None:
    text = CORRECT.replace("    doses_per_hour_max: 60\n", "")
    (finding,) = found(text, beside(SUMMER))
    assert finding.message == (
        "728 slots of comirnaty at gym are in summer, too, the first 2030-09-14 09:00"
    )


def slots_of(seats: int) -> tuple[Slot, ...]:
    one = msgspec.structs.replace(read(CORRECT).slots[0], venue_id="hall", capacities=(seats, 0))
    return (one,)


@pytest.mark.parametrize(
    ("before", "is_told"), [(HISTORY_TOLD_MIN - 1, False), (364, True), (365, False)]
)
def test_ten_times_the_largest_earlier_release_is_told(before: int, is_told: bool) -> None:
    """The correct plan has 3,640 first doses; closed releases are history, too."""
    largest = beside(SUMMER, slots=slots_of(before), state="closed")
    small = beside(SUMMER.replace("summer", "spring"), slots=slots_of(1))
    codes = [("warning", "more_than_history")] if is_told else []
    assert told(found(CORRECT, small, largest)) == codes


def test_later_releases_are_no_history() -> None:
    later = SUMMER.replace("2030-09-03T", "2030-09-05T")
    assert told(found(CORRECT, beside(later, slots=slots_of(364)))) == []


@pytest.mark.parametrize(
    ("people", "most", "codes"),
    [
        (2_400, 6, ["more_people_than_history", "more_an_hour_than_history"]),
        (2_401, 7, []),
        (None, None, []),
    ],
)
def test_limits_ten_times_those_before_are_told(
    people: int | None, most: int | None, codes: list[str]
) -> None:
    """The correct plan is for 24,000 people and 60 doses an hour."""
    venues = {"gym": VenueLimits(doses_per_hour_max=most)}
    summer = beside(SUMMER, slots=())
    before = msgspec.structs.replace(summer, limits=Limits(people=people, venues=venues))
    assert told(found(CORRECT, summer, before)) == [("warning", code) for code in codes]
    unlimited = CORRECT.replace("  people: 24000\n", "").replace("    doses_per_hour_max: 60\n", "")
    assert told(found(unlimited, before)) == []


@pytest.mark.parametrize(
    ("roster", "codes"),
    [
        (0, []),
        (ROSTER_TOLD_MIN - 1, []),
        (24_000, []),
        (23_999, ["more_people_than_roster"]),
        (3_640, ["more_people_than_roster"]),
        (3_639, ["more_pairs_than_roster", "more_people_than_roster"]),
    ],
)
def test_plan_is_held_against_the_roster_once_there_is_one(roster: int, codes: list[str]) -> None:
    """The correct plan has 3,640 pairs and is for 24,000 people."""
    findings = findings_of(read(CORRECT), known_products(), (), roster)
    assert told(findings) == [("warning", code) for code in codes]


def test_plan_that_names_no_number_is_held_against_the_roster_by_its_seats() -> None:
    assert [one.code for one in roster_findings(Limits(), 2_001, 2_000)] == [
        "more_pairs_than_roster"
    ]


@pytest.mark.parametrize(
    ("has_people", "roster", "severity"),
    [
        (False, ROSTER_TOLD_MIN, "error"),
        (False, ROSTER_TOLD_MIN - 1, "warning"),
        (True, ROSTER_TOLD_MIN, None),
        (None, ROSTER_TOLD_MIN, None),
    ],
)
def test_cohort_without_anybody_on_the_roster_is_found(
    has_people: bool | None, roster: int, severity: str | None
) -> None:
    release: Release = read(CORRECT).release
    findings = [*cohort_findings(release, roster, has_people)]
    assert told(findings) == ([(severity, "cohort_empty")] if severity else [])
    for finding in findings:
        assert finding.message == "nobody on the roster is born from 1900-01-01 to 1956-04-01"
        assert finding.values["last"] == date(1956, 4, 1)
    probe = msgspec.structs.replace(release, campaign_id=PROBE_ID)
    assert [*cohort_findings(probe, roster, has_people)] == []


RELEASE = read(CORRECT).release
"""It opens on 4 September 2030 and closes on the 13th, at 9:00 both."""


def moved(days: int, *, state: str = "none") -> Release:
    """Return the release as it is stored: some days from what its file says."""
    return msgspec.structs.replace(
        RELEASE,
        opens_at=RELEASE.opens_at + timedelta(days=days),
        closes_at=RELEASE.closes_at + timedelta(days=days),
        state_by_hand=state,
    )


@pytest.mark.parametrize(
    ("stored", "now", "codes"),
    [
        (None, "2030-09-04T08:59:59+09:00", []),
        (None, "2030-09-04T09:00:00+09:00", ["opens_at_once"]),
        (None, "2030-09-03T23:59:59+00:00", []),
        (None, "2030-09-13T08:59:59+09:00", ["opens_at_once"]),
        (None, "2030-09-13T09:00:00+09:00", ["release_over"]),
        (moved(3), "2030-09-05T09:00:00+09:00", ["opens_at_once"]),
        (moved(3, state="closed"), "2030-09-05T09:00:00+09:00", []),
        (moved(0), "2030-09-05T09:00:00+09:00", []),
        (moved(0), "2030-09-14T09:00:00+09:00", []),
        (moved(-3), "2030-09-02T09:00:00+09:00", ["open_already"]),
        (moved(-3), "2030-09-01T08:00:00+09:00", []),
        (moved(3), "2030-09-14T09:00:00+09:00", ["release_over"]),
    ],
)
def test_what_a_load_begins_or_ends_at_once_is_told(
    stored: Release | None, now: str, codes: list[str]
) -> None:
    findings = [*clock_findings(RELEASE, stored, datetime.fromisoformat(now))]
    assert told(findings) == [("warning", code) for code in codes]
    probe = msgspec.structs.replace(RELEASE, campaign_id=PROBE_ID)
    assert [*clock_findings(probe, stored, datetime.fromisoformat(now))] == []


def test_release_that_would_pause_says_since_when_it_is_open() -> None:
    (finding,) = clock_findings(RELEASE, moved(-3), RELEASE.opens_at - timedelta(days=2))
    assert finding.message == (
        "it has been open since 2030-09-01 09:00, and would let nobody in until 2030-09-04 09:00"
    )


def test_nobody_opens_what_is_over() -> None:
    assert [*over_findings(RELEASE, RELEASE.closes_at - timedelta(seconds=1))] == []
    (finding,) = over_findings(RELEASE, RELEASE.closes_at)
    assert finding.severity == "error"
    assert finding.message == "nobody could book: it closes at 2030-09-13 09:00, which is past"
