"""The waiting page for hours: 200 questions, lost networks, other pages before it, wrong clocks.

The page is rendered without a server, and told of the line by the test; its clock is turned. Only
where memory is measured it is not: the turned clock notes what it did, and the page asks again
at once instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from gateway import i18n
from gateway.status_words import WaitShown
from tests.browser.desk import Desk
from tests.unit.gateway.page_outline import render
from tests.unit.gateway.page_samples import OPENS_AT
from tests.waiting import until

QUESTIONS = 200
PLACE = 5_000
ROWS = 80
"""Of estimates: as many as two million people need."""
AFTER_S = 10
STEP_MS = 5_000
HEAP_RATIO_MAX = 1.1
COUNTDOWN_MS = 40_000
WRONG_CLOCK = datetime(1999, 12, 31, tzinfo=UTC)

SHOWN = WaitShown(
    "waiting", "r1", PLACE, PLACE - 1, "約5分", 0, "likely", OPENS_AT, "", AFTER_S,
    as_of=OPENS_AT, closes_at=OPENS_AT,
)  # fmt: skip

COUNTED = """
window.underWay = 0;
const asks = window.fetch;
window.fetch = (...asked) => {
  window.underWay += 1;
  return asks(...asked).finally(() => { window.underWay -= 1; });
};
window.tones = 0; window.vibrations = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { window.tones += 1; return start.call(this, at); };
Navigator.prototype.vibrate = () => { window.vibrations += 1; return true; };
"""
HIDDEN = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def said(msgid: str, **params: object) -> str:
    return str(i18n.text(msgid, "ja", **params))


@dataclass
class Line:
    """What the page is told of the line when it asks. While `is_away` nobody answers."""

    page: Page
    serving: int = 0
    state: str = "open"
    asked: int = 0
    after_s: float = AFTER_S
    is_away: bool = False
    message: str = ""

    def answers(self, route: Route) -> None:
        """Answer a question."""
        self.asked += 1
        if self.is_away:
            route.abort("internetdisconnected")
            return
        route.fulfill(body=json.dumps(self.document()), content_type="application/json")

    def document(self) -> dict[str, Any]:
        """Return the document of the line as it stands."""
        return {
            "state": self.state,
            "opens_at": "2021-06-01T09:30:00+09:00",
            "lobby_at": "2021-06-01T09:00:00+09:00",
            "closes_at": "2021-06-08T17:00:00+09:00",
            "now": f"2021-06-01T10:{self.asked % 60:02}:00+09:00",
            "serving": self.serving,
            "eta": [
                {"ahead": PLACE + row, "low_s": 600, "high_s": 900 + self.asked % 2 * 60}
                for row in range(ROWS)
            ],
            "eta_raised": [],
            "next_release": None,
            "outlook": {"likely_to_place": PLACE, "borderline_to_place": PLACE},
            "poll": [{"ahead": PLACE, "after_s": self.after_s}],
            "message": self.message,
            "messages": {},
            "draw": {},
            "beginning_spread_s": 1.0,
        }

    def is_asked(self, times: int = 1) -> None:
        """Let the page's time pass until it has asked so many times, and been told.

        While a question is under way none passes, however slow the machine is.
        """
        for _ in range(times):
            # A question on its way sets the next one's timer only when it is answered.
            until(partial(self._has_asked_since, self.asked))

    def _has_asked_since(self, before: int) -> bool:
        if self.page.evaluate("underWay"):
            return False
        if self.asked == before:
            self.page.clock.run_for(STEP_MS)
            return False
        return True

    def is_asked_by_itself(self, times: int = 1) -> None:
        """Wait until the page has asked so many times; its clock is left alone."""
        wanted = self.asked + times
        # The browser's questions are answered while it is asked something.
        until(lambda: self.page.evaluate("0") == 0 and self.asked >= wanted, 30)

    def shows(self, heading: str) -> None:
        """The page comes to show a heading."""
        expect(self.page.locator("h1:visible")).to_have_text(said(heading))


def opens(
    browser: Browser,
    shown: WaitShown = SHOWN,
    now: datetime | None = OPENS_AT,
    after_s: float = AFTER_S,
) -> Line:
    """Open the page on a device of its own, whose clock is turned if `now` is given."""
    page = browser.new_context(viewport={"width": 390, "height": 800}).new_page()
    page.add_init_script(COUNTED)
    if now is not None:
        page.clock.install(time=now)
    line = Line(page, after_s=after_s)
    desk = Desk(page)
    page.route("**/queue/r1/status.json", line.answers)
    page.route("**/enter", lambda route: route.fulfill(body="inside", content_type="text/plain"))
    desk.shows(render(("wait", "", {"wait": shown, "back": ""}), "ja"))
    return line


@pytest.fixture
def line(browser: Browser) -> Iterator[Line]:
    """Somebody who waits at a page whose clock the test turns."""
    line = opens(browser)
    yield line
    line.page.context.close()


def heap_bytes(page: Page) -> float:
    """Return what the page's script holds, after the garbage is gone."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return float(used)


def is_called(line: Line) -> None:
    """The turn of whoever waits comes."""
    line.serving = PLACE
    line.is_asked()
    line.shows("wait.turn_title")


def chooses(page: Page, name: str) -> None:
    page.locator(f"#{name}").click()


