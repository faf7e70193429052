"""Every language, on a narrow phone: chosen from the list, kept over the way, birth date by era."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from gateway.languages import LANGUAGES
from tests.browser.conftest import OpenPage, Person
from tests.browser.resident import SUBMIT, Resident

WAYS = [(one, number % 2 == 0) for number, one in enumerate(LANGUAGES) if one not in ("ja", "en")]
"""Each language with JavaScript or without; Japanese and English are walked in both ways."""


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]}-{'with' if way[1] else 'without'}-script")
def resident(
    request: pytest.FixtureRequest, open_page: OpenPage, person: Person, screenshots: Path
) -> Resident:
    """Seat somebody at a phone of 320 pixels whose browser speaks Japanese."""
    language, javascript = request.param
    pictures = screenshots / f"{language}-320"
    pictures.mkdir(parents=True, exist_ok=True)
    page = open_page(language=language, width=320, javascript=javascript)
    return Resident(page, person, language, pictures)


def test_chosen_language_is_spoken_on_every_page_and_after_signing_out(resident: Resident) -> None:
    resident.chooses_language()
    resident.opens_languages()
    resident.sees(resident.reads("landing.title"))
    resident.presses("landing.start")
    resident.arrives("/sign-in", resident.reads("sign_in.title"))
    resident.fills_in_identity(resident.person.ticket_number)
    resident.fills_in_birth_date_by_era()
    resident.page.click(SUBMIT)
    resident.arrives("/details", resident.reads("details.title"))
    resident.gives_details()
    resident.arrives("/choose", resident.reads("choose.title.book"))
    resident.chooses(day=1, time=2)
    resident.sees(resident.reads("check.title.book"))
    resident.presses("check.submit.book")
    resident.arrives("/booked", resident.reads("booked.title.book"))
    resident.presses("booked.my_booking")
    resident.arrives("/my-booking", resident.reads("my_booking.title"))
    resident.page.goto("/change")
    resident.sees(resident.reads("change.title"))
    resident.page.goto("/cancel")
    resident.sees(resident.reads("cancel.title"))
    resident.page.goto("/draw")
    resident.sees(resident.reads("draw.title"))
    resident.page.goto("/nowhere")
    resident.sees(resident.reads("problem.not_found.title"))
    resident.page.goto("/my-booking")
    resident.presses("sign_out.button")
    resident.arrives("/signed-out", resident.reads("signed_out.title"))


def test_year_of_no_era_is_told_at_the_field(resident: Resident) -> None:
    resident.chooses_language()
    page = resident.page
    page.goto("/sign-in")
    page.fill("#ticket_number", resident.person.ticket_number)
    page.fill("#birth_year", "20")
    page.fill("#birth_month", "5")
    page.fill("#birth_day", "3")
    page.click(SUBMIT)
    said = resident.reads("field.birth_date.era_not_chosen")
    expect(page.locator("#birth_year-error")).to_have_text(said)
    resident.sees(resident.reads("sign_in.title"))
