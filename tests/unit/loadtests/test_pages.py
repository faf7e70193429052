from __future__ import annotations

import pytest

from loadtests import pages
from tests.unit.gateway.page_outline import render
from tests.unit.gateway.page_samples import SAMPLES

WAITING = """
<div id="waiting" data-show="waiting" data-release="r-1" data-place="120" data-arrival="7"
  data-language="ja" data-refresh-s="10">
<div class="notice" data-outlook="likely" hidden>no</div>
<div class="notice notice-warning" data-outlook="unlikely">yes</div>
"""


def status(**changes: object) -> pages.Status:
    document = {
        "state": "open",
        "serving": 100,
        "poll": [{"ahead": 50, "after_s": 2}, {"ahead": 500, "after_s": 20}],
        "outlook": {"likely_to_place": 200, "borderline_to_place": 300, "pairs_left": 9},
        "now": "2026-11-27T10:00:00+09:00",
        "opens_at": "2026-11-27T10:00:30+09:00",
        "lobby_at": "2026-11-27T09:00:00+09:00",
        "beginning_spread_s": 4,
    }
    return pages.Status(document | changes)


def test_waiting_page_is_read_as_its_script_would() -> None:
    shown = pages.waiting_page(WAITING)
    assert shown == pages.WaitingPage("waiting", "r-1", 120, 7, 10.0, "unlikely")


def test_numbers_that_are_not_known_yet_are_none() -> None:
    shown = pages.waiting_page(WAITING.replace('"120"', '""').replace('"7"', '""'))
    assert shown is not None
    assert (shown.place, shown.arrival) == (None, None)


def test_other_page_is_no_waiting_page() -> None:
    assert pages.waiting_page("<h1>Details</h1>") is None


def test_only_days_and_times_that_can_be_chosen_are_found() -> None:
    html = (
        '<a class="day day-many" href="/choose/2026-12-01?venue=x" aria-label="1 December">'
        '<span class="day day-none"><span class="day-number">2</span></span>'
        '<a class="day day-few" href="/choose/2026-12-03" aria-label="3 December">'
        '<button class="choice" type="submit" name="slot" value="7&amp;1">'
    )
    assert pages.days_on_offer(html) == ["/choose/2026-12-01", "/choose/2026-12-03"]
    assert pages.slots_on_offer(html) == ["7&1"]


def test_days_and_form_are_found_on_the_pages_as_they_are() -> None:
    shown = {sample[:2]: render(sample, "ja") for sample in SAMPLES}
    days = pages.days_on_offer(shown["choose_day", "book-offers"])
    assert days == ["/choose/2021-06-10", "/choose/2021-07-30"]
    assert pages.slots_on_offer(shown["choose_time", "book"])
    assert pages.form_to_send(shown["check", "book-False-False"]).keys() == {"request_id", "shown"}


def test_form_number_and_files_are_found() -> None:
    html = (
        '<input type="hidden" name="request_id" value="abc">'
        '<input type="hidden" name="shown" value="a&amp;1">'
        '<p class="big-number"> 123-456 </p>'
        '<link href="/static/a.css?v=1"><script src="/static/b.js?v=1"></script>'
        '<img src="/static/a.css?v=1">'
    )
    assert pages.form_to_send(html) == {"request_id": "abc", "shown": "a&1"}
    assert pages.booking_number(html) == "123-456"
    assert pages.static_files(html) == ["/static/a.css?v=1", "/static/b.js?v=1"]
    assert pages.form_to_send("") == {}
    assert pages.booking_number("") is None


@pytest.mark.parametrize(
    ("place", "outlook"), [(200, "likely"), (201, "borderline"), (301, "unlikely")]
)
def test_outlook_goes_by_place(place: int, outlook: str) -> None:
    assert status().outlook(place) == outlook


def test_nothing_is_said_while_nothing_is_known() -> None:
    nothing = {"likely_to_place": None, "borderline_to_place": None, "pairs_left": None}
    assert status(outlook=nothing).outlook(1) == ""
    assert status(outlook=nothing).pairs_left is None
    assert status(serving=None).serving == 0


@pytest.mark.parametrize(("ahead", "after_s"), [(0, 2), (51, 20), (9_999, 20), (None, 20)])
def test_poll_table_says_when_to_ask_again(ahead: int | None, after_s: float) -> None:
    assert status().ask_after_s(ahead) == after_s
    assert status(poll=[]).ask_after_s(ahead) == 2.0


def test_time_to_the_beginning_goes_by_the_citys_clock() -> None:
    assert status(state="lobby").begins_in_s() == 30
    assert status(state="scheduled").begins_in_s() == 0
    assert status().begins_in_s() is None
    assert status().spread_s == 4
