"""The end of a staff session in a browser: told of in time, and one comes back to the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import StackUnderTest, desk_beside
from tests.browser.test_accessibility import sticks_out_px, violations
from tests.browser.test_staff import AtTheKeys, first_password
from tests.integration.staff import OWN_PASSWORD, StaffDesk

NOTE = "0012345678"


@pytest.fixture(scope="module")
def own_desk(staff_city: StackUnderTest) -> Iterator[StaffDesk]:
    with desk_beside(staff_city) as desk:
        yield desk


def waits(page: Page, time: str) -> None:
    """Let the page's time pass, with nobody there."""
    page.clock.fast_forward(time)
    page.clock.run_for(1_500)


def is_told(page: Page, heading: str) -> None:
    dialog = page.locator("#session-dialog")
    expect(dialog.locator("h2:visible")).to_have_text(heading)
    expect(dialog.locator("button[data-says]:visible")).to_be_focused()
    assert violations(page) == []
    assert sticks_out_px(page) <= 0


@pytest.mark.parametrize("width", [390, 1280])
def test_end_is_warned_of_put_off_and_got_over(
    browser: Browser, staff_city: StackUnderTest, own_desk: StaffDesk, width: int
) -> None:
    context = browser.new_context(locale="en-GB", viewport={"width": width, "height": 844})
    clerk = AtTheKeys(own_desk, context.new_page())
    login = f"owari-{width}"
    secret = clerk.enrols(login, first_password(staff_city, login, "clerk"))
    page, dialog = clerk.page, clerk.page.locator("#session-dialog")
    page.clock.install()
    page.goto(f"{own_desk.url}/caller")
    page.fill("#ticket_number", NOTE)
    waits(page, "13:30")
    is_told(page, "You will be signed out soon")
    dialog.locator("button[data-says=warning]").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#ticket_number")).to_have_value(NOTE)

    waits(page, "15:10")
    own_desk.passes(timedelta(minutes=16))
    is_told(page, "You have been signed out")
    expect(page.locator("#ticket_number")).to_be_hidden()
    dialog.locator("button[data-says=over]").click()
    page.wait_for_url("**/sign-in?back=%2Fcaller")
    clerk.keys.types("#login", login)
    clerk.keys.types("#password", OWN_PASSWORD)
    clerk.keys.types("#code", clerk.code(secret))
    clerk.submits()
    assert page.url.endswith("/caller")
    context.close()


def test_without_javascript_a_press_leaves_the_page_as_it_is(
    browser: Browser, staff_city: StackUnderTest, own_desk: StaffDesk
) -> None:
    context = browser.new_context(locale="ja-JP", java_script_enabled=False)
    clerk = AtTheKeys(own_desk, context.new_page())
    clerk.enrols("owari-nashi", first_password(staff_city, "owari-nashi", "clerk"))
    page = clerk.page
    page.goto(f"{own_desk.url}/caller")
    page.fill("#ticket_number", NOTE)
    with page.expect_response("**/stay") as answer:
        page.locator("#session form[action='/stay'] button").click()
    assert answer.value.status == 204
    expect(page.locator("#ticket_number")).to_have_value(NOTE)
    context.close()
