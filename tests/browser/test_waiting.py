"""The waiting page: paused, waiting, one's turn; by itself with JavaScript, by reload without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage, StackUnderTest
from tests.browser.resident import Resident
from tests.browser.test_waiting_for_hours import HIDDEN
from tests.waiting import until

AHEAD_MIN = 10
AHEAD_FOR_MINUTES, PER_MINUTE = 200, 60
"""So many that nobody behind them is called before a test has seen all it looks for; and so many a
minute that one more or less in ten seconds is no slower pace, of which the page would tell."""

TURN_MS_MAX = 60_000
MESSAGE = "会場の準備のため、15分ほどお待ちください。"


@pytest.fixture
def paused(stack: StackUnderTest) -> Iterator[StackUnderTest]:
    """Pause the release for the length of a test, and put everything back after it."""
    stack.orders("pause", "paused", "--message", MESSAGE)
    yield stack
    stack.command("room", "rate", "auto")
    stack.orders("resume", "open")


def waiter(
    open_page: OpenPage, stack: StackUnderTest, pictures: Path, *, javascript: bool
) -> Resident:
    """Seat somebody new at a phone."""
    name = f"waiting-{'with' if javascript else 'without'}-javascript"
    (pictures / name).mkdir(exist_ok=True)
    page = open_page(javascript=javascript)
    return Resident(page, next(stack.people), "ja", pictures / name)


def a_crowd_joins(stack: StackUnderTest, ahead_min: int = AHEAD_MIN) -> None:
    """Let people take places until the last of them really has to wait."""
    serving = int(httpx2.get(f"{stack.url}/queue/status.json", timeout=60).json()["serving"])
    with stack.program() as program:
        while (stack.person_signs_in(program) or 0) < serving + ahead_min:
            program.cookies.clear()


def comes_to_wait(resident: Resident) -> None:
    resident.starts()
    resident.signs_in()
    resident.arrives("/wait", resident.reads("wait.paused_title"))
    expect(resident.page.locator("#operator-message")).to_contain_text(MESSAGE)


def puts_behind_others(page: Page) -> None:
    """Let nobody look at a page: its countdown stands still, however long an order takes."""
    page.evaluate(HIDDEN, True)


def looks_at(page: Page) -> None:
    """Look at a page again."""
    page.evaluate(HIDDEN, False)


def comes_to_see(resident: Resident, heading: str) -> None:
    """Wait until the page, left alone, shows another heading."""
    words = resident.reads(heading)
    expect(resident.page.locator("h1:visible")).to_have_text(words, timeout=TURN_MS_MAX)
    resident.sees(words)


def test_page_says_why_the_wait_has_become_longer(
    paused: StackUnderTest, open_page: OpenPage, screenshots: Path
) -> None:
    """And that places are likely, and nothing of the standby list, while there are many.

    It is the first to let a crowd wait: the pace of an earlier one is remembered, and would count.
    """
    with_script = waiter(open_page, paused, screenshots, javascript=True)
    without_script = waiter(open_page, paused, screenshots, javascript=False)
    paused.command("room", "rate", str(PER_MINUTE))
    a_crowd_joins(paused, AHEAD_FOR_MINUTES)
    for resident in (with_script, without_script):
        comes_to_wait(resident)
    paused.orders("resume", "open")
    for resident in (with_script, without_script):
        comes_to_see(resident, "wait.waiting_title")
        outlook = resident.page.locator("[data-outlook]:visible")
        expect(outlook).to_have_text(resident.reads("wait.outlook.likely"))
        expect(resident.page.locator("[data-raised]:visible")).to_have_count(0)
    paused.command("room", "rate", "1")
    for resident in (with_script, without_script):
        expect(resident.page.locator("[data-raised]:visible")).to_have_text(
            resident.reads("wait.raised.rate_lowered"), timeout=TURN_MS_MAX
        )
        resident.sees(resident.reads("wait.waiting_title"))


def test_page_tells_of_the_wait_and_leads_in(
    paused: StackUnderTest, open_page: OpenPage, screenshots: Path
) -> None:
    with_script = waiter(open_page, paused, screenshots, javascript=True)
    without_script = waiter(open_page, paused, screenshots, javascript=False)
    paused.command("room", "rate", "1")
    a_crowd_joins(paused)
    for resident in (with_script, without_script):
        comes_to_wait(resident)
    paused.orders("resume", "open")
    for resident in (with_script, without_script):
        comes_to_see(resident, "wait.waiting_title")
        place, ahead = (
            int(resident.page.locator(f"[data-fill={name}]").inner_text())
            for name in ("place", "ahead")
        )
        assert AHEAD_MIN // 2 < ahead < place

    puts_behind_others(with_script.page)
    paused.command("room", "rate", "6000")
    comes_to_see(with_script, "wait.turn_title")
    expect(with_script.page).to_have_title(f"● {with_script.reads('wait.turn_title')}")
    expect(with_script.page.locator("#countdown")).to_be_visible()
    looks_at(with_script.page)
    expect(with_script.page).to_have_url("/details", timeout=TURN_MS_MAX)

    comes_to_see(without_script, "wait.turn_title")
    without_script.presses("wait.enter")
    without_script.arrives("/details", without_script.reads("details.title"))


def test_whom_stock_will_not_reach_is_told_early_and_of_the_next_release(
    paused: StackUnderTest, open_page: OpenPage, screenshots: Path
) -> None:
    """The script is given the stack's document with other numbers for stock and next release."""
    told: dict[str, object] = {
        "outlook": {"likely_to_place": 0, "borderline_to_place": 0, "pairs_left": 0},
        "next_release": {"release_id": "later", "opens_at": "2099-01-10T09:00:00+09:00"},
    }

    def answer(route: Route) -> None:
        real = route.fetch()
        route.fulfill(response=real, json=real.json() | told)

    resident = waiter(open_page, paused, screenshots, javascript=True)
    paused.command("room", "rate", "1")
    a_crowd_joins(paused)
    comes_to_wait(resident)
    resident.page.route("**/queue/*/status.json", answer)
    paused.orders("resume", "open")
    comes_to_see(resident, "wait.waiting_title")
    notice = resident.page.locator("[data-outlook]:visible")
    expect(notice).to_contain_text(resident.reads("wait.outlook.unlikely"))
    expect(notice).to_contain_text(resident.reads("wait.standby"))
    expect(notice).to_contain_text("2099年1月10日")
    expect(notice.locator("[data-next]:visible")).to_have_count(1)
    resident.sees(resident.reads("wait.waiting_title"))
    told["next_release"] = None
    unknown = resident.reads("wait.next_unknown")
    expect(notice.locator("[data-next]:visible")).to_have_text(unknown, timeout=TURN_MS_MAX)


