"""What a plan would change, in the words of who approves it.

Places are said as those of a finding; days, clock times, shares and choices as people write them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from allocator.plan_diff import Said, Term
from gateway.i18n import date_text, date_time_text, number
from gateway.languages import LANGUAGE_NAMES
from gateway.staff.words import catalogue, said

_OF_LANGUAGES = ("names", "addresses")
_WITH_IDS = ("products", "venues")


class WordedTerm(msgspec.Struct, frozen=True):
    """A term in somebody's language."""

    place: str
    before: str
    after: str


def worded_terms(
    terms: Sequence[Term], names: Mapping[str, str], language: str
) -> list[WordedTerm]:
    """Say terms; `names` are those of venues and products, by id."""
    return [
        WordedTerm(
            _place(one.path, names, language),
            _value(one.path, one.before, language),
            _value(one.path, one.after, language),
        )
        for one in terms
    ]


def _place(path: str, names: Mapping[str, str], language: str) -> str:
    steps = path.split(".")
    words = []
    for before, step in zip(["", *steps], steps, strict=False):
        if before in _WITH_IDS:
            words.append(f"{names[step]} ({step})" if step in names else step)
        elif before in _OF_LANGUAGES:
            words.append(LANGUAGE_NAMES.get(step, step))
        else:
            words.append(catalogue(language).get(f"place.{step}", step))
    return " › ".join(words)


def _value(path: str, value: Said | None, language: str) -> str:
    match value:
        case None:
            return said("releases.no_term", language)
        case str():
            return _queue(value, language) if path == "release.queue" else value
        case float():
            return f"{value:.0%}"
        case int():
            return number(value, language)
        case datetime():
            return date_time_text(value, language)
        case date():
            return date_text(value, language)
    return said("finding.and", language, one="", other="").join(
        _one(one, language) for one in value
    )


def _one(value: str | date, language: str) -> str:
    if isinstance(value, date):
        return date_text(value, language)
    return catalogue(language).get(f"place.{value}", value)


def _queue(value: str, language: str) -> str:
    return {
        "draw": said("releases.queue.draw", language),
        "fifo": said("releases.queue.fifo", language),
        "none": said("releases.queue.none", language),
    }[value]