def loses_the_network(line: Line) -> None:
    """The page asks 14 times, then three times in vain, then again; and says so, and keeps all."""
    page, offline = line.page, line.page.locator("#offline")
    line.is_asked_by_itself(14)
    line.is_away = True
    line.is_asked_by_itself(3)
    expect(offline).to_be_visible()
    expect(offline).to_have_text(said("wait.offline"))
    line.is_away = False
    line.serving += 20
    line.is_asked_by_itself(3)
    expect(offline).to_be_hidden()
    expect(page.locator("[data-fill=place]")).to_have_text(f"{PLACE:,}")
    expect(page.locator("[data-fill=ahead]")).to_have_text(f"{PLACE - 1 - line.serving:,}")


def test_place_is_kept_and_memory_does_not_grow_over_200_questions(browser: Browser) -> None:
    line = opens(browser, replace(SHOWN, refresh_s=0), now=None, after_s=0)
    page = line.page
    page.evaluate("document.body.dataset.marked = 'by the test'")
    page.evaluate(
        "window.said = 0; new MutationObserver(() => { window.said += 1; })"
        ".observe(document.getElementById('announcement'),"
        " { childList: true, characterData: true, subtree: true })"
    )
    for _ in range(2):
        loses_the_network(line)
    heap_before, said_before = heap_bytes(page), page.evaluate("said")
    asked_before = line.asked
    for _ in range(QUESTIONS // 20):
        loses_the_network(line)
    assert line.asked - asked_before >= QUESTIONS
    heap_after = heap_bytes(page)
    assert heap_after <= HEAP_RATIO_MAX * heap_before
    # Spoken were the networks that went and came, and nothing of all the other answers.
    assert page.evaluate("said") - said_before == 2 * (QUESTIONS // 20)
    assert page.evaluate("document.body.dataset.marked") == "by the test"
    page.context.close()


def test_only_what_matters_is_announced_and_once_a_minute_at_most(line: Line) -> None:
    announced = line.page.locator("#announcement")
    line.is_asked(5)
    expect(announced).to_have_text("")
    line.serving = PLACE // 2
    line.is_asked()
    expect(announced).to_contain_text("2,499")
    line.message, line.serving = "お待ちください", PLACE * 3 // 4
    line.is_asked()
    expect(line.page.locator("#operator-message")).to_contain_text("お待ちください")
    expect(announced).to_contain_text("2,499")
    line.is_asked(10)
    expect(announced).to_contain_text("1,249")
    expect(announced).to_contain_text("お待ちください")
    is_called(line)
    expect(announced).to_contain_text(said("wait.turn_title"))


def test_sound_and_vibration_come_only_to_who_asked(browser: Browser, line: Line) -> None:
    is_called(line)
    assert line.page.evaluate("[tones, vibrations]") == [0, 0]
    assert line.page.title().startswith("● ")

    asked = opens(browser)
    chooses(asked.page, "call_me")
    until(lambda: asked.page.evaluate("tones") == 4)
    chooses(asked.page, "try_sound")
    until(lambda: asked.page.evaluate("tones") == 8)
    asked.page.reload()
    expect(asked.page.locator("#call_me")).to_be_checked()
    expect(asked.page.locator("#enter_by_itself")).to_be_checked()
    asked.page.mouse.click(1, 1)
    is_called(asked)
    until(lambda: asked.page.evaluate("[tones, vibrations]") == [4, 1])
    asked.page.context.close()


def test_entry_by_itself_waits_until_the_page_is_looked_at(line: Line) -> None:
    page = line.page
    page.evaluate(HIDDEN, True)
    is_called(line)
    page.clock.run_for(COUNTDOWN_MS)
    line.shows("wait.turn_title")
    page.evaluate(HIDDEN, False)
    page.clock.run_for(5_000)
    expect(page.locator("#countdown span")).to_contain_text(re.compile("[12][0-9]秒"))
    page.clock.run_for(COUNTDOWN_MS)
    expect(page).to_have_url(re.compile("/enter$"))


def test_entry_by_itself_can_be_turned_off_beforehand(line: Line) -> None:
    chooses(line.page, "enter_by_itself")
    is_called(line)
    line.page.clock.run_for(COUNTDOWN_MS)
    expect(line.page.locator("#countdown")).to_be_hidden()
    line.shows("wait.turn_title")
    line.page.reload()
    expect(line.page.locator("#enter_by_itself")).not_to_be_checked()


def test_page_that_was_behind_others_asks_when_it_is_looked_at(line: Line) -> None:
    line.is_asked()
    line.page.evaluate(HIDDEN, True)
    line.page.clock.set_system_time(datetime(2021, 6, 1, 12, tzinfo=UTC))
    line.page.evaluate(HIDDEN, False)
    line.is_asked_by_itself()


def test_wrong_clock_of_the_device_changes_nothing(browser: Browser) -> None:
    line = opens(browser, now=WRONG_CLOCK)
    line.is_asked(2)
    expect(line.page.locator("[data-fill=told-at]")).to_contain_text("10:0")
    expect(line.page.locator("[data-fill=until]").last).to_contain_text("2021年6月8日")
    for day in (1, 28, 14):
        line.page.clock.set_system_time(datetime(2031, 2, day, tzinfo=UTC))
        line.is_asked()
        line.shows("wait.waiting_title")
    is_called(line)
    line.page.context.close()


def test_browser_that_is_too_old_for_the_script_reloads_the_page(browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.clock.install()
    desk = Desk(page)
    page.route("**/waiting.js*", lambda route: route.fulfill(body="a new ?.= syntax"))
    desk.shows(render(("wait", "", {"wait": SHOWN, "back": ""}), "ja"))
    desk.html = render(("wait", "", {"wait": replace(SHOWN, show="turn"), "back": ""}), "ja")
    page.clock.run_for(1_000 * AFTER_S + 1_000)
    expect(page.locator("h1:visible")).to_have_text(said("wait.turn_title"))
    context.close()
