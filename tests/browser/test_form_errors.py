"""What went wrong is said at the top, where the reader is put, and beside the field.

Of every page that says so, in every state, with JavaScript and without; then on the real forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenPage, Person
from tests.browser.desk import Desk
from tests.browser.resident import SUBMIT, Resident
from tests.unit.gateway.page_outline import render
from tests.unit.gateway.page_samples import SAMPLES, Sample
from tests.unit.gateway.test_rendering import sample_name

ALERT = "[role=alert][autofocus]"
"""What is wrong; scripts have empty ones besides, to speak of what happens later."""

ALERTS = re.compile(r'role="alert"[^>]* autofocus')
WITH_ALERT = [sample for sample in SAMPLES if ALERTS.search(render(sample, "ja"))]


@pytest.fixture(params=[True, False], ids=["with-javascript", "without-javascript"], scope="module")
def desk(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Desk]:
    """Return a window that runs scripts, and one that does not."""
    context = browser.new_context(java_script_enabled=request.param)
    yield Desk(context.new_page())
    context.close()


def test_there_are_pages_that_say_what_is_wrong() -> None:
    pages = {sample[0] for sample in WITH_ALERT}
    assert {"sign_in", "details", "first_dose", "check", "cancel", "standby", "refused"} <= pages


@pytest.mark.parametrize("sample", WITH_ALERT, ids=sample_name)
def test_reader_is_put_where_it_is_said(desk: Desk, sample: Sample) -> None:
    desk.shows(render(sample, "ja"))
    expect(desk.page.locator(ALERT)).to_have_count(1)
    expect(desk.page.locator(ALERT)).to_be_focused()
    for link in desk.page.locator(f"{ALERT} a[href^='#']").all():
        leads_to_its_field(desk.page, link.get_attribute("href") or "")


def leads_to_its_field(page: Page, href: str) -> None:
    """The link puts the cursor into the field, which is said to be wrong and why."""
    words = page.locator(f"{ALERT} a[href='{href}']")
    words.click()
    field = page.locator(href)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    error = page.locator(f"{href}-error")
    expect(error).to_have_text(words.inner_text())
    described = field.or_(page.locator("fieldset", has=field)).and_(
        page.locator(f"[aria-describedby~='{href[1:]}-error']")
    )
    expect(described).to_have_count(1)


@pytest.fixture(params=[True, False], ids=["with-javascript", "without-javascript"])
def resident(
    request: pytest.FixtureRequest, open_page: OpenPage, person: Person, tmp_path: Path
) -> Resident:
    """Seat somebody at a phone."""
    return Resident(open_page(javascript=request.param), person, "ja", tmp_path)


def is_told(resident: Resident, typed: dict[str, str], wrong: list[str]) -> None:
    """The same page says what is wrong, title first, and holds what was typed."""
    page = resident.page
    expect(page.locator(ALERT)).to_be_focused()
    assert page.title().startswith(resident.reads("frame.title_error"))
    links = [link.get_attribute("href") for link in page.locator(f"{ALERT} a").all()]
    assert links == [f"#{field}" for field in wrong]
    for href in links:
        leads_to_its_field(page, href or "")
    for field, value in typed.items():
        expect(page.locator(f"#{field}")).to_have_value(value)


def fills_in(resident: Resident, typed: dict[str, str]) -> None:
    for field, value in typed.items():
        resident.page.fill(f"#{field}", value)
    resident.page.click(SUBMIT)


def test_each_form_of_the_way_says_what_is_wrong_and_loses_nothing(resident: Resident) -> None:
    resident.starts()
    typed = {"ticket_number": "12345", "birth_year": "1945", "birth_month": "", "birth_day": "9"}
    fills_in(resident, typed)
    is_told(resident, typed, ["ticket_number", "birth_year"])
    resident.signs_in()

    resident.arrives("/details", resident.reads("details.title"))
    typed = {"name": "", "phone": "12", "email": "hanako@"}
    fills_in(resident, typed)
    is_told(resident, typed, ["name", "phone", "email"])
    resident.gives_details()

    resident.arrives("/choose", resident.reads("choose.title.book"))
    resident.page.goto("/first-dose")
    typed = {"first_dose_year": "2021", "first_dose_month": "13", "first_dose_day": "1"}
    fills_in(resident, typed)
    is_told(resident, typed, ["product", "first_dose_year"])
