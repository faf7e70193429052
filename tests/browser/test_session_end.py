"""The end of a session at a browser: warned of, put off, got over, and nothing typed is lost.

The browser's clock is turned, and to be signed out is to lose the session's cookie: what the
server does when the time is really over is in `tests/integration/test_session_end.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, Person
from tests.browser.resident import Resident
from tests.browser.test_accessibility import sticks_out_px, violations
from tests.waiting import until

NAME = "印西 花子"
TO_THE_WARNING = "13:05"
"""Five seconds after it is due: the page's time goes on by itself, too."""
TO_THE_END = "02:30"
UNDER_AN_HOUR = "10:00"


@pytest.fixture
def resident(
    request: pytest.FixtureRequest, open_page: OpenPage, person: Person, screenshots: Path
) -> Resident:
    """Somebody who has come to the page of details, at a browser whose clock a test turns."""
    pictures = screenshots / "session-end" / request.function.__name__
    pictures.mkdir(parents=True, exist_ok=True)
    page = open_page(width=320)
    page.clock.install()
    resident = Resident(page, person, "ja", pictures)
    resident.starts()
    resident.signs_in()
    resident.arrives("/details", resident.reads("details.title"))
    page.fill("#name", NAME)
    return resident


def dialog(page: Page) -> Locator:
    return page.locator("#session-dialog")


def is_warned(resident: Resident, heading: str) -> None:
    """The dialog is open, says one thing, has the focus, and everybody can use it."""
    page, opened = resident.page, dialog(resident.page)
    expect(opened).to_be_visible()
    expect(opened.locator("h2:visible")).to_have_text(resident.reads(f"session.heading.{heading}"))
    expect(opened.locator("[data-says]:visible")).to_have_count(3)
    expect(opened.locator(f"button[data-says={heading}]")).to_be_focused()
    assert sticks_out_px(page) <= 0
    assert violations(page) == []
    page.screenshot(path=resident.pictures / f"{heading}.png")


def presses(page: Page, heading: str) -> None:
    dialog(page).locator(f"button[data-says={heading}]").click()


def waits(page: Page, time: str) -> None:
    """Let the page's time pass, with nobody there."""
    page.clock.fast_forward(time)
    page.clock.run_for(1_500)


def signs_out(page: Page) -> None:
    page.context.clear_cookies(name="session")


def has_session(page: Page) -> bool:
    return any(cookie["name"] == "session" for cookie in page.context.cookies())


def test_end_is_warned_of_and_put_off_by_one_press(resident: Resident) -> None:
    page = resident.page
    expect(dialog(page)).to_be_hidden()
    waits(page, TO_THE_WARNING)
    is_warned(resident, "warning")
    expect(dialog(page).locator("[role=timer]")).to_have_text(re.compile("^あと1分[0-9]+秒$"))
    with page.expect_response("**/stay") as stayed:
        presses(page, "warning")
    assert stayed.value.status == 204
    expect(dialog(page)).to_be_hidden()
    expect(page.locator("#session-told")).to_contain_text("時間を延ばしました")
    expect(page.locator("#name")).to_have_value(NAME)
    waits(page, TO_THE_END)
    expect(dialog(page)).to_be_hidden()


def test_escape_stays_signed_in(resident: Resident) -> None:
    waits(resident.page, TO_THE_WARNING)
    is_warned(resident, "warning")
    with resident.page.expect_response("**/stay"):
        resident.page.keyboard.press("Escape")
    expect(dialog(resident.page)).to_be_hidden()


def test_who_types_is_not_asked(resident: Resident) -> None:
    page = resident.page
    # Somebody is there who has typed in the last two minutes; a minute is left for a slow machine.
    page.clock.fast_forward("11:50")
    page.locator("#phone").press_sequentially("090")
    with page.expect_response("**/stay") as stayed:
        page.clock.run_for(80_000)
    assert stayed.value.status == 204
    expect(dialog(page)).to_be_hidden()


