"""Every page in every state, on the narrowest phone and at a desk: axe finds nothing, and nothing
sticks out.

The pages are rendered without a server (`page_samples`), so that states that are rare in a
running city are looked at, too. What only a person can judge is in docs/accessibility.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from gateway import languages
from tests.browser.desk import Desk
from tests.unit.gateway.page_outline import render
from tests.unit.gateway.page_samples import SAMPLES
from tests.unit.gateway.test_rendering import sample_name

NARROW_PX, DESK_PX = WIDTHS_PX = (320, 1280)
"""1280 px at 400 % zoom are 320 px (WCAG 2.2, 1.4.10 Reflow)."""

AXE_SCRIPT = Axe().axe_script
AXE_OPTIONS = {
    "resultTypes": ["violations"],
    # No rule of these looks into style sheets or frames: to fetch them is a third of the time.
    "preload": False,
    "iframes": False,
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
LOOKED_AT_BY_AXE = {
    "ja": NARROW_PX,
    languages.PLAIN_JAPANESE: NARROW_PX,
    "en": DESK_PX,
}
"""Each width, and each language whose elements are its own: the other languages' pages have the
elements of English ones, and only their words differ. What sticks out or is cut off depends on
words and width: that is looked at in all languages at both widths.
"""

TEMPLATES = sorted({template for template, _, _ in SAMPLES})


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[Desk]:
    """Return a window."""
    context = browser.new_context()
    yield Desk(context.new_page())
    context.close()


@pytest.fixture(scope="module")
def axe_desk(browser: Browser) -> Iterator[Desk]:
    """Return a window in whose pages axe is from the beginning, which is the faster way."""
    with window_with_axe(browser) as window:
        yield window


@contextmanager
def window_with_axe(browser: Browser) -> Iterator[Desk]:
    """Open a window for the length of a block."""
    context = browser.new_context()
    context.add_init_script(script=AXE_SCRIPT)
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
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    run = "options => axe.run(document, options).then((results) => results.violations)"
    found = page.evaluate(run, AXE_OPTIONS)
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def faults_of(desk: Desk, html: str, axe_at_px: int | None) -> list[str]:
    """Return what is wrong with a page at both widths, and when the reader spaces the text out.

    `axe_at_px`: the width at which axe looks at it; None: it does not.
    """
    desk.shows(html)
    faults: list[str] = []
    for width_px in WIDTHS_PX:
        desk.is_wide(width_px)
        if width_px == axe_at_px:
            faults += violations(desk.page)
        if (px := sticks_out_px(desk.page)) > 0:
            faults.append(f"sticks out by {px} px at {width_px} px")
    desk.page.add_style_tag(content=SPACED)
    for width_px in WIDTHS_PX:
        desk.is_wide(width_px)
        cut_off = desk.page.evaluate(CUT_OFF)
        faults += [f"cut off when spaced at {width_px} px: {element}" for element in cut_off]
        if sticks_out_px(desk.page) > 0:
            faults.append(f"sticks out when spaced at {width_px} px")
    return faults


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_everybody_can_use_every_state_of_the_page(
    desk: Desk, axe_desk: Desk, language: str, template: str
) -> None:
    found: dict[str, list[str]] = {}
    axe_at_px = LOOKED_AT_BY_AXE.get(language)
    window = desk if axe_at_px is None else axe_desk
    for sample in SAMPLES:
        if sample[0] != template:
            continue
        html = render(sample, language)
        if faults := faults_of(window, html, axe_at_px):
            found[sample_name(sample)] = faults
    assert found == {}
