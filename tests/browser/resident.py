"""A resident at a browser: what they press and type, and what they must find on every page."""

from __future__ import annotations

import itertools
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from gateway import i18n
from gateway.eras import era_of
from gateway.languages import LANGUAGE_NAMES, html_language
from tests.browser.conftest import Person

SUBMIT = "main form:not([action='/sign-out']) button[type=submit]"
TARGET_PX_MIN = 44
TARGETS = "button, .button, a.day, .months a, input:not([type=hidden]), select, summary"


def full_width(number: object) -> str:
    """Write a number in 全角 digits, as a Japanese keyboard often does."""
    return str(number).translate(
        {ord("0") + digit: "０１２３４５６７８９"[digit] for digit in range(10)}
    )


class Resident:
    """Someone with a ticket, at one browser. Takes a picture of each page they come to."""

    def __init__(self, page: Page, person: Person, language: str, pictures: Path) -> None:
        self.page = page
        self.person = person
        self.language = language
        self.pictures = pictures
        self._numbers = itertools.count(1)

    def reads(self, msgid: str, **params: object) -> str:
        """Return what a message says in this resident's language."""
        return str(i18n.text(msgid, self.language, **params))

    def arrives(self, path: str, heading: str) -> None:
        """Find the page at a path, with its heading in the right language; look at it."""
        expect(self.page).to_have_url(path)
        self.sees(heading)

    def sees(self, heading: str) -> None:
        """Find a heading on a page that is in order; take its picture."""
        page = self.page
        expect(page.locator("h1:visible")).to_have_text(heading)
        expect(page.locator("html")).to_have_attribute("lang", html_language(self.language))
        assert self.person.ticket_number not in page.url
        width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1], f"{page.url} is wider than the screen"
        small = page.evaluate(
            "([targets, least]) => [...document.querySelectorAll(targets)]"
            ".filter(e => e.offsetParent).map(e => [e, e.getBoundingClientRect()])"
            ".filter(([e, box]) => box.height < least"
            " || (box.width < least && e.type !== 'checkbox'))"  # Its label is pressed, too.
            ".map(([e]) => e.outerHTML)",
            [TARGETS, TARGET_PX_MIN],
        )
        assert small == [], f"{page.url} has targets of less than 44 px"
        name = page.url.partition("//")[2].partition("/")[2].partition("?")[0].replace("/", "-")
        picture = f"{next(self._numbers):02}-{name or 'landing'}.png"
        page.screenshot(path=self.pictures / picture, full_page=True)

    def starts(self) -> None:
        """Come to the first page and press the big button."""
        self.page.goto("/")
        self.sees(self.reads("landing.title"))
        self.presses("landing.start")
        self.arrives("/sign-in", self.reads("sign_in.title"))

    def chooses_language(self) -> None:
        """Come to the first page and choose one's language from the list there."""
        self.page.goto("/")
        self.opens_languages()
        self.page.get_by_role("link", name=LANGUAGE_NAMES[self.language], exact=True).click()
        self.arrives("/", self.reads("landing.title"))

    def opens_languages(self) -> None:
        """Open the list of languages that is on every page."""
        self.page.locator(".languages summary").click()

    def fills_in_birth_date_by_era(self) -> None:
        """Fill in this person's birth date as the year of an era."""
        born = self.person.birth_date
        era = era_of(born)
        assert era is not None, "nobody in the made-up city is as old as that"
        self.page.select_option("#birth_era", era.code)
        self.page.fill("#birth_year", era.year_of(born))

    def signs_in(self) -> None:
        """Fill in ticket number and birth date, and send them."""
        self.fills_in_identity(self.person.ticket_number)
        self.page.click(SUBMIT)

    def fills_in_identity(self, ticket_number: str) -> None:
        """Fill in a ticket number and this person's birth date."""
        born = self.person.birth_date
        self.page.fill("#ticket_number", ticket_number)
        self.page.fill("#birth_year", str(born.year))
        self.page.fill("#birth_month", str(born.month))
        self.page.fill("#birth_day", str(born.day))

    def gives_details(self, name: str = "印西 花子") -> None:
        """Fill in name, phone and e-mail, and send them."""
        self.page.fill("#name", name)
        self.page.fill("#phone", "090-1234-5678")
        self.page.fill("#email", "hanako@example.jp")
        self.page.click(SUBMIT)

    def comes_to_choosing(self) -> None:
        """Go from the first page to the calendar of days."""
        self.starts()
        self.signs_in()
        self.arrives("/details", self.reads("details.title"))
        self.gives_details()
        self.arrives("/choose", self.reads("choose.title.book"))

    def chooses(self, day: int = 0, time: int = 0) -> None:
        """Choose the n-th day that is free, and the n-th time of it that is."""
        self.page.locator("a.day").nth(day).click()
        self.page.wait_for_url("**/choose/*")
        self.sees(self.page.locator("h1").text_content() or "")
        self.page.locator("button.choice").nth(time).click()
        expect(self.page).to_have_url("/check")

    def books(self) -> str:
        """Go the whole way from the first page; return the booking number."""
        self.comes_to_choosing()
        self.chooses(day=1, time=2)
        self.sees(self.reads("check.title.book"))
        self.presses("check.submit.book")
        self.arrives("/booked", self.reads("booked.title.book"))
        return self.page.locator(".big-number").inner_text()

    def presses(self, msgid: str) -> None:
        """Press the button or link that says a message."""
        self.button(msgid).click()

    def button(self, msgid: str) -> Locator:
        """Return the button or link that says a message."""
        words = self.reads(msgid)
        return (
            self.page.locator("main")
            .locator("a, button")
            .get_by_text(words, exact=True)
            .or_(self.page.locator("main a, main button").filter(has_text=words))
            .first
        )

    def facts(self) -> dict[str, str]:
        """Return the facts on the page: what stands beside each label."""
        terms = self.page.locator(".facts dt").all_inner_texts()
        values = self.page.locator(".facts dt + dd").all_inner_texts()
        return dict(zip(terms, values, strict=True))
