"""Names of what a plan has, a field for each language."""

from __future__ import annotations

import pytest

from gateway.languages import LANGUAGES
from gateway.staff.plan_names import (
    field_of_place,
    name_fields,
    texts_in_fields,
    texts_of_fields,
)


def test_each_language_has_a_field() -> None:
    assert name_fields("names")[:4] == ("names_ja", "names_ja_simple", "names_en", "names_zh_hans")
    assert len(set(name_fields("names"))) == len(LANGUAGES)


def test_texts_come_back_as_they_were_those_of_other_languages_too() -> None:
    held = {"fr": "Gymnase", "ja": "体育館", "zh-Hans": "体育馆"}
    fields = texts_in_fields("names", held)
    assert fields.keys() == set(name_fields("names"))
    assert (fields["names_ja"], fields["names_zh_hans"], fields["names_ko"]) == (
        "体育館",
        "体育馆",
        "",
    )
    assert texts_of_fields("names", held, fields) == held


def test_text_that_is_empty_is_none() -> None:
    typed = {"names_ja": " ", "names_en": " Gym ", "addresses_ja": "印西市"}
    assert texts_of_fields("names", {"ja": "体育館"}, typed) == {"en": "Gym"}


@pytest.mark.parametrize(
    ("place", "field"),
    [
        ("names.zh-Hans", "names_zh_hans"),
        ("names.ja", "names_ja"),
        ("names", "names_ja"),
        ("names.fr", "names_ja"),
    ],
)
def test_field_of_a_place(place: str, field: str) -> None:
    assert field_of_place("names", place) == field
