"""What is left is shown by day, filtered, and never mixes first and second doses (L3)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
import pytest

from allocator.model import SITE_TIMEZONE
from allocator.reads import Availability, OpenSlot
from gateway.availability import KEPT_MAX, KeptAnswers, availability_json
from gateway.forms import AvailabilityQuery
from tests.unit.gateway.factories import NOW, make_catalogue, make_slot

JUNE_10, JUNE_11, JULY_1 = date(2021, 6, 10), date(2021, 6, 11), date(2021, 7, 1)
CATALOGUE = make_catalogue(
    slots=(
        make_slot(1, JUNE_10, 14),
        make_slot(2, JUNE_10, 9, venue_id="school"),
        make_slot(3, JUNE_11),
        make_slot(4, JULY_1),
    )
)
SECOND_AT = datetime(2021, 7, 1, 10, 0, tzinfo=SITE_TIMEZONE)
AVAILABILITY = Availability(
    release_id="r1",
    as_of=NOW,
    etag="7",
    slots=(
        OpenSlot(1, "many", 4, SECOND_AT),
        OpenSlot(2, "few", 4, SECOND_AT),
        OpenSlot(3, "none"),
        OpenSlot(99, "many", 4, SECOND_AT),
    ),
    second_only=(OpenSlot(4, "few"),),
)


def shown(query: AvailabilityQuery) -> Any:
    return msgspec.json.decode(availability_json(CATALOGUE, AVAILABILITY, query))


def slot_ids(query: AvailabilityQuery) -> list[str]:
    return [slot["slot_id"] for day in shown(query)["days"] for slot in day["slots"]]


def test_slots_are_listed_by_day_and_time() -> None:
    document = shown(AvailabilityQuery())
    assert [day["date"] for day in document["days"]] == ["2021-06-10", "2021-06-11"]
    assert slot_ids(AvailabilityQuery()) == ["2", "1", "3"]
    assert document["as_of"] == "2021-06-01T09:00:00+09:00"
    assert document["days"][0]["slots"][1] == {
        "slot_id": "1",
        "starts_at": "2021-06-10T14:00:00+09:00",
        "venue": "hall",
        "product": "comirnaty",
        "second_dose_at": "2021-07-01T10:00:00+09:00",
        "pairs": "many",
    }


def test_slot_without_a_pair_has_no_second_dose() -> None:
    slot = shown(AvailabilityQuery(day_min=JUNE_11))["days"][0]["slots"][0]
    assert (slot["second_dose_at"], slot["pairs"]) == (None, "none")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (AvailabilityQuery(venue_id="hall"), ["1", "3"]),
        (AvailabilityQuery(venue_id="moon"), []),
        (AvailabilityQuery(product_id="spikevax"), []),
        (AvailabilityQuery(product_id="comirnaty", day_max=JUNE_10), ["2", "1"]),
        (AvailabilityQuery(day_min=JUNE_11, day_max=JUNE_11), ["3"]),
    ],
)
def test_slots_are_filtered(query: AvailabilityQuery, found: list[str]) -> None:
    assert slot_ids(query) == found


def test_second_doses_are_listed_apart() -> None:
    query = AvailabilityQuery(doses="second")
    assert slot_ids(query) == ["4"]
    slot = shown(query)["days"][0]["slots"][0]
    assert set(slot) == {"slot_id", "starts_at", "venue", "product", "seats"}


def test_answer_is_made_once_for_each_view() -> None:
    kept = KeptAnswers()
    assert kept.get("a", lambda: b"first") == b"first"
    assert kept.get("b", lambda: b"other") == b"other"
    assert kept.get("a", lambda: b"again") == b"first"


def test_answers_kept_are_bounded() -> None:
    kept = KeptAnswers()
    for view in range(KEPT_MAX + 1):
        kept.get(str(view), lambda: b"old")
    assert kept.get("0", lambda: b"new") == b"new"
