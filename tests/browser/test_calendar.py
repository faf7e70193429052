"""The calendar: each day with its second dose, one venue kept, months, and the narrowest phone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway import calendars, i18n
from gateway.languages import LANGUAGES
from seiriken.demo_city import INTERVAL_DAYS
from tests.browser.conftest import OpenPage, Person
from tests.browser.desk import Desk
from tests.browser.resident import TARGET_PX_MIN, Resident
from tests.unit.gateway.page_outline import render
from tests.unit.gateway.page_samples import SAMPLES

NARROW_PX = 320
SAMPLE = next(sample for sample in SAMPLES if sample[:2] == ("choose_day", "book-offers"))

Device = tuple[str, int, bool]
DEVICES: tuple[Device, ...] = (("ja", NARROW_PX, True), ("en", 1280, False))


@pytest.fixture(params=DEVICES, ids=["ja-phone", "en-desk"])
def resident(
    request: pytest.FixtureRequest, open_page: OpenPage, person: Person, screenshots: Path
) -> Resident:
    """Somebody who has come to the calendar."""
    language, width, javascript = request.param
    pictures = screenshots / "calendar" / f"{language}-{width}"
    pictures.mkdir(parents=True, exist_ok=True)
    page = open_page(language=language, width=width, javascript=javascript)
    seated = Resident(page, person, language, pictures)
    seated.comes_to_choosing()
    return seated


def day_of(link: str) -> date:
    return date.fromisoformat(link.partition("?")[0].rpartition("/")[2])


def test_day_shows_its_second_dose_at_once_and_that_is_booked(resident: Resident) -> None:
    cell = resident.page.locator("a.day").nth(2)
    first = day_of(cell.get_attribute("href") or "")
    second = first + timedelta(days=INTERVAL_DAYS["standard"])
    language = resident.language
    expect(cell).to_contain_text(calendars.cell_date(second, language))
    spoken = cell.get_attribute("aria-label") or ""
    second_on = resident.reads("choose.second_on", day=i18n.short_date_text(second, language))
    assert spoken.startswith(i18n.short_date_text(first, language))
    assert second_on in spoken
    assert resident.reads("pairs.many") in spoken

    resident.chooses(day=2)
    facts = resident.facts()
    for dose, day in ((1, first), (2, second)):
        assert facts[resident.reads(f"dose.{dose}")].startswith(i18n.date_text(day, language))


def test_one_venue_is_kept_from_calendar_to_times_and_back(resident: Resident) -> None:
    page = resident.page
    days = page.locator("a.day").count()
    page.locator("main summary").click()
    page.select_option("#venue", "chuo-health-centre")
    resident.presses("choose.venue_submit")
    resident.arrives("/choose?venue=chuo-health-centre", resident.reads("choose.title.book"))
    links = [link.get_attribute("href") or "" for link in page.locator("a.day").all()]
    assert len(links) == days
    assert all(link.endswith("?venue=chuo-health-centre") for link in links)

    page.locator("a.day").nth(0).click()
    page.wait_for_url("**/choose/*")
    expect(page.locator("main h2")).to_have_count(1)
    resident.presses("choose_time.back")
    resident.arrives("/choose?venue=chuo-health-centre", resident.reads("choose.title.book"))
    expect(page.locator("#venue")).to_be_visible()
    expect(page.locator("#venue")).to_have_value("chuo-health-centre")


@pytest.fixture
def phone(browser: Browser) -> Page:
    """A phone of the narrowest width, without a server."""
    context = browser.new_context(viewport={"width": NARROW_PX, "height": 640})
    return context.new_page()


@pytest.mark.parametrize("language", LANGUAGES)
def test_calendar_of_two_months_fits_the_narrowest_phone(phone: Page, language: str) -> None:
    desk = Desk(phone)
    desk.shows(render(SAMPLE, language))
    expect(phone.get_by_role("table")).to_have_count(2)
    names = [calendars.weekday_name(one, language) for one in calendars.weekdays(language)]
    heads = phone.get_by_role("table").nth(0).get_by_role("columnheader")
    assert [head.get_attribute("aria-label") for head in heads.all()] == names
    for link in phone.locator("a.day").all():
        box = link.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= TARGET_PX_MIN
        wide = link.evaluate("link => link.scrollWidth - link.clientWidth")
        assert wide <= 0, f"{link.inner_text()} sticks out of its cell"


def test_month_is_jumped_to_and_back(phone: Page) -> None:
    desk = Desk(phone)
    desk.shows(render(SAMPLE, "ja"))
    later = phone.get_by_role("table").nth(1)
    expect(later.locator("h2")).not_to_be_in_viewport()
    phone.locator(".months a").nth(1).click()
    expect(later.locator("h2")).to_be_in_viewport()
    phone.keyboard.press("Tab")
    expect(later.locator("a.day").nth(0)).to_be_focused()
    phone.go_back()
    expect(later.locator("h2")).not_to_be_in_viewport()
