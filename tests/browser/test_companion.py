"""Two people are booked together, by a finger, with JavaScript and without."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Person, StackUnderTest
from tests.browser.resident import SUBMIT, Resident
from tests.browser.test_keyboard import Keyboard

FORM = "main form[action='/companion']:has(#ticket_number) button[type=submit]"


class Accompanied(Resident):
    """Someone who brings somebody along."""

    def comes_to_the_companion(self) -> None:
        """Go from the first page to the one that asks who comes along."""
        self.starts()
        self.signs_in()
        self.arrives("/details", self.reads("details.title"))
        self.page.get_by_label(self.reads("details.companion")).check()
        self.gives_details()
        self.arrives("/companion", self.reads("companion.title"))

    def brings(self, companion: Person) -> None:
        """Fill in the companion's ticket number and birth date, and send them."""
        born = companion.birth_date
        self.page.fill("#ticket_number", companion.ticket_number)
        self.page.fill("#birth_year", str(born.year))
        self.page.fill("#birth_month", str(born.month))
        self.page.fill("#birth_day", str(born.day))
        self.page.click(FORM)


@pytest.mark.parametrize(
    ("language", "width", "javascript"),
    [("ja", 390, True), ("ja", 1280, False), ("en", 390, False), ("en", 1280, True)],
)
def test_two_come_together(
    open_page: OpenPage,
    stack: StackUnderTest,
    person: Person,
    screenshots: Path,
    language: str,
    width: int,
    javascript: bool,
) -> None:
    pictures = screenshots / "companion" / f"{language}-{width}"
    pictures.mkdir(parents=True, exist_ok=True)
    page = open_page(language=language, width=width, javascript=javascript)
    resident, companion = Accompanied(page, person, language, pictures), next(stack.people)
    resident.comes_to_the_companion()

    resident.brings(Person("0000000000", companion.birth_date))
    resident.sees(resident.reads("companion.title"))
    expect(page.locator("#ticket_number-error")).to_have_text(
        resident.reads("problem.companion_not_confirmed.detail")
    )
    expect(page.locator(".notice-error")).to_be_focused()
    expect(page.locator("#ticket_number")).to_have_value("0000000000")
    resident.brings(companion)

    resident.arrives("/companion/details", resident.reads("companion_details.title"))
    resident.gives_details("印西 太郎")
    resident.arrives("/choose", resident.reads("choose.title.together"))
    resident.chooses(day=1, time=1)
    resident.sees(resident.reads("check.title.together"))
    expect(page.get_by_text(companion.ticket_number)).to_be_visible()
    page.go_back()
    page.go_forward()
    resident.button("check.submit.together").dblclick()
    resident.sees(resident.reads("booked.title.together"))
    assert companion.ticket_number not in page.url
    expect(page.get_by_text(resident.reads("booked.companion_title"), exact=True)).to_be_visible()
    page.reload()
    resident.sees(resident.reads("booked.title.together"))
    resident.presses("booked.my_booking")
    resident.arrives("/my-booking", resident.reads("my_booking.title"))


def test_whoever_thinks_better_of_it_books_alone(
    open_page: OpenPage, person: Person, tmp_path: Path
) -> None:
    resident = Accompanied(open_page(), person, "ja", tmp_path)
    resident.comes_to_the_companion()
    resident.presses("companion.alone")
    resident.arrives("/choose", resident.reads("choose.title.book"))
    resident.chooses(day=1)
    resident.presses("check.submit.book")
    resident.arrives("/booked", resident.reads("booked.title.book"))


def test_companion_is_brought_with_three_keys(
    open_page: OpenPage, stack: StackUnderTest, person: Person, tmp_path: Path
) -> None:
    resident, companion = Accompanied(open_page(), person, "ja", tmp_path), next(stack.people)
    keyboard, page = Keyboard(resident), resident.page
    resident.starts()
    resident.signs_in()
    resident.arrives("/details", resident.reads("details.title"))
    keyboard.types("#name", "印西 花子")
    keyboard.types("#phone", "090-1234-5678")
    keyboard.types("#email", "hanako@example.jp")
    keyboard.presses("Space", page.locator("#companion"))
    keyboard.presses("Enter", page.locator(SUBMIT))
    resident.arrives("/companion", resident.reads("companion.title"))
    born = companion.birth_date
    keyboard.types("#ticket_number", companion.ticket_number)
    keyboard.types("#birth_year", str(born.year))
    keyboard.types("#birth_month", str(born.month))
    keyboard.types("#birth_day", str(born.day))
    keyboard.presses("Enter", page.locator(FORM))
    resident.arrives("/companion/details", resident.reads("companion_details.title"))


@pytest.mark.parametrize("javascript", [True, False])
def test_button_of_the_details_says_what_it_leads_to(
    open_page: OpenPage, person: Person, tmp_path: Path, javascript: bool
) -> None:
    resident = Resident(open_page(language="en", javascript=javascript), person, "en", tmp_path)
    resident.starts()
    resident.signs_in()
    resident.arrives("/details", resident.reads("details.title"))
    button = resident.page.locator(SUBMIT)
    expect(button).to_have_accessible_name(resident.reads("details.submit"))
    resident.page.get_by_label(resident.reads("details.companion")).check()
    expect(button).to_have_accessible_name(resident.reads("details.submit_companion"))
    resident.gives_details()
    resident.arrives("/companion", resident.reads("companion.title"))
