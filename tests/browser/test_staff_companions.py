"""A clerk books for two by keys alone, cancels for one, and the letter for both is one sheet."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Person, StackUnderTest
from tests.browser.test_accessibility import violations
from tests.browser.test_staff import AtTheKeys, first_password
from tests.browser.test_staff_calls import PAGE_OF_PDF, comes_in, goes_on, looks_up
from tests.integration.staff import StaffDesk

BOOKING_NUMBER = re.compile("[0-9]{7}-[0-9]")
NAMES = ("印西 花子", "印西 太郎")


class AtThePhone(AtTheKeys):
    """A clerk who acts for two."""

    def __init__(self, desk: StaffDesk, browser: Browser, language: str, javascript: bool) -> None:
        context = browser.new_context(
            locale={"ja": "ja-JP", "en": "en-GB"}[language], java_script_enabled=javascript
        )
        super().__init__(desk, context.new_page())
        self.has_axe = javascript

    def arrives(self, path: str) -> None:
        """Be on a page, nothing of which shuts anybody out."""
        self.page.wait_for_url(f"**{path}")
        if self.has_axe:
            assert violations(self.page) == []

    def brings(self, ticket_number: str, companion: Person) -> None:
        """Type who comes along."""
        self.keys.types("#ticket_number", ticket_number)
        for part in ("year", "month", "day"):
            self.keys.types(f"#birth_{part}", str(getattr(companion.birth_date, part)))
        self.submits()

    def tells_the_details(self) -> None:
        """Type how to reach the caller, who wants a letter and brings somebody."""
        goes_on(self.page, self, "a[href='/caller/call/details']")
        self.arrives("/caller/call/details")
        self.keys.types("#name", NAMES[0])
        self.keys.types("#phone", "090-1234-5678")
        self.keys.goes_to(self.page.locator("#confirmation"))
        self.page.keyboard.press("ArrowDown")
        self.keys.presses("Space", self.page.locator("#companion"))
        self.submits()

    def chooses(self) -> None:
        """Choose the first time, and send what is read to the caller."""
        self.arrives("/caller/call/choose")
        self.keys.goes_to(self.page.locator("input[name=slot]:enabled").first)
        self.page.keyboard.press("Space")
        with self.page.expect_navigation():
            button = self.page.locator("form[method=post][action*=choose] button")
            self.keys.presses("Enter", button)
        self.arrives("/caller/call/check")

    def cancels_for_the_companion(self) -> None:
        """Be asked for whom it is, when nobody is chosen; then choose the companion."""
        goes_on(self.page, self, "a[href='/caller/call/cancel']")
        self.arrives("/caller/call/cancel")
        self.submits()
        expect(self.page.locator("#whose-caller-error")).to_be_visible()
        self.keys.goes_to(self.page.locator("#whose-caller"))
        self.page.keyboard.press("ArrowDown")
        expect(self.page.locator("#whose-companion")).to_be_checked()
        self.submits()
        self.arrives("/caller/call")


@pytest.mark.parametrize(("language", "javascript"), [("ja", True), ("en", False)])
def test_clerk_books_for_two_by_keys_alone(
    browser: Browser,
    stack: StackUnderTest,
    staff_desk: StaffDesk,
    person: Person,
    language: str,
    javascript: bool,
) -> None:
    login, companion = f"futari-{language}", next(stack.people)
    clerk = AtThePhone(staff_desk, browser, language, javascript)
    page = clerk.page
    clerk.enrols(login, first_password(stack, login, "clerk"))
    looks_up(clerk, person)
    comes_in(clerk)
    clerk.tells_the_details()

    clerk.arrives("/caller/call/companion")
    clerk.brings("0000000000", companion)
    expect(page.locator("#ticket_number-error")).to_be_visible()
    expect(page.locator(".notice-error")).to_be_focused()
    expect(page.locator("#ticket_number")).to_have_value("0000000000")
    clerk.brings(companion.ticket_number, companion)

    clerk.arrives("/caller/call/companion/details")
    expect(page.locator("#phone")).to_have_value("09012345678")
    clerk.keys.types("#name", NAMES[1])
    clerk.submits()
    clerk.chooses()
    for text in (person.ticket_number, companion.ticket_number, *NAMES):
        expect(page.locator(".facts", has_text=text)).to_be_visible()
    clerk.submits()
    clerk.arrives("/caller/call")
    assert companion.ticket_number not in page.url
    numbers = BOOKING_NUMBER.findall(page.locator("main").inner_text())
    assert len(set(numbers)) == 2

    goes_on(page, clerk, "a[href='/caller/call/letter']")
    clerk.arrives("/caller/call/letter")
    for text in (*numbers, *NAMES):
        assert text in page.locator("main").inner_text()
    for letter_language in ("vi", "ja-simple", "ja"):
        page.goto(f"{staff_desk.url}/caller/call/letter?in={letter_language}")
        letter = page.pdf(format="A4", prefer_css_page_size=True)
        assert len(PAGE_OF_PDF.findall(letter)) == 1, letter_language

    goes_on(page, clerk, "a[href='/caller/call']")
    clerk.cancels_for_the_companion()
    assert BOOKING_NUMBER.findall(page.locator("main").inner_text()) == numbers[:1]
    page.context.close()
