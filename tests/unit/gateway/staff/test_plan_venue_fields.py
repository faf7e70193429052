"""What the fields of a venue say, and what they make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allocator.finding import Finding, error
from allocator.release_file import read_document
from gateway.staff.plan_venue_fields import (
    VENUE_FIELDS,
    fields_of_venue,
    venue_as_typed,
    venue_fields,
)

EXAMPLE = (Path(__file__).parents[4] / "examples/inzai/plan.yaml").read_bytes()


@pytest.fixture
def venues() -> list[Any]:
    """The venues of the example plan."""
    document = read_document(EXAMPLE)
    assert not isinstance(document, list)
    return list(document["venues"])


def test_fields_that_are_sent_back_as_they_were_change_nothing(venues: list[Any]) -> None:
    weekend = {**venues[0], "open": {"weekdays": ["sun", "sat"]}}
    for venue in (
        *venues,
        weekend,
        {"id": "hall", "names": {"ja": "館"}, "addresses": {"ja": "市"}},
    ):
        fields = venue_fields(venue)
        assert fields.keys() == set(VENUE_FIELDS)
        assert venue_as_typed(venue, fields) == venue


def test_venue_becomes_what_was_typed(venues: list[Any]) -> None:
    typed = venue_fields(venues[1]) | {
        "names_ko": "중앙 보건 센터",
        "addresses_en": "",
        "open_hours": "9:00~12:00",
        "open_mon": "yes",
        "open_fri": "yes",
        "doses_per_hour_max": "４０",
    }
    venue = venue_as_typed(venues[1], typed)
    assert venue["names"]["ko"] == "중앙 보건 센터"
    assert "en" not in venue["addresses"]
    assert venue["open"] == {
        "hours": ["09:00-12:00"],
        "closed": ["2030-10-07"],
        "weekdays": ["mon", "fri"],
    }
    assert venue["doses_per_hour_max"] == 40
    emptied = venue_as_typed({**venue, "open": {"weekdays": ["mon"]}}, {})
    assert emptied == {"id": "chuo-health-centre", "names": {}, "addresses": {}}


def test_new_venue_says_what_was_typed() -> None:
    assert not any(venue_fields({}).values())
    typed = {"names_ja": "公民館", "addresses_ja": "印西市大森", "doses_per_hour_max": "many"}
    assert venue_as_typed({"id": "hall"}, typed) == {
        "id": "hall",
        "names": {"ja": "公民館"},
        "addresses": {"ja": "印西市大森"},
        "doses_per_hour_max": "many",
    }


@pytest.mark.parametrize(
    ("finding", "fields"),
    [
        (error("duplicate_id", "venues[1].id", "", id="gym"), ["id"]),
        (
            error("not_as_schema", "venues[1].names", "", kind="missing", keys=["ja"]),
            ["names_ja"],
        ),
        (
            error("not_as_schema", "venues[1].addresses.zh-Hans", "", kind="too_many"),
            ["addresses_zh_hans"],
        ),
        (error("not_as_schema", "venues[1].open.hours[0]", "", kind="pattern"), ["open_hours"]),
        (error("not_as_schema", "venues[1].open.weekdays", "", kind="twice"), ["open_mon"]),
        (error("no_such_day", "venues[1].open.closed[0]", "", text=""), []),
        (error("not_as_schema", "venues[0].names.ja", "", kind="too_many"), []),
    ],
)
def test_finding_stands_at_its_field_of_the_venue(finding: Finding, fields: list[str]) -> None:
    assert [*fields_of_venue(finding, 1)] == fields
