"""What the linter finds in a plan, in the words of the staff: where, what, how to mend.

Days and hours are written as in the file (2030-09-14), so that they are found there.
A place that a file does not have, or a word that a file uses by mistake, is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import reduce
from typing import Any

import msgspec

from allocator.finding import KINDS, Finding, Value
from allocator.model import SITE_TIMEZONE
from allocator.plan_places import line_of, places_of
from allocator.release_file import read_document, read_lines
from gateway.i18n import number
from gateway.staff.words import catalogue, said

LISTED_MAX = 5
"""So many days or words are named; of the others, how many."""

_STEP = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")
_LINE = "line "
_WORDS_OF_OURS = ("dose", "wanted")
"""Values with words of the catalogue; other texts are the file's."""


class Place(msgspec.Struct, frozen=True):
    """A place in a plan: as the file has it, in words, and its line there."""

    path: str
    words: str
    line: int | None = None
    quoted: str = ""


class Worded(msgspec.Struct, frozen=True):
    """A finding in somebody's language."""

    severity: str
    is_error: bool
    places: tuple[Place, ...]
    what: str
    mend: str


def worded(findings: Sequence[Finding], language: str, text: str = "") -> list[Worded]:
    """Say findings; with the plan's text also the lines they stand at. Each is said once."""
    if not findings:
        return []
    lines, rows = read_lines(text), text.splitlines()
    read = read_document(text.encode()) if text else []
    document = {} if isinstance(read, list) else read
    said_of = (_worded(one, language, document, lines, rows) for one in findings)
    return [*dict.fromkeys(said_of)]


def sentence(finding: Finding, language: str) -> str:
    """Say what is wrong, and nothing else."""
    msgid = f"finding.{finding.code}"
    if finding.code in KINDS:
        msgid += f".{finding.values['kind']}"
    return said(msgid, language, **_written(finding.values, language))


def _worded(
    finding: Finding,
    language: str,
    document: Mapping[str, Any],
    lines: Mapping[str, int],
    rows: Sequence[str],
) -> Worded:
    mend = f"mend.{finding.code}"
    places = (
        _place(path, language, document, lines, rows) for path in places_of(finding, document)
    )
    return Worded(
        said(f"finding.severity.{finding.severity}", language),
        finding.severity == "error",
        tuple(places),
        sentence(finding, language),
        said(mend, language, **_written(finding.values, language)),
    )


def _place(
    path: str,
    language: str,
    document: Mapping[str, Any],
    lines: Mapping[str, int],
    rows: Sequence[str],
) -> Place:
    line = line_of(path, lines)
    quoted = rows[line - 1].strip() if line is not None and line <= len(rows) else ""
    words = "" if path.startswith(_LINE) else _path_words(path, language, document)
    return Place("" if path.startswith(_LINE) else path, words, line, quoted)


def _path_words(path: str, language: str, document: Mapping[str, Any]) -> str:
    words: list[str] = []
    here: Any = document
    for index, key in _STEP.findall(path):
        if key:
            words.append(catalogue(language).get(f"place.{key}", key))
            here = here.get(key) if isinstance(here, Mapping) else None
            continue
        here = here[int(index)] if isinstance(here, list) and int(index) < len(here) else None
        words[-1] = f"{words[-1]} {int(index) + 1}{_named(here)}"
    return " › ".join(words)


def _named(item: Any) -> str:
    """Name a thing of a list, as the file names it."""
    if not isinstance(item, Mapping):
        return ""
    names = [f"{item[key]}" for key in ("id", "venue", "product") if key in item]
    return f" ({', '.join(names)})"


def _written(values: Mapping[str, Value], language: str) -> dict[str, str]:
    return {
        name: catalogue(language).get(f"finding.word.{value}", f"{value}")
        if name in _WORDS_OF_OURS and isinstance(value, str)
        else _text(value, language)
        for name, value in values.items()
    }


def _text(value: Value, language: str) -> str:
    match value:
        case str():
            return value or said("finding.word.empty", language)
        case int() | float():
            return number(value, language)  # type: ignore[arg-type]
        case datetime():
            return f"{value.astimezone(SITE_TIMEZONE):%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
    texts = (_text(one, language) for one in value[:LISTED_MAX])
    named = reduce(lambda one, other: said("finding.and", language, one=one, other=other), texts)
    if len(value) <= LISTED_MAX:
        return named
    more = number(len(value) - LISTED_MAX, language)
    return said("finding.more", language, named=named, count=more)
