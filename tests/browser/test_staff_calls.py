"""A clerk books for a caller by keys alone, and the letter is one sheet of paper."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Person, StackUnderTest
from tests.browser.test_accessibility import violations
from tests.browser.test_staff import AtTheKeys, first_password
from tests.integration.staff import StaffDesk

PAGE_OF_PDF = re.compile(rb"/Type\s*/Page\b")


def looks_up(clerk: AtTheKeys, person: Person) -> None:
    """Type who rings and why."""
    clerk.keys.types("#ticket_number", person.ticket_number)
    for part in ("year", "month", "day"):
        clerk.keys.types(f"#birth_{part}", str(getattr(person.birth_date, part)))
    clerk.keys.goes_to(clerk.page.locator("#reason"))
    clerk.page.keyboard.press("Space")
    clerk.submits()


def comes_in(clerk: AtTheKeys) -> None:
    """Take a place, ask until the caller is called, and go on for them."""
    begin = clerk.page.locator("form[action='/caller/begin'] button")
    while not begin.count():
        clerk.submits()
    with clerk.page.expect_navigation():
        clerk.keys.presses("Enter", begin)


def goes_on(page: Page, clerk: AtTheKeys, link: str) -> None:
    with page.expect_navigation():
        clerk.keys.presses("Enter", page.locator(link))


@pytest.mark.parametrize(("language", "javascript"), [("ja", True), ("en", False)])
def test_clerk_books_for_a_caller_by_keys_alone(
    browser: Browser,
    stack: StackUnderTest,
    staff_desk: StaffDesk,
    person: Person,
    language: str,
    javascript: bool,
) -> None:
    login = f"denwa-{language}"
    context = browser.new_context(
        locale={"ja": "ja-JP", "en": "en-GB"}[language], java_script_enabled=javascript
    )
    clerk = AtTheKeys(staff_desk, context.new_page())
    page = clerk.page
    clerk.enrols(login, first_password(stack, login, "clerk"))
    looks_up(clerk, person)
    comes_in(clerk)
    assert page.url.endswith("/caller/call")

    goes_on(page, clerk, "a[href='/caller/call/details']")
    clerk.keys.types("#name", "印西 花子")
    clerk.keys.types("#phone", "090-1234-5678")
    clerk.keys.goes_to(page.locator("#confirmation"))
    page.keyboard.press("ArrowDown")
    clerk.submits()
    assert page.url.endswith("/caller/call/choose")
    clerk.keys.goes_to(page.locator("input[name=slot]:enabled").first)
    page.keyboard.press("Space")
    with page.expect_navigation():
        clerk.keys.presses("Enter", page.locator("form[method=post][action*=choose] button"))
    assert page.url.endswith("/caller/call/check")
    clerk.submits()
    page.wait_for_url("**/caller/call")
    number = page.locator(".facts dd").first.inner_text()
    assert re.fullmatch("[0-9-]+", number), number

    goes_on(page, clerk, "a[href='/caller/call/letter']")
    assert number in page.locator("main").inner_text()
    if javascript:
        assert violations(page) == []
    assert len(PAGE_OF_PDF.findall(page.pdf(format="A4", prefer_css_page_size=True))) == 1
    context.close()
