"""Every page in every state, on the narrowest phone: axe finds nothing, and nothing sticks out.

The pages are rendered without a server (`page_samples`), so that states that are rare in a
running city are looked at, too. What only a person can judge is in docs/accessibility.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from gateway import languages
from tests.browser.desk import Desk
from tests.unit.gateway.page_outline import render
from tests.unit.gateway.page_samples import SAMPLES
from tests.unit.gateway.test_rendering import sample_name

NARROW_PX, DESK_PX = 320, 1280
"""1280 px at 400 % zoom are 320 px (WCAG 2.2, 1.4.10 Reflow)."""

AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
LOOKED_AT_BY_AXE = ("ja", languages.PLAIN_JAPANESE, "en")
"""The elements of the other languages' pages are those of English ones; only their words differ."""

TEMPLATES = sorted({template for template, _, _ in SAMPLES})


@pytest.fixture(params=(NARROW_PX, DESK_PX), scope="module")
def desk(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Desk]:
    """Return a window of a width."""
    context = browser.new_context(viewport={"width": request.param, "height": 800})
    yield Desk(context.new_page())
    context.close()


SPACED = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }
"""
"""What a reader may set without losing anything (WCAG 2.2, 1.4.12 Text spacing)."""

CUT_OFF = """
[...document.querySelectorAll("main *, header *, footer *")].filter(
  (e) => e.offsetParent && !e.closest(".visually-hidden") && !e.matches("input, textarea")
    && ["hidden", "clip"].includes(getComputedStyle(e).overflowX)
    && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
).map((e) => e.outerHTML.slice(0, 120))
"""


def sticks_out_px(page: Page) -> int:
    """Return by how much a page is wider than its window."""
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(wide))


def violations(page: Page) -> list[str]:
    """Return what axe finds: the rule, and the element's beginning."""
    found = Axe().run(page, options=AXE_OPTIONS).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def cut_off_when_spaced(page: Page) -> list[str]:
    """Return what is cut off, or sticks out, when the reader spaces the text out."""
    page.add_style_tag(content=SPACED)
    faults: list[str] = [f"cut off: {element}" for element in page.evaluate(CUT_OFF)]
    return [*faults, *(["sticks out when spaced"] if sticks_out_px(page) > 0 else [])]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_everybody_can_use_every_state_of_the_page(
    desk: Desk, language: str, template: str
) -> None:
    found: dict[str, list[str]] = {}
    for sample in SAMPLES:
        if sample[0] != template:
            continue
        desk.shows(render(sample, language))
        faults = violations(desk.page) if language in LOOKED_AT_BY_AXE else []
        if (px := sticks_out_px(desk.page)) > 0:
            faults.append(f"sticks out by {px} px")
        faults += cut_off_when_spaced(desk.page)
        if faults:
            found[sample_name(sample)] = faults
    assert found == {}
