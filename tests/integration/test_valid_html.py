"""Every page in every state and language is valid HTML, and its style sheets are valid CSS.

The judge is the Nu HTML checker, which is the W3C's and the WHATWG's own; one run of it looks at
all pages, and at offences that it must find.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from gateway import languages
from gateway.staff.words import LANGUAGE_NAMES
from monitoring.bulletin import status_page
from monitoring.bulletin.incidents import opened, resolved, updated
from monitoring.bulletin.maintenance import planned
from monitoring.bulletin.record import Record
from monitoring.bulletin.status_page import Frame
from tests.unit.gateway.page_outline import render
from tests.unit.gateway.page_samples import SAMPLES
from tests.unit.gateway.staff import staff_samples

ROOT = Path(__file__).parents[2]
FIND_CHECKER = ROOT / "deploy" / "find-html-checker.sh"
EDGE_PAGES = ROOT / "deploy" / "edge" / "pages"
STATIC = ROOT / "gateway" / "static"
STATUS_STYLE = ROOT / "monitoring" / "bulletin" / "pages" / "status.css"

NOW = datetime(2021, 8, 20, 1, 5, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORDS = {"ja": "予約ができません。", "en": "Booking is not possible."}
FRAME = Frame({"ja": "印西市", "en": "Inzai City"}, "0476-00-0000", "https://status.example")

OFFENCES = {
    "offence-nesting.html": "<p><ul><li>a</li></ul></p>",
    "offence-attribute.html": '<p aria-labelledby="nothing">a</p>',
    "offence-id.html": '<p id="a">a</p><p id="a">b</p>',
}
"""What must be found: an element where it may not be, a reference to nothing, an id twice."""

BARE_PAGE = '<!doctype html><html lang="en"><head><title>a</title></head><body>{}</body></html>'
WRONG_STYLE = "p { colour: red; }"


class Message(msgspec.Struct):
    """One of the checker's messages."""

    type: str
    message: str
    url: str = ""
    extract: str = ""


class Report(msgspec.Struct):
    """All that the checker said."""

    messages: list[Message]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counter[str]]:
    """Let the checker look at everything; return what it says, by file."""
    folder = tmp_path_factory.mktemp("pages")
    for name, content in (
        *pages(),
        *staff_pages(),
        *status_pages(),
        *styles_and_pictures(),
        *offences(),
    ):
        (folder / name).write_text(content, encoding="utf-8")
    return by_file(checked(folder))


def pages() -> Iterator[tuple[str, str]]:
    """Yield every page of residents in every state and language, and the edge's own."""
    for language in languages.LANGUAGES:
        for sample in SAMPLES:
            name = f"{sample[0]}-{sample[1]}-{language}.html".replace("|", "-")
            yield name, render(sample, language)
    for template in EDGE_PAGES.glob("*.html.template"):
        page = template.read_text(encoding="utf-8")
        yield f"edge-{template.stem}", page.replace("${EDGE_CITY_JA}", "印西市")


def staff_pages() -> Iterator[tuple[str, str]]:
    """Yield every page of the staff in every state and language."""
    for language in LANGUAGE_NAMES:
        for sample in staff_samples.SAMPLES + staff_samples.ENROLLING:
            yield f"staff-{sample[0]}-{language}.html", staff_samples.render(sample, language)


def status_pages() -> Iterator[tuple[str, str]]:
    """Yield the public status page while all is well, in an incident, and after it."""
    now_open = opened([], WORDS, NOW, HOUR)
    over = resolved(updated(now_open, WORDS, NOW, HOUR), WORDS, NOW)
    plan = planned([], NOW + 8 * DAY, NOW + 8 * DAY + HOUR, NOW)
    urgent = planned([], NOW, NOW + HOUR, NOW, "電源の交換")
    records = {
        "well": Record(),
        "incident": Record((now_open,), (plan,)),
        "over": Record((over,), (urgent,)),
    }
    for state, record in records.items():
        for language in status_page.PAGES:
            page = status_page.page(record, FRAME, NOW, language)
            yield f"status-{state}-{language}.html", page


def styles_and_pictures() -> Iterator[tuple[str, str]]:
    """Yield the style sheets and the drawings."""
    for path in (*STATIC.glob("*.css"), *STATIC.glob("*.svg"), STATUS_STYLE):
        yield path.name, path.read_text(encoding="utf-8")


def offences() -> Iterator[tuple[str, str]]:
    """Yield what the checker must find."""
    for name, content in OFFENCES.items():
        yield name, BARE_PAGE.format(content)
    yield "offence.css", WRONG_STYLE


def checked(folder: Path) -> Report:
    """Run the checker on a folder."""
    jar = subprocess.run(["sh", FIND_CHECKER], check=True, stdout=subprocess.PIPE, text=True)
    ran = subprocess.run(
        [
            *("java", "-Xss1m", "-XX:+UseSerialGC", "-jar", jar.stdout.strip()),
            *("--also-check-css", "--also-check-svg", "--format", "json", "--exit-zero-always"),
            str(folder),
        ],
        check=True,
        capture_output=True,
    )
    return msgspec.json.decode(ran.stderr or ran.stdout, type=Report)


def by_file(report: Report) -> dict[str, Counter[str]]:
    """Count the messages of each file."""
    counted: dict[str, Counter[str]] = {}
    for one in report.messages:
        name = Path(one.url).name
        counted.setdefault(name, Counter())[f"{one.type}: {one.message} {one.extract}"] += 1
    return counted


def test_every_page_in_every_state_and_language_is_valid(
    found: dict[str, Counter[str]],
) -> None:
    assert {name: said for name, said in found.items() if not name.startswith("offence")} == {}


@pytest.mark.parametrize("name", [*OFFENCES, "offence.css"])
def test_checker_finds_an_offence(found: dict[str, Counter[str]], name: str) -> None:
    assert any(said.startswith("error") for said in found[name])
