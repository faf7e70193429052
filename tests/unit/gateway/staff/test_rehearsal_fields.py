from __future__ import annotations

import inspect
from collections.abc import Mapping

import pytest

from gateway.staff.rehearsal_fields import FIELDS, read_opening, usual_values, values_of
from seiriken.forecast_command import rehearse
from waiting_room.forecast import Opening


def read(typed: Mapping[str, str], people: int = 24_000) -> Opening | list[str]:
    return read_opening(typed, 3_640, people)


def test_empty_fields_mean_the_usual_values() -> None:
    usual = Opening(people=24_000, pairs=3_640)
    assert read({}) == usual
    assert read(usual_values()) == usual
    assert values_of(usual) == usual_values() | {"people": "24000"}


def test_usual_values_are_those_of_the_command() -> None:
    options = inspect.signature(rehearse).parameters
    usual = {name: float(value) for name, value in usual_values().items()}
    assert usual == {
        "lobby_percent": options["lobby_share"].default * 100,
        "within_minutes": options["within_minutes"].default,
        "inside": options["inside"].default,
        "inside_s": options["inside_s"].default,
    }


def test_what_was_typed_is_read_and_written_again() -> None:
    typed = {
        "people": "４００,０００",
        "lobby_percent": "0",
        "within_minutes": "0.5",
        "inside": "1,500",
        "inside_s": "62.5",
    }
    opening = read(typed, people=0)
    assert opening == Opening(
        people=400_000,
        pairs=3_640,
        inside_max=1_500,
        inside_s=62.5,
        within_s=30,
        lobby_share=0,
    )
    assert isinstance(opening, Opening)
    plain = {"people": "400000", "inside": "1500"}
    assert values_of(opening) == typed | plain


def test_nobody_knows_how_many_come() -> None:
    assert read({}, people=0) == ["people"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("people", "0"),
        ("people", "100000001"),
        ("people", "1.5"),
        ("people", "many"),
        ("people", "1" * 400),
        ("lobby_percent", "71"),
        ("lobby_percent", "-1"),
        ("within_minutes", "0"),
        ("within_minutes", "1441"),
        ("within_minutes", "nan"),
        ("inside", "0"),
        ("inside_s", "0.9"),
        ("inside_s", "1e3"),
    ],
)
def test_field_that_is_wrong_is_named(name: str, typed: str) -> None:
    assert read({name: typed}) == [name]


def test_all_that_is_wrong_is_named_in_the_fields_order() -> None:
    assert read(dict.fromkeys(FIELDS, "x")) == [*FIELDS]
