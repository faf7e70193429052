"""A page that says "not yet" is replaced when there is news, and not before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.desk import Desk
from tests.unit.gateway.page_outline import render
from tests.unit.gateway.page_samples import SAMPLES

PAGES = {f"{template}-{name}": (template, name, shown) for template, name, shown in SAMPLES}
CHECKING, BOOKED = render(PAGES["checking-"], "ja"), render(PAGES["booked-booked-book"], "ja")
LONGER_MS = 10_000
"""Than the page waits before it asks again."""


@pytest.fixture
def desk(browser: Browser) -> Iterator[Desk]:
    """Return a page whose clock the test turns."""
    context = browser.new_context()
    page = context.new_page()
    page.clock.install()
    yield Desk(page)
    context.close()


def test_page_is_replaced_when_there_is_news(desk: Desk) -> None:
    desk.shows(CHECKING)
    desk.html = BOOKED
    desk.page.clock.run_for(LONGER_MS)
    expect(desk.page.locator(".big-number")).to_be_visible()


def test_reader_is_left_alone_while_there_is_none(desk: Desk) -> None:
    desk.shows(CHECKING)
    desk.page.evaluate("document.body.dataset.marked = 'by the test'")
    for _ in range(3):
        before = desk.asked
        while desk.asked == before:
            desk.page.clock.run_for(LONGER_MS)
    assert desk.page.evaluate("document.body.dataset.marked") == "by the test"


def test_page_asks_on_after_the_network_was_gone(desk: Desk) -> None:
    desk.shows(CHECKING)
    desk.is_away = True
    before = desk.asked
    while desk.asked == before:
        desk.page.clock.run_for(LONGER_MS)
    desk.is_away, desk.html = False, BOOKED
    while not desk.page.locator(".big-number").is_visible():
        desk.page.clock.run_for(LONGER_MS)
