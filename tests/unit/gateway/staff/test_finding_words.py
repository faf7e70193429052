"""What the linter finds, said to the staff: in their language, at its line, with how to mend it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from string import Formatter

import pytest

from allocator.finding import KINDS, MENDS, Finding, error, warning
from allocator.model import SITE_TIMEZONE
from allocator.product_source import KnownProduct
from allocator.release import ReleasePlan, findings_of
from allocator.release_file import read_release_file
from gateway.staff.finding_words import sentence, worded
from gateway.staff.words import LANGUAGE_NAMES, catalogue

INCIDENTS = Path(__file__).parents[2] / "allocator" / "incidents"
AT = datetime(2021, 6, 10, 9, tzinfo=SITE_TIMEZONE)
ALLOCATOR = Path(__file__).parents[4] / "allocator"
KNOWN = [KnownProduct(words=("comirnaty",), standard=22, earliest=30, source="the leaflet, p. 4")]


def found_in(text: str) -> list[Finding]:
    planned = read_release_file(text.encode())
    return findings_of(planned, KNOWN) if isinstance(planned, ReleasePlan) else planned


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
@pytest.mark.parametrize("name", sorted(path.name for path in INCIDENTS.glob("*.yaml")))
def test_every_incident_is_said_with_all_its_values(language: str, name: str) -> None:
    text = (INCIDENTS / name).read_text("utf-8")
    for finding in found_in(text):
        (said,) = worded([finding], language, text)
        assert said.what
        assert said.mend
        assert said.is_error == (finding.severity == "error")
        assert said.places, finding
        assert all(place.words and place.line for place in said.places), said


def made_in(module: str) -> Iterator[tuple[str, set[str]]]:
    """Yield the code of each finding that a module makes, and the names of its values."""
    for node in ast.walk(ast.parse((ALLOCATOR / module).read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0].value if isinstance(node.args[0], ast.Starred) else node.args[0]
            code = first.elts[0] if isinstance(first, ast.Tuple) and first.elts else first
            names = {keyword.arg for keyword in node.keywords}
            if isinstance(code, ast.Constant) and code.value in MENDS and None not in names:
                yield code.value, {name for name in names if name}


def test_sentences_ask_for_values_that_their_findings_have() -> None:
    names = [path.name for path in ALLOCATOR.glob("*.py")]
    made = [found for name in names for found in made_in(name)]
    assert len({code for code, _ in made}) > 2 * len(MENDS) / 3
    for code, values in made:
        kinds = [f".{kind}" for kind in KINDS.get(code, ())] or [""]
        asked = [f"mend.{code}"] if len(kinds) > 1 else [f"mend.{code}", f"finding.{code}"]
        for msgid in asked:
            braces = {name for _, name, _, _ in Formatter().parse(catalogue("ja")[msgid]) if name}
            assert braces <= values, msgid


def test_finding_is_said_in_the_language_of_its_reader() -> None:
    finding = error(
        *("second_doses_short", "sessions", ""),
        product="comirnaty",
        venue="gym",
        firsts=1280,
        pairs=100,
        days=[date(2021, 6, day) for day in range(1, 8)],
        slots=[AT],
    )
    assert sentence(finding, "en") == (
        "comirnaty at gym: 1,280 first doses but second doses for 100; none within the interval "
        "for some or all of 2021-06-01, 2021-06-02, 2021-06-03, 2021-06-04, 2021-06-05 and 2 more. "
        "If each day fills from its first slot on, these slots lack them: 2021-06-10 09:00."
    )
    assert "1,280人分" in sentence(finding, "ja")
    assert "2021-06-05 ほか2" in sentence(finding, "ja")


def test_finding_stands_at_its_line_and_at_what_it_is_called() -> None:
    text = "schema: 1\nweeks:\n  - venue: gym\n    hours:\n      mon: ['12:00-09:00']\n"
    finding = error("hours_reversed", "weeks[0].hours.mon[0]", "", text="12:00-09:00")
    (said,) = worded([finding], "ja", text)
    (place,) = said.places
    assert (place.line, place.quoted) == (5, "mon: ['12:00-09:00']")
    assert place.words == "週の型 1 › 時間 › 月曜日 1"
    (said,) = worded([error("not_yaml", "line 3", "", kind="depth")], "en", text)
    assert [(one.line, one.words, one.path) for one in said.places] == [(3, "", "")]


def test_place_names_the_venue_of_a_pattern() -> None:
    text = (INCIDENTS / "correct.yaml").read_text("utf-8")
    finding = error("hours_reversed", "sessions[0].hours[9]", "", text="12:00-09:00")
    ((place,),) = (said.places for said in worded([finding], "en", text))
    assert place.words.startswith("Session 1 (")
    assert place.words.endswith(") › Hours 10")


def test_without_the_text_the_place_is_said_alone() -> None:
    (said,) = worded([warning("open_after_last_slot", "release.closes_at", "")], "en")
    assert [(one.line, one.words) for one in said.places] == [(None, "Release › Closes at")]
    assert (said.severity, said.is_error) == ("Warning", False)
    assert worded([], "en") == []


def test_the_same_is_said_once() -> None:
    finding = error("no_first_seat", "sessions", "")
    assert len(worded([finding, finding], "en")) == 1


def test_words_of_the_file_stay_as_they_are_and_ours_are_translated() -> None:
    wrong = error("not_as_schema", "release.people", "", kind="type", wanted="integer")
    assert sentence(wrong, "ja") == "ここには整数を書きます。"
    twice = error("slot_twice", "sessions", "", count=2, product="integer", venue="gym", at=AT)
    assert sentence(twice, "ja") == "gym の integer で、2021-06-10 09:00 に始まる枠が2つあります。"


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
def test_every_code_has_its_sentences(language: str) -> None:
    for code in MENDS:
        for kind in KINDS.get(code, ("",)):
            assert catalogue(language)[f"finding.{code}.{kind}".removesuffix(".")]


def test_what_is_empty_is_said_to_be() -> None:
    finding = error(
        *("not_as_schema", "holidays[0]", ""), kind="pattern", text="", example="2030-09-04"
    )
    (said,) = worded([finding], "ja")
    assert said.what == "（空欄） は書き方が違います。例：2030-09-04"
