"""What the vaccine need is and what an opening will be like, looked at in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, expect

from allocator.release_store import read_catalogue
from tests.browser.conftest import StackUnderTest, desk_beside
from tests.browser.test_accessibility import violations
from tests.browser.test_staff import AtTheKeys, first_password
from tests.integration.staff import StaffDesk

LOCALES = {"ja": "ja-JP", "en": "en-GB"}


@pytest.fixture(scope="module")
def reports_desk(staff_city: StackUnderTest) -> Iterator[StaffDesk]:
    with desk_beside(staff_city) as desk:
        yield desk


def types_over(operator: AtTheKeys, selector: str, text: str) -> None:
    """Go to a field and type, over what stands there."""
    operator.keys.goes_to(operator.page.locator(selector))
    operator.page.keyboard.press("Control+A")
    operator.page.keyboard.type(text)


def types_days(operator: AtTheKeys, first: date, last: date) -> None:
    """Type from which day to which."""
    for name, day in (("first", first), ("last", last)):
        for part in ("year", "month", "day"):
            types_over(operator, f"#{name}_{part}", str(getattr(day, part)))


def looks_up_a_day(operator: AtTheKeys, *, javascript: bool) -> None:
    """See what one day needs, after a mistake with the days."""
    page = operator.page
    page.goto(f"{operator.desk.url}/demand")
    rows = page.locator(".staff-table tbody tr")
    of_all_days = rows.count()
    slots = read_catalogue(operator.desk.database_url).slots.values()
    days = sorted({slot.day for slot in slots if sum(slot.capacities)})
    types_days(operator, days[1], days[0])
    operator.submits()
    expect(page.locator(".notice-error a[href='#last_year']")).to_have_count(1)
    assert page.locator("#first_day").input_value() == str(days[1].day), "it stays typed"
    assert not javascript or violations(page) == []
    types_days(operator, days[0], days[0])
    operator.submits()
    assert 0 < rows.count() < of_all_days
    assert not javascript or violations(page) == []


def rehearses(operator: AtTheKeys, *, javascript: bool) -> None:
    """See how an opening goes with 20,000 people, after a mistake with their number."""
    page = operator.page
    page.goto(f"{operator.desk.url}/rehearsal")
    types_over(operator, "#people", "many")
    operator.submits()
    expect(page.locator(".notice-error a[href='#people']")).to_have_count(1)
    assert page.locator("#people").input_value() == "many", "it stays typed"
    assert not javascript or violations(page) == []
    types_over(operator, "#people", "20000")
    operator.submits()
    expect(page.locator(".staff-chart svg")).to_be_visible()
    expect(page.locator(".facts dd")).to_have_count(5)
    assert page.locator(".staff-table tbody tr").count() > 1
    assert not javascript or violations(page) == []


@pytest.mark.parametrize(("language", "javascript"), [("ja", True), ("en", False)])
def test_demand_is_looked_up_and_an_opening_rehearsed_by_keys_alone(
    browser: Browser,
    staff_city: StackUnderTest,
    reports_desk: StaffDesk,
    language: str,
    javascript: bool,
) -> None:
    # axe runs in the page, so it looks where the page may run scripts.
    context = browser.new_context(locale=LOCALES[language], java_script_enabled=javascript)
    operator = AtTheKeys(reports_desk, context.new_page())
    login = f"mikomi-{language}"
    operator.enrols(login, first_password(staff_city, login, "operator"))
    looks_up_a_day(operator, javascript=javascript)
    rehearses(operator, javascript=javascript)
    context.close()
