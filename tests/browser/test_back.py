"""The browser's back button at every step: the page before is in order, and the way goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Person
from tests.browser.resident import Resident


class Walker:
    """A resident who, at every new page, goes back to the one before and forth again."""

    def __init__(self, resident: Resident) -> None:
        self.resident = resident
        self._before: tuple[str, str] | None = None
        self._here: tuple[str, str] | None = None

    def arrives(self, path: str, heading: str) -> None:
        """Find a new page; look back, and find it again."""
        self.resident.arrives(path, heading)
        self.looks_back()

    def looks_back(self) -> None:
        """Go back and forth from a page that has just been reached."""
        page = self.resident.page
        self._before, self._here = self._here, (page.url, self._heading())
        if self._before is not None:
            page.go_back()
            self._is_at(self._before)
            page.go_forward()
            self._is_at(self._here)

    def looks_back_to(self, path: str, heading: str) -> None:
        """Go back from a page whose way there is over, and find oneself elsewhere."""
        page = self.resident.page
        self._before, self._here = None, (page.url, self._heading())
        page.go_back()
        self.resident.arrives(path, heading)
        page.go_forward()
        self._is_at(self._here)

    def chooses(self, day: int) -> None:
        """Choose a day and a time, looking back at each step."""
        page = self.resident.page
        page.locator("a.day").nth(day).click()
        page.wait_for_url("**/choose/*")
        self.looks_back()
        page.locator("button.choice").nth(2).click()

    def _heading(self) -> str:
        return self.resident.page.locator("h1:visible").inner_text()

    def _is_at(self, seen: tuple[str, str]) -> None:
        url, heading = seen
        expect(self.resident.page).to_have_url(url)
        self.resident.sees(heading)


@pytest.fixture(params=[("ja", True), ("en", False)], ids=["ja-with-script", "en-without-script"])
def walker(
    request: pytest.FixtureRequest, open_page: OpenPage, person: Person, screenshots: Path
) -> Walker:
    """Seat somebody at a phone."""
    language, javascript = request.param
    pictures = screenshots / "back" / language
    pictures.mkdir(parents=True, exist_ok=True)
    page = open_page(language=language, javascript=javascript)
    return Walker(Resident(page, person, language, pictures))


def test_back_button_is_safe_at_every_step(walker: Walker) -> None:
    resident, page = walker.resident, walker.resident.page
    reads = resident.reads
    page.goto("/")
    walker.arrives("/", reads("landing.title"))
    resident.presses("landing.start")
    walker.arrives("/sign-in", reads("sign_in.title"))
    resident.signs_in()
    walker.arrives("/details", reads("details.title"))
    resident.gives_details()
    walker.arrives("/choose", reads("choose.title.book"))
    walker.chooses(day=1)
    walker.arrives("/check", reads("check.title.book"))
    resident.presses("check.submit.book")
    resident.arrives("/booked", reads("booked.title.book"))
    walker.looks_back_to("/my-booking", reads("my_booking.title"))
    number = page.locator(".big-number").inner_text()

    resident.presses("booked.my_booking")
    walker.arrives("/my-booking", reads("my_booking.title"))
    resident.presses("my_booking.change")
    walker.arrives("/change", reads("change.title"))
    resident.presses("change.both")
    walker.arrives("/choose", reads("choose.title.change_both"))
    walker.chooses(day=4)
    walker.arrives("/check", reads("check.title.change_both"))
    resident.presses("check.submit.change_both")
    resident.arrives("/changed", reads("booked.title.change"))
    walker.looks_back_to("/my-booking", reads("my_booking.title"))
    expect(page.locator(".big-number")).to_have_text(number)

    resident.presses("booked.my_booking")
    walker.arrives("/my-booking", reads("my_booking.title"))
    resident.presses("my_booking.cancel")
    walker.arrives("/cancel", reads("cancel.title"))
    resident.presses("cancel.both")
    resident.arrives("/cancelled", reads("cancelled.title"))
    walker.looks_back_to("/my-booking", reads("my_booking.title"))
    resident.presses("sign_out.button")
    resident.arrives("/signed-out", reads("signed_out.title"))
    walker.looks_back_to("/sign-in?again=yes", reads("sign_in.title"))


def test_back_button_is_safe_on_the_way_to_a_second_dose_alone(walker: Walker) -> None:
    resident, page = walker.resident, walker.resident.page
    reads = resident.reads
    resident.comes_to_choosing()
    walker.arrives("/choose", reads("choose.title.book"))
    resident.presses("choose.elsewhere_link")
    walker.arrives("/first-dose", reads("first_dose.title"))
    page.select_option("#product", index=1)
    for part, typed in (("year", "2021"), ("month", "6"), ("day", "10")):
        page.fill(f"#first_dose_{part}", typed)
    resident.presses("first_dose.submit")
    resident.arrives("/choose", reads("choose.title.second_only"))
    page.go_back()
    resident.arrives("/first-dose", reads("first_dose.title"))
    expect(page.locator("#first_dose_year")).to_have_value("2021")
    page.go_forward()
    resident.arrives("/choose", reads("choose.title.second_only"))
    resident.chooses()
    resident.presses("check.submit.second_only")
    resident.arrives("/booked", reads("booked.title.book"))
    page.go_back()
    resident.arrives("/my-booking", reads("my_booking.title"))
