"""From sign-in to "booked": how many pages, and how long for a person, whose time is computed.

Each page counts with PAGE_LOADS_S: how long it takes on a machine that does other things is told,
and fails no test.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from tests.browser.conftest import OpenPage, Person
from tests.browser.human import Human
from tests.browser.resident import SUBMIT, Resident

PAGES_MAX = 8
WHOLE_S_MAX = 120.0

READ = "main :is(h1, h1 + p, h2, label, legend, .marks li, dt, dd:not(.facts-action)):visible"
"""What everybody has to read: the question, what to fill in, and all that is to be checked."""

NAME, NAME_KEYS = "印西 花子", len("inzai") + len("hanako") + 4
"""Typed by its reading; each half is converted and accepted with a key each."""

PAGE_LOADS_S = 0.5
LOADED_S = "performance.getEntriesByType('navigation')[0].duration / 1000"


class Watched:
    """A resident whose pages are counted, and whose time is added up."""

    def __init__(self, resident: Resident) -> None:
        self.resident = resident
        self.page = resident.page
        self.human = Human(resident.language)
        self.pages: list[str] = []
        self.loaded_s = 0.0

    def looks(self, path: str) -> None:
        """Wait for a page to load, and read what has to be read."""
        self.page.wait_for_url(path)
        self.pages.append(path)
        self.loaded_s += self.page.evaluate(LOADED_S)
        self.human.spent_s += PAGE_LOADS_S
        for text in self.page.locator(READ).all_inner_texts():
            self.human.reads(text)

    def types(self, selector: str, text: str, keys: int | None = None) -> None:
        """Type what one knows by heart."""
        self.human.types(len(text) if keys is None else keys)
        self.page.fill(selector, text)

    def types_on(self, selector: str, text: str) -> None:
        """Type the next part of a date."""
        self.human.types_on(len(text))
        self.page.fill(selector, text)

    def copies(self, selector: str, text: str) -> None:
        """Type what stands on the ticket."""
        self.human.copies(len(text))
        self.page.fill(selector, text)

    def presses(self, target: Locator) -> None:
        """Press a button or a link."""
        self.human.presses()
        target.click()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_resident_books_within_two_minutes_and_eight_pages(
    open_page: OpenPage,
    person: Person,
    tmp_path: Path,
    language: str,
    record_property: Callable[[str, object], None],
) -> None:
    page = open_page(language=language)
    watched = Watched(Resident(page, person, language, tmp_path))
    born = person.birth_date
    page.goto("/sign-in")

    watched.looks("**/sign-in")
    watched.copies("#ticket_number", person.ticket_number)
    watched.types("#birth_year", str(born.year))
    watched.types_on("#birth_month", str(born.month))
    watched.types_on("#birth_day", str(born.day))
    watched.presses(page.locator(SUBMIT))

    watched.looks("**/details")
    watched.types("#name", NAME, NAME_KEYS)
    watched.types("#phone", "090-1234-5678")
    watched.types("#email", "hanako@example.jp")
    watched.presses(page.locator(SUBMIT))

    watched.looks("**/choose")
    watched.presses(page.locator("a.day").nth(4))
    watched.looks("**/choose/*")
    watched.presses(page.locator("button.choice").nth(5))
    watched.looks("**/check")
    watched.presses(page.locator(SUBMIT))
    page.wait_for_url("**/booked")
    watched.pages.append("**/booked")

    assert len(watched.pages) <= PAGES_MAX
    record_property("whole_s", round(watched.human.spent_s))
    record_property("loaded_s", round(watched.loaded_s, 1))
    assert watched.human.spent_s <= WHOLE_S_MAX
