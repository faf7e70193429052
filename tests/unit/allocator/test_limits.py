"""Every incident of 2021 that was a slip of the pen is a file that must be refused (L1-L4)."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from allocator.held_against import Beside
from allocator.limits import Limits, limits_of
from allocator.plan_texts import UnreadableText
from allocator.release import Finding, ReleasePlan, findings_of, has_error
from allocator.release_file import known_products, read_release_file

INCIDENTS = Path(__file__).parent / "incidents"
CORRECT = (INCIDENTS / "correct.yaml").read_text("utf-8")


def read(text: str) -> ReleasePlan:
    planned = read_release_file(text.encode())
    assert isinstance(planned, ReleasePlan), planned
    return planned


def found(text: str, *others: Beside) -> list[Finding]:
    return findings_of(read(text), known_products(), others)


def beside(text: str) -> Beside:
    planned = read(text)
    return Beside(planned.release, planned.slots)


def correct(*changes: tuple[str, str]) -> str:
    """Return the correct file with some words replaced, each of which stands there once."""
    text = CORRECT
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_a_correct_release_passes_without_a_warning() -> None:
    assert found(CORRECT) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("hamura", "interval_too_short"),
        ("tsu", "interval_not_as_source"),
        ("maibara", "second_doses_short"),
        ("kishiwada", "more_seats_than_doses"),
        ("yokosuka", "more_pairs_than_people"),
        ("mito", "outside_days"),
        ("himeji", "booked_twice"),
        ("defence-centre", "closed_day"),
        ("shut-building", "outside_hours"),
        ("shut-building", "too_many_an_hour"),
        ("one-digit-too-many", "unusual_capacity"),
    ],
)
def test_incident_is_refused(name: str, code: str) -> None:
    findings = found((INCIDENTS / f"{name}.yaml").read_text("utf-8"), beside(CORRECT))
    assert has_error(findings)
    assert code in [finding.code for finding in findings]
    assert all(finding.mend for finding in findings)


def test_each_incident_file_is_looked_at() -> None:
    marks = test_incident_is_refused.pytestmark  # type: ignore[attr-defined]
    names = {name for name, _ in marks[0].args[1]}
    assert {path.stem for path in INCIDENTS.glob("*.yaml")} == {*names, "correct"}


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        (("{doses: 8000}", "{doses: 7279}"), "more_seats_than_doses", "7,279 doses: 1 too many"),
        (("{doses: 8000}", "{vials: 1221}"), "more_seats_than_vials", "need 1,222 vials"),
        (
            ("closed: [2030-09-23, 2030-10-14]", "weekdays: [mon, tue, wed, thu, fri, sat]"),
            "closed_day",
            "2030-09-15, 2030-09-22, 2030-10-06 and 1 more days",
        ),
        (("from: 2030-10-05, to: 2030-10-18}\n", "from: 2030-10-06, to: 2030-10-18}\n"),
         "outside_days", "dose 2 on 2030-10-05: its days are 2030-10-06 to 2030-10-18"),
        (("people: 24000", "people: 1819"), "more_pairs_than_people", "3,640 people"),
        (("doses_per_hour_max: 60", "doses_per_hour_max: 39"), "too_many_an_hour", "with 40"),
        (('open: {hours: ["09:00-17:00"]', 'open: {hours: ["09:00-16:59"]'),
         "outside_hours", "26 slots at gym"),
    ],
)  # fmt: skip
def test_limit_is_held_to_the_last_one(changes: tuple[str, str], code: str, says: str) -> None:
    (finding,) = found(correct(changes))
    assert (finding.severity, finding.code) == ("error", code)
    assert says in finding.message


@pytest.mark.parametrize(
    "changes",
    [
        ("{doses: 8000}", "{vials: 1222}"),
        ("{doses: 8000}", "{doses: 7280}"),
        ("people: 24000", "people: 1820"),
        ("doses_per_hour_max: 60", "doses_per_hour_max: 40"),
        ("dose_1: 10, dose_2: 0", "dose_1: 10, dose_2: 0"),
    ],
)
def test_limit_may_be_reached(changes: tuple[str, str]) -> None:
    assert found(correct(changes)) == []


def test_vials_are_counted_as_demand_counts_them() -> None:
    """Seven seats a day on 26 days: 31 vials hold the doses, but two are opened each day."""
    few = (
        ('hours: ["09:00-12:00", "13:00-17:00"]', 'hours: ["09:00-10:45"]'),
        ("dose_1: 10, dose_2: 0", "dose_1: 1, dose_2: 0"),
        ("dose_1: 0, dose_2: 10", "dose_1: 0, dose_2: 1"),
        ("people: 24000", "people: 91"),
    )
    for vials, codes in ((51, ["more_seats_than_vials"]), (52, [])):
        text = CORRECT.replace("{doses: 8000}", f"{{vials: {vials}}}")
        for old, new in few:
            text = text.replace(old, new)
        planned = read(text)
        assert sum(sum(slot.capacities) for slot in planned.slots) == 7 * 26
        assert [one.code for one in findings_of(planned, known_products())] == codes


def test_limits_kept_before_vials_were_are_read() -> None:
    kept = msgspec.convert({"supply": {"comirnaty": 9600}}, Limits)
    assert (kept.supply, kept.vials) == ({"comirnaty": 9600}, {})


def test_what_a_file_does_not_say_limits_nothing() -> None:
    bare = correct(
        ("  people: 24000\n", ""),
        (
            """  days:
    dose_1: {from: 2030-09-14, to: 2030-09-27}
    dose_2: {from: 2030-10-05, to: 2030-10-18}
