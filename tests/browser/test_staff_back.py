"""The back button at the desk: behind a page that answers a form lies a page of ours."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Person, StackUnderTest
from tests.browser.test_staff import AtTheKeys, first_password
from tests.browser.test_staff_calls import comes_in, looks_up
from tests.integration.staff import StaffDesk


def goes_back(page: Page, path: str) -> None:
    """Press the back button, and find a page that is in order."""
    page.go_back()
    assert page.url.endswith(path)
    expect(page.locator("h1:visible")).to_have_count(1)


def test_clerk_goes_back_from_the_call_to_who_rings(
    browser: Browser, stack: StackUnderTest, staff_desk: StaffDesk, person: Person
) -> None:
    context = browser.new_context(locale="en-GB")
    clerk = AtTheKeys(staff_desk, context.new_page())
    clerk.enrols("modoru-1", first_password(stack, "modoru-1", "clerk"))
    looks_up(clerk, person)
    comes_in(clerk)
    assert clerk.page.url.endswith("/caller/call")
    goes_back(clerk.page, "/caller")
    assert person.ticket_number not in clerk.page.content(), "who rang is not on the page"
    with clerk.page.expect_navigation():
        clerk.page.reload()
    assert clerk.page.url.endswith("/caller")
    context.close()


def test_supervisor_goes_back_to_the_list_of_the_venue_that_was_looked_at(
    browser: Browser, stack: StackUnderTest, staff_desk: StaffDesk
) -> None:
    context = browser.new_context(locale="en-GB")
    boss = AtTheKeys(staff_desk, context.new_page())
    boss.enrols("modoru-2", first_password(stack, "modoru-2", "supervisor"))
    page = boss.page
    page.goto(f"{staff_desk.url}/venue")
    venue = page.locator("#venue option").nth(1).get_attribute("value")
    assert venue is not None
    page.select_option("#venue", venue)
    boss.submits()
    page.goto(f"{staff_desk.url}/walk-in")
    goes_back(page, f"/venue?venue={venue}")
    expect(page.locator("#venue")).to_have_value(venue)
    context.close()