def test_way_in_by_itself_can_be_stopped(
    paused: StackUnderTest, open_page: OpenPage, screenshots: Path
) -> None:
    resident = waiter(open_page, paused, screenshots, javascript=True)
    comes_to_wait(resident)
    puts_behind_others(resident.page)
    paused.orders("resume", "open")
    expect(resident.page.locator("#countdown")).to_be_visible(timeout=TURN_MS_MAX)
    looks_at(resident.page)
    resident.presses("wait.countdown_stop")
    expect(resident.page.locator("#countdown")).to_be_hidden()
    expect(resident.page.locator("#enter button")).to_be_focused()
    resident.presses("wait.enter")
    resident.arrives("/details", resident.reads("details.title"))


def test_same_person_on_a_second_device_has_the_same_place(
    paused: StackUnderTest, open_page: OpenPage, screenshots: Path
) -> None:
    first = waiter(open_page, paused, screenshots, javascript=True)
    comes_to_wait(first)
    second = Resident(open_page(width=1280), first.person, "ja", screenshots)
    comes_to_wait(second)
    places = [one.page.locator("#waiting").get_attribute("data-place") for one in (first, second)]
    assert places[0] == places[1]


def test_lost_connection_is_told_and_got_over(
    paused: StackUnderTest, open_page: OpenPage, screenshots: Path
) -> None:
    resident = waiter(open_page, paused, screenshots, javascript=True)
    resident.page.clock.install()
    comes_to_wait(resident)
    resident.page.context.set_offline(True)
    offline = resident.page.locator("#offline")
    for _ in range(10):
        resident.page.clock.run_for(60_000)
    expect(offline).to_be_visible()
    resident.page.context.set_offline(False)

    def is_told_again() -> bool:
        resident.page.clock.run_for(60_000)
        return offline.is_hidden()

    until(is_told_again)


def test_closed_release_says_so_and_still_shows_bookings(
    stack: StackUnderTest, open_page: OpenPage, screenshots: Path
) -> None:
    resident = waiter(open_page, stack, screenshots, javascript=True)
    resident.books()
    resident.presses("sign_out.button")
    stack.orders("close", "closed")
    try:
        page = resident.page
        page.goto("/")
        expect(page.locator(".state-mark")).to_have_text(resident.reads("state.closed"))
        resident.sees(resident.reads("landing.title"))
        resident.presses("landing.my_booking")
        resident.signs_in()
        resident.arrives("/my-booking", resident.reads("my_booking.title"))

        late = waiter(open_page, stack, screenshots, javascript=True)
        late.page.goto("/sign-in")
        late.signs_in()
        late.sees(late.reads("problem.release_closed.title"))
    finally:
        stack.orders("resume", "open")
