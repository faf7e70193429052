"""The resident's way, with JavaScript and without, in both languages, on a phone and a desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from allocator.model import SITE_TIMEZONE
from gateway import i18n
from tests.browser.conftest import OpenPage, Person
from tests.browser.resident import Resident, full_width


@dataclass(frozen=True)
class Device:
    """What somebody sits at; the width is in CSS pixels."""

    language: str
    width: int
    javascript: bool

    @property
    def name(self) -> str:
        """Name it, for the test's id and the folder of its pictures."""
        script = "with" if self.javascript else "without"
        return f"{self.language}-{self.width}-{script}-javascript"


DEVICES = (
    Device("ja", 360, javascript=True),
    Device("ja", 1280, javascript=False),
    Device("en", 1280, javascript=True),
    Device("en", 360, javascript=False),
)


@pytest.fixture(params=DEVICES, ids=lambda device: device.name)
def resident(
    request: pytest.FixtureRequest, open_page: OpenPage, person: Person, screenshots: Path
) -> Resident:
    """Seat somebody at one of the devices."""
    device: Device = request.param
    pictures = screenshots / device.name / request.function.__name__
    pictures.mkdir(parents=True, exist_ok=True)
    page = open_page(language=device.language, width=device.width, javascript=device.javascript)
    return Resident(page, person, device.language, pictures)


def test_resident_books_looks_changes_and_cancels(resident: Resident) -> None:
    number = resident.books()
    booked = resident.facts()

    resident.presses("booked.my_booking")
    resident.arrives("/my-booking", resident.reads("my_booking.title"))
    shows_what_r4_lists_and_nothing_more(resident, booked)

    moves_both_doses(resident)
    after_change = resident.facts()
    assert resident.page.locator(".big-number").inner_text() == number
    assert after_change[resident.reads("dose.1")] != booked[resident.reads("dose.1")]

    moves_the_second_dose(resident)
    assert resident.facts()[resident.reads("dose.1")] == after_change[resident.reads("dose.1")]
    assert resident.facts()[resident.reads("dose.2")] != after_change[resident.reads("dose.2")]

    cancels(resident, "cancel.second", "cancelled.title_second")
    resident.presses("booked.my_booking")
    resident.arrives("/my-booking", resident.reads("my_booking.title"))
    assert resident.reads("dose.2") not in resident.facts()

    cancels(resident, "cancel.all", "cancelled.title")
    resident.page.goto("/my-booking")
    resident.arrives("/my-booking", resident.reads("my_booking.title"))
    expect(resident.page.get_by_text(resident.reads("my_booking.none"))).to_be_visible()

    resident.presses("sign_out.button")
    resident.arrives("/signed-out", resident.reads("signed_out.title"))
    assert resident.page.context.cookies() == []


def shows_what_r4_lists_and_nothing_more(resident: Resident, booked: dict[str, str]) -> None:
    born = i18n.plain_date_text(resident.person.birth_date, resident.language)
    assert resident.facts() == booked | {
        resident.reads("fact.name"): "印西 花子",
        resident.reads("fact.birth_date"): born,
        resident.reads("fact.phone"): "****678",
        resident.reads("fact.email"): "h****@example.jp",
    }
    assert resident.person.ticket_number not in resident.page.content()


def moves_both_doses(resident: Resident) -> None:
    resident.presses("my_booking.change")
    resident.arrives("/change", resident.reads("change.title"))
    resident.presses("change.both")
    resident.arrives("/choose", resident.reads("choose.title.change_both"))
    resident.chooses(day=3, time=4)
    resident.sees(resident.reads("check.title.change_both"))
    resident.presses("check.submit.change_both")
    resident.arrives("/changed", resident.reads("booked.title.change"))


def moves_the_second_dose(resident: Resident) -> None:
    resident.page.goto("/change")
    resident.presses("change.second")
    resident.arrives("/choose", resident.reads("choose.title.change_second"))
    resident.chooses(day=2, time=1)
    resident.sees(resident.reads("check.title.change_second"))
    resident.presses("check.submit.change_second")
    resident.arrives("/changed", resident.reads("booked.title.change"))


def cancels(resident: Resident, how: str, heading: str) -> None:
    resident.page.goto("/cancel")
    resident.sees(resident.reads("cancel.title"))
    resident.presses(how)
    resident.arrives("/cancelled", resident.reads(heading))


def test_resident_with_a_first_dose_elsewhere_books_the_second_alone(resident: Resident) -> None:
    resident.comes_to_choosing()
    resident.presses("choose.elsewhere_link")
    resident.arrives("/first-dose", resident.reads("first_dose.title"))
    page = resident.page
    page.select_option("#product", index=1)
    # So long ago that the second dose is overdue: it is still given. Digits are full-width.
    year, month, day = (datetime.now(SITE_TIMEZONE) - timedelta(days=90)).timetuple()[:3]
    page.fill("#first_dose_year", full_width(year))
    page.fill("#first_dose_month", full_width(month))
    page.fill("#first_dose_day", full_width(day))
    resident.presses("first_dose.submit")
    resident.arrives("/choose", resident.reads("choose.title.second_only"))
    resident.chooses()
    resident.sees(resident.reads("check.title.second_only"))
    resident.presses("check.submit.second_only")
    resident.arrives("/booked", resident.reads("booked.title.book"))
    assert resident.reads("dose.1") not in resident.facts()
    assert resident.reads("dose.2") in resident.facts()
