"""Closing a day in a browser: mistakes are mended, the counts are seen, and it is carried out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from allocator.release_store import read_catalogue
from tests.browser.conftest import StackUnderTest, desk_beside
from tests.browser.test_accessibility import violations
from tests.browser.test_staff import AtTheKeys, first_password
from tests.integration.staff import StaffDesk

LOCALES = {"ja": "ja-JP", "en": "en-GB"}


@pytest.fixture(scope="module")
def closing_desk(staff_city: StackUnderTest) -> Iterator[StaffDesk]:
    with desk_beside(staff_city) as desk:
        yield desk


@pytest.mark.parametrize(("language", "javascript"), [("ja", True), ("en", False)])
def test_day_is_closed_by_keys_alone(
    browser: Browser,
    staff_city: StackUnderTest,
    closing_desk: StaffDesk,
    language: str,
    javascript: bool,
) -> None:
    # axe runs in the page, so it looks where the page may run scripts.
    context = browser.new_context(locale=LOCALES[language], java_script_enabled=javascript)
    boss = AtTheKeys(closing_desk, context.new_page())
    login = f"kantoku-{language}"
    boss.enrols(login, first_password(staff_city, login, "supervisor"))
    page = boss.page
    slots = read_catalogue(closing_desk.database_url).slots.values()
    days = sorted({(slot.day, slot.venue_id) for slot in slots})
    day, venue = days[-1 if javascript else -2]
    page.goto(f"{closing_desk.url}/closing?venue={venue}&day={day}")
    with page.expect_navigation():
        boss.keys.presses("Enter", page.locator("button[value=check]"))
    assert page.locator(".notice-error a").count() == 2, "no reason, no words"
    assert not javascript or violations(page) == []
    page.check("#reason")
    boss.keys.types("#words", "停電")
    with page.expect_navigation():
        boss.keys.presses("Enter", page.locator("button[value=check]"))
    assert "停電" in page.locator(".facts").inner_text()
    assert not javascript or violations(page) == []
    with page.expect_navigation():
        boss.keys.presses("Enter", page.locator("button[value=close]"))
    assert "/closing/progress?" in page.url
    done = {"ja": "終わりました", "en": "It is done"}[language]
    expect(page.locator(".notice")).to_contain_text(done)
    assert not javascript or violations(page) == []
    context.close()
