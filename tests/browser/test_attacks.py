"""Attacks that must fail, from a real browser: a changed clock, a cut line, the back button.

Those by program are in `tests/system/test_attacks.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from allocator.model import SITE_TIMEZONE
from tests.browser.conftest import OpenPage, Person, StackUnderTest
from tests.browser.resident import SUBMIT, Resident
from tests.system.attackers import Cohort, Cohorts, Device, calling, stack_letting_in
from tests.system.stack import Stack
from tests.waiting import until

INSIDE_MAX = 2
PLACE = INSIDE_MAX + 2
"""The place of the resident who waits: as many as may are inside, and one is ahead."""

ASK_MS = 60_000
"""Within this time of its own clock the waiting page asks where the line is, if it can."""

ANSWER_MS = 5_000
STEP_MS = 2_000
COUNTDOWN_MS = 35_000
PERSONAL = ("印西 花子", "090-1234-5678", "09012345678", "hanako@example.jp")


@pytest.fixture(scope="module")
def running() -> Iterator[Stack]:
    """A stack of this module's own, which lets few people in at once."""
    with stack_letting_in(INSIDE_MAX) as running:
        yield running


@pytest.fixture(scope="module")
def stack(running: Stack) -> StackUnderTest:
    """The same, as the tools of the browser's tests know a stack."""
    return StackUnderTest(running.file.url, running.home.path, iter(()), "")


@pytest.fixture(scope="module")
def http(running: Stack) -> Iterator[httpx2.Client]:
    """What those without a browser call with."""
    with calling(running.file.url) as client:
        yield client


@pytest.fixture(scope="module")
def cohorts(running: Stack, http: httpx2.Client) -> Cohorts:
    """The people of the stack."""
    return Cohorts(running, http)


@pytest.fixture
def pictures(request: pytest.FixtureRequest, screenshots: Path) -> Path:
    """The folder for what this test looks like."""
    folder: Path = screenshots / "attacks" / request.function.__name__
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sits_down(cohort: Cohort, person: int, page: Page, pictures: Path) -> Resident:
    """Seat one of a cohort at a browser."""
    who = Person(cohort.identity(person)["ticket_number"], cohort.release.born_from)
    return Resident(page, who, "ja", pictures)


@dataclass(frozen=True)
class Queue:
    """Somebody who waits at a browser, and those who stand before them."""

    resident: Resident
    cohort: Cohort
    inside: list[Device]

    def moves_on(self) -> None:
        """Let those inside leave, and wait until the resident is called."""
        for device in self.inside:
            device.signs_out()
        until(lambda: self.cohort.serving() >= PLACE, 60)

    def looks_as_before(self) -> None:
        """The page shows the same place, and nothing of a turn."""
        page, words = self.resident.page, self.resident.reads("wait.waiting_title")
        expect(page.locator("h1:visible")).to_have_text(words)
        expect(page.locator("[data-fill=place]")).to_have_text(str(PLACE))
        expect(page.locator("[data-fill=ahead]")).to_have_text("1")
        expect(page.locator("#enter")).to_be_hidden()
        assert "session" not in cookies_of(page)

    def is_told_of_the_turn(self) -> None:
        """Let the page's time pass until it shows the turn, its countdown not far on.

        The page asks by itself, too, and may know of the turn already.
        """
        page, words = self.resident.page, self.resident.reads("wait.turn_title")

        def is_shown() -> bool:
            page.clock.run_for(STEP_MS)
            return page.locator("h1:visible").inner_text() == words

        until(is_shown, 60)

    def goes_on_by_itself(self) -> None:
        """The page, left alone, comes in when it is told of the turn."""
        page = self.resident.page

        def has_come_in() -> bool:
            page.clock.run_for(STEP_MS)
            return page.url.endswith("/details")

        until(has_come_in, 60)
        self.resident.arrives("/details", self.resident.reads("details.title"))
        assert page.request.get("/api/v1/me").json()["place"] == PLACE


def cookies_of(page: Page) -> set[str]:
    return {cookie["name"] for cookie in page.context.cookies()}