""",
            "",
        ),
        ("    supply: {doses: 8000}\n", ""),
        ('    open: {hours: ["09:00-17:00"], closed: [2030-09-23, 2030-10-14]}\n', ""),
        ("    doses_per_hour_max: 60\n", ""),
    )
    planned = read(bare)
    assert (planned.limits.people, planned.limits.days, planned.limits.supply) == (None, {}, {})
    assert found(bare) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (("from: 2030-09-14, to: 2030-09-27}\n", "from: 2030-09-28, to: 2030-09-27}\n"),
         "days_out_of_order"),
        (("closed: [2030-09-23", "closed: [2030-09-31"), "no_such_day"),
        (('hours: ["09:00-17:00"]', 'hours: ["17:00-09:00"]'), "hours_reversed"),
    ],
)  # fmt: skip
def test_limit_that_cannot_be_read_is_a_finding(changes: tuple[str, str], code: str) -> None:
    findings = read_release_file(correct(changes).encode())
    assert isinstance(findings, list)
    assert code in [finding.code for finding in findings]


def test_a_span_that_ends_before_it_begins_is_not_read() -> None:
    span = {"dose_1": {"from": "2030-09-02", "to": "2030-09-01"}}
    with pytest.raises(UnreadableText):
        limits_of({"release": {"days": span}, "products": [], "venues": []})
    assert limits_of({"release": {}, "products": [], "venues": []}) == Limits()


@pytest.mark.parametrize(
    ("people", "codes"),
    [
        (36_399, []),
        (36_400, ["few_pairs_for_people"]),
        (240_000, ["few_pairs_for_people"]),
    ],
)
def test_a_digit_too_many_in_the_people_is_told(people: int, codes: list[str]) -> None:
    """The correct plan has 3,640 pairs."""
    findings = found(correct(("people: 24000", f"people: {people}")))
    assert [(one.severity, one.code) for one in findings] == [("warning", code) for code in codes]


SHARED_DAYS = (
    ("  people: 24000\n", ""),
    (
        """  days:
    dose_1: {from: 2030-09-14, to: 2030-09-27}
    dose_2: {from: 2030-10-05, to: 2030-10-18}
""",
        "",
    ),
    ("    supply: {doses: 8000}\n", ""),
)


def week_of(percent: int, **changes: str) -> str:
    """Return the correct file with a week: 21 days of dose 1, then days that share their seats."""
    text = correct(*SHARED_DAYS)
    week = {
        "dose_1": "{from: 2030-09-14, to: 2030-11-13}",
        "dose_2": "{from: 2030-10-05, to: 2030-12-13}",
        "hours": '{tue: ["09:00-12:00"], wed: ["09:00-12:00"], thu: ["09:00-12:00"]}',
        "dose_1_percent": f"{percent}",
        **changes,
    }
    fields = "".join(f"    {name}: {value}\n" for name, value in week.items())
    return text[: text.index("sessions:")] + (
        "weeks:\n  - venue: gym\n    product: comirnaty\n    slot_minutes: 15\n"
        f"    lines: 4\n    minutes_per_dose: 6\n{fields}"
    )


@pytest.mark.parametrize("percent", [20, 10])
def test_days_of_one_dose_beside_days_that_share_their_seats_are_nothing_unusual(
    percent: int,
) -> None:
    """Dose 1 has all ten seats of a slot at first, and later one or two of them."""
    assert found(week_of(percent)) == []
    assert found(week_of(percent, vials_per_day="19")) == []


def test_a_digit_too_many_on_days_that_share_their_seats_is_found() -> None:
    session = (
        "sessions:\n  - venue: gym\n    product: comirnaty\n    days: [2030-10-07]\n"
        '    hours: ["09:00-10:00"]\n    slot_minutes: 60\n'
        "    capacity: {dose_1: 80, dose_2: 32}\n"
    )
    none = (
        "  - venue: gym\n    product: comirnaty\n    days: {from: 2030-10-19, to: 2030-12-13}\n"
        '    hours: ["13:00-17:00"]\n    slot_minutes: 15\n'
        "    capacity: {dose_1: 0, dose_2: 0}\n"
    )
    text = week_of(20).replace("doses_per_hour_max: 60", "doses_per_hour_max: 200")
    text = text.replace(", closed: [2030-09-23, 2030-10-14]", "")
    assert [one.code for one in found(text + session + none)] == ["unusual_capacity"]
    assert found(text + session.replace("80", "8") + none) == [], (
        "slots without seats count for none"
    )


def test_a_digit_missing_in_the_seats_is_told() -> None:
    fewer = correct(
        ("dose_1: 10, dose_2: 0", "dose_1: 1, dose_2: 0"),
        ("dose_1: 0, dose_2: 10", "dose_1: 0, dose_2: 1"),
    )
    assert [one.message for one in found(fewer)] == [
        "seats for 364 people only, but it is for 24,000"
    ]