def test_after_the_end_the_way_goes_on_where_it_was(resident: Resident) -> None:
    page = resident.page
    signs_out(page)
    waits(page, TO_THE_WARNING)
    waits(page, TO_THE_END)
    is_warned(resident, "over")
    expect(page.locator("#name")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_visible()
    presses(page, "over")
    expect(dialog(page)).to_be_hidden()
    expect(page.locator("#name")).to_have_value(NAME)
    expect(page.locator("#name")).to_be_visible()
    assert has_session(page)
    resident.gives_details(NAME)
    resident.arrives("/choose", resident.reads("choose.title.book"))


def test_who_must_sign_in_again_comes_back_to_the_page(resident: Resident) -> None:
    page = resident.page
    resident.gives_details(NAME)
    page.goto("/first-dose")
    page.context.clear_cookies()
    waits(page, TO_THE_WARNING)
    waits(page, TO_THE_END)
    presses(page, "over")
    expect(page).to_have_url("/sign-in?again=yes&back=first-dose")
    resident.signs_in()
    resident.arrives("/first-dose", resident.reads("first_dose.title"))
    page.goto("/details")
    expect(page.locator("#name")).to_have_value(NAME)


def test_after_an_hour_it_is_told_that_there_is_an_end(resident: Resident) -> None:
    page = resident.page
    for _ in range(4):
        waits(page, TO_THE_WARNING)
        with page.expect_response("**/stay"):
            presses(page, "warning")
        expect(dialog(page)).to_be_hidden()
    waits(page, "05:40")
    is_warned(resident, "last")
    presses(page, "last")
    page.clock.run_for(5_000)
    expect(dialog(page)).to_be_hidden()
    waits(page, TO_THE_END)
    is_warned(resident, "over")
    presses(page, "over")
    expect(dialog(page)).to_be_hidden()
    waits(page, UNDER_AN_HOUR)
    expect(dialog(page)).to_be_hidden()


def test_without_connection_one_may_press_again(resident: Resident) -> None:
    page = resident.page
    waits(page, TO_THE_WARNING)
    page.context.set_offline(True)
    presses(page, "warning")
    expect(dialog(page).locator("[role=alert]")).to_have_text(resident.reads("session.away"))
    page.context.set_offline(False)

    def is_heard() -> bool:
        """Press; say whether it was enough, which the first press on a new line may not be."""
        presses(page, "warning")
        try:
            expect(dialog(page)).to_be_hidden(timeout=2_000)
        except AssertionError:
            return False
        return True

    until(is_heard)
    expect(page.locator("#name")).to_have_value(NAME)


def test_another_page_of_the_same_session_puts_the_end_off(resident: Resident) -> None:
    page = resident.page
    waits(page, TO_THE_WARNING)
    expect(dialog(page)).to_be_visible()
    other = page.context.new_page()
    other.goto("/details")
    expect(dialog(page)).to_be_hidden()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_without_javascript_the_page_says_when_and_keeps_what_was_typed(
    open_page: OpenPage, person: Person, screenshots: Path, language: str
) -> None:
    pictures = screenshots / "session-end" / f"without-javascript-{language}"
    pictures.mkdir(parents=True, exist_ok=True)
    page = open_page(javascript=False, language=language)
    resident = Resident(page, person, language, pictures)
    resident.starts()
    resident.signs_in()
    resident.arrives("/details", resident.reads("details.title"))
    line = page.locator("#session")
    expect(line).to_contain_text(resident.reads("session.until"))
    expect(line.locator("noscript p")).to_be_visible()
    expect(dialog(page)).to_be_hidden()
    page.fill("#name", NAME)
    with page.expect_response("**/stay") as stayed:
        line.locator("button").click()
    assert stayed.value.status == 204
    expect(page).to_have_url("/details")
    expect(page.locator("#name")).to_have_value(NAME)

    signs_out(page)
    resident.gives_details(NAME)
    expect(page).to_have_url("/wait?back=choose")
    resident.presses("wait.enter")
    resident.arrives("/choose", resident.reads("choose.title.book"))