@pytest.fixture
def queue(cohorts: Cohorts, open_page: OpenPage, pictures: Path) -> Queue:
    """Somebody waits at a browser whose clock the test can change."""
    cohort = cohorts.open()
    inside = [cohort.signed_in(person) for person in range(INSIDE_MAX)]
    cohort.signed_in(INSIDE_MAX)
    resident = sits_down(cohort, INSIDE_MAX + 1, open_page(), pictures)
    resident.page.clock.install()
    resident.page.goto("/sign-in")
    resident.signs_in()
    resident.arrives("/wait", resident.reads("wait.waiting_title"))
    return Queue(resident, cohort, inside)


def asks_again(page: Page) -> None:
    """Let the page's time pass until it has asked where the line is, and been told.

    Once more where nothing was asked: a question on its way sets the next one's timer only
    when it is answered, which may be after the page's time was moved on.
    """

    def has_asked() -> bool:
        try:
            with page.expect_response(re.compile(r"/status\.json$"), timeout=ANSWER_MS):
                page.clock.run_for(ASK_MS)
        except PlaywrightTimeoutError:
            return False
        return True

    until(has_asked, within_s=60)


def forces_the_way_in(page: Page) -> None:
    """Send the form that only those whose turn it is are shown."""
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.evaluate("document.getElementById('enter').requestSubmit()")
    assert sent.value.status == 303
    page.wait_for_load_state()


# The clock of the device


def test_clock_put_forward_or_back_gets_nobody_in(queue: Queue) -> None:
    page = queue.resident.page
    now = datetime.now(SITE_TIMEZONE)
    for hours in (6, 24 * 30, -48):
        page.clock.set_system_time(now + timedelta(hours=hours))
        asks_again(page)
        queue.looks_as_before()
        forces_the_way_in(page)
        queue.looks_as_before()
        page.goto("/details")
        expect(page).to_have_url("/wait?back=details")
        queue.looks_as_before()
    page.clock.fast_forward("12:00:00")
    asks_again(page)
    queue.looks_as_before()
    assert queue.cohort.inside() == INSIDE_MAX
    queue.moves_on()
    queue.goes_on_by_itself()


def test_clock_put_past_the_opening_does_not_open_the_lobby(
    cohorts: Cohorts, open_page: OpenPage, pictures: Path
) -> None:
    opens_at = datetime.now(SITE_TIMEZONE) + timedelta(hours=1)
    lobby_at = opens_at - timedelta(hours=2)
    cohort = cohorts.new("lobby", "lobby", lobby_at=lobby_at, opens_at=opens_at)
    resident = sits_down(cohort, 0, open_page(), pictures)
    page, words = resident.page, resident.reads("wait.lobby_title")
    page.clock.install(time=opens_at + timedelta(hours=1))
    page.goto("/sign-in")
    resident.signs_in()
    resident.arrives("/wait", words)
    asks_again(page)
    resident.sees(words)
    forces_the_way_in(page)
    resident.arrives("/wait", words)
    page.clock.fast_forward("24:00:00")
    asks_again(page)
    resident.sees(words)
    assert "session" not in cookies_of(page)
    assert cohort.inside() == 0


# The line to the server


def test_place_is_kept_offline_and_the_page_goes_on_by_itself(queue: Queue) -> None:
    page, offline = queue.resident.page, queue.resident.page.locator("#offline")
    goes_offline(page)
    expect(offline).to_have_text(queue.resident.reads("wait.offline"))
    queue.looks_as_before()
    comes_back(page)
    queue.looks_as_before()

    goes_offline(page)
    queue.moves_on()
    page.clock.run_for(ASK_MS)
    expect(offline).to_be_visible()
    queue.looks_as_before()
    page.context.set_offline(False)
    queue.goes_on_by_itself()


def goes_offline(page: Page) -> None:
    """Cut the line, and let the page's time pass until it says so."""

    def has_noticed() -> bool:
        page.clock.run_for(ASK_MS)
        return page.locator("#offline").is_visible()

    page.context.set_offline(True)
    until(has_noticed)


def comes_back(page: Page) -> None:
    """Join the line again, and let the page's time pass until it says so.

    The first question after it may still fail, or its answer be cut off on the way (Chromium
    ends what is under way when the network changes): then the page asks again later.
    """

    def has_noticed() -> bool:
        page.clock.run_for(ASK_MS)
        return page.locator("#offline").is_hidden()

    page.context.set_offline(False)
    until(has_noticed, within_s=90)


