"""What the style sheet makes of a page, wherever it is read: on paper, and where it is short."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from gateway import languages
from tests.browser.desk import Desk
from tests.unit.gateway.page_outline import render
from tests.unit.gateway.page_samples import SAMPLES, Sample

A_SHEET = re.compile(rb"/Type\s*/Page\b(?!s)")
BEGINS = re.compile(r"[0-9]{4}年|（令和|[0-9]+月|\(.\)|[0-9]{2}:")
"""What a line of a date may begin with: the year, the era, the day, its weekday, the time."""
LINES_OF_MOMENT = """element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const lines = [];
    let top = null;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (let at = 0; at < node.length; at += 1) {
            range.setStart(node, at);
            range.setEnd(node, at + 1);
            const now = Math.round(range.getBoundingClientRect().top);
            if (top === null || Math.abs(now - top) > 8) { lines.push(""); top = now; }
            lines[lines.length - 1] += node.data[at];
        }
    }
    return lines;
}"""


def sample(page: str, state: str) -> Sample:
    return next(one for one in SAMPLES if one[:2] == (page, state))


@pytest.fixture
def desk(browser: Browser) -> Iterator[Desk]:
    """Seat somebody at a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield Desk(context.new_page())
    context.close()


def sheets(page: Page) -> int:
    """Return how many sheets of paper a page takes."""
    return len(A_SHEET.findall(page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("language", languages.LANGUAGES)
@pytest.mark.parametrize("page", ["booked-book", "booked"])
def test_booking_is_printed_on_one_sheet(desk: Desk, page: str, language: str) -> None:
    name = "booked" if page == "booked-book" else "my_booking"
    desk.shows(render(sample(name, page), language))
    assert sheets(desk.page) == 1


def test_short_page_ends_with_its_footer(desk: Desk) -> None:
    desk.shows(render(sample("my_booking", "none"), "en"))
    end = desk.page.evaluate("document.querySelector('footer').getBoundingClientRect().bottom")
    assert round(end) == desk.page.evaluate("document.documentElement.clientHeight")


@pytest.mark.parametrize("width", [320, 390])
def test_date_breaks_between_its_parts_only(desk: Desk, width: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": 844})
    shown = sample("wait", "lobby-"), sample("choose_time", "book")
    for one in shown:
        desk.shows(render(one, "ja"))
        for moment in desk.page.locator(".moment:visible").all():
            lines = moment.evaluate(LINES_OF_MOMENT)
            assert all(BEGINS.match(line) for line in lines), lines


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_date_fits_into_a_line_of_the_narrowest_phone(desk: Desk, language: str) -> None:
    desk.page.set_viewport_size({"width": 320, "height": 844})
    desk.shows(render(sample("sign_in", "wrong"), language))
    tops = desk.page.eval_on_selector_all(
        ".date-part:not(.date-part-era) input",
        "all => all.map(one => Math.round(one.getBoundingClientRect().top))",
    )
    assert (len(tops), len(set(tops))) == (3, 1)
