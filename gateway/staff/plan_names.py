"""Names and addresses of what a plan has, a field for each language of the residents' pages.

Texts in other languages stay as they are. An empty field is no text: readers of that language are
shown another's (`gateway.views.words_in`).

Rule 1: forms have no rules of their own (`gateway.staff.plan_fields`).
Rule 2: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.languages import LANGUAGES


def name_field(kind: str, language: str) -> str:
    """Return the field of a text: `names_zh_hans`."""
    return f"{kind}_{language}".lower().replace("-", "_")


def name_fields(kind: str) -> tuple[str, ...]:
    """Return the fields of a kind of texts, one for each language."""
    return tuple(name_field(kind, language) for language in LANGUAGES)


def texts_in_fields(kind: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Return what stands in these fields."""
    return {name_field(kind, language): texts.get(language, "") for language in LANGUAGES}


def texts_of_fields(
    kind: str, held: Mapping[str, str], values: Mapping[str, str]
) -> dict[str, str]:
    """Return the texts that these fields say, beside those of other languages that were held."""
    typed = {one: values.get(name_field(kind, one), "").strip() for one in LANGUAGES}
    return {language: text for language, text in {**held, **typed}.items() if text}


def field_of_place(kind: str, place: str) -> str:
    """Return the field of a place such as `names.zh-Hans`; the first one of any other place."""
    language = place.removeprefix(kind).lstrip(".")
    return name_field(kind, language if language in LANGUAGES else LANGUAGES[0])