def test_line_that_is_cut_during_the_countdown_costs_nothing(queue: Queue) -> None:
    page = queue.resident.page
    queue.moves_on()
    queue.is_told_of_the_turn()
    page.context.set_offline(True)
    queue.resident.sees(queue.resident.reads("wait.turn_title"))
    page.clock.run_for(COUNTDOWN_MS)
    queue.resident.sees(queue.resident.reads("wait.turn_title"))
    page.context.set_offline(False)
    queue.goes_on_by_itself()


# The back button


@pytest.fixture
def inside(cohorts: Cohorts) -> Cohort:
    """A cohort whose people come straight in."""
    return cohorts.open()


def goes_back(page: Page) -> bool:
    """Press the back button; say whether there was a page, which must be in order."""
    answer = page.go_back()
    if answer is not None:
        assert answer.ok, page.url
        expect(page.locator("h1:visible")).to_have_count(1)
    return answer is not None


def test_back_button_after_booking_books_nothing_twice(
    inside: Cohort, open_page: OpenPage, pictures: Path
) -> None:
    resident = sits_down(inside, 0, open_page(), pictures)
    page = resident.page
    number = resident.books()
    goes_back(page)
    resident.arrives("/my-booking", resident.reads("my_booking.title"))
    goes_back(page)
    page.locator("button.choice").first.click()
    resident.arrives("/my-booking", resident.reads("my_booking.title"))
    assert number in page.content()
    pages = 0
    while goes_back(page):
        pages += 1
        expect(resident.button("check.submit.book")).to_have_count(0)
    assert pages >= 5
    assert inside.bookings() == 1


def test_form_that_an_old_page_still_shows_books_nothing_twice(
    inside: Cohort, open_page: OpenPage, pictures: Path
) -> None:
    resident = sits_down(inside, 0, open_page(), pictures)
    resident.comes_to_choosing()
    resident.chooses()
    old = [resident.page.context.new_page() for _ in range(2)]
    for page in old:
        page.goto("/check")
    resident.presses("check.submit.book")
    resident.arrives("/booked", resident.reads("booked.title.book"))
    number = resident.page.locator(".big-number").inner_text()
    for page in old:
        page.locator(SUBMIT).click()
        expect(page).to_have_url("/my-booking")
        expect(page.locator("main")).to_contain_text(number)
    assert inside.bookings() == 1


def test_back_button_after_signing_out_shows_no_inner_page(
    inside: Cohort, open_page: OpenPage, pictures: Path
) -> None:
    resident = sits_down(inside, 0, open_page(), pictures)
    page = resident.page
    number = resident.books()
    resident.presses("booked.my_booking")
    resident.presses("sign_out.button")
    resident.arrives("/signed-out", resident.reads("signed_out.title"))
    pages = 0
    while goes_back(page):
        pages += 1
        assert page.url.partition("?")[0].endswith(("/sign-in", inside.stack.file.url + "/"))
        content = page.content()
        for personal in (*PERSONAL, number, resident.person.ticket_number):
            assert personal not in content
    assert pages >= 7
    assert cookies_of(page) == set()


def test_back_button_inside_keeps_one_place_and_one_seat(
    inside: Cohort, open_page: OpenPage, pictures: Path
) -> None:
    resident = sits_down(inside, 0, open_page(), pictures)
    page = resident.page
    resident.comes_to_choosing()
    goes_back(page)
    resident.arrives("/details", resident.reads("details.title"))
    goes_back(page)
    resident.arrives("/sign-in", resident.reads("sign_in.title"))
    resident.signs_in()
    resident.arrives("/details", resident.reads("details.title"))
    expect(page.locator("#name")).to_have_value("印西 花子")
    assert inside.inside() == 1
    assert inside.indices() == [0]
    resident.page.goto("/choose")
    resident.chooses()
    resident.presses("check.submit.book")
    resident.arrives("/booked", resident.reads("booked.title.book"))
    assert inside.inside() == 0
    assert inside.bookings() == 1
