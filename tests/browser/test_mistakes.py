"""What goes wrong on the way, and how the resident gets on: nothing typed is lost."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Person, StackUnderTest
from tests.browser.resident import SUBMIT, Resident, full_width

SEATS_MAX = 20
DECISION_MS_MAX = 60_000


@pytest.fixture
def resident(
    request: pytest.FixtureRequest, open_page: OpenPage, person: Person, screenshots: Path
) -> Resident:
    """Seat somebody at a phone with JavaScript."""
    pictures = screenshots / "mistakes" / request.function.__name__
    pictures.mkdir(parents=True, exist_ok=True)
    return Resident(open_page(), person, "ja", pictures)


def test_what_is_wrong_is_said_at_the_field_and_at_the_top(resident: Resident) -> None:
    resident.starts()
    page = resident.page
    page.fill("#ticket_number", "12345")
    page.fill("#birth_year", "1945")
    page.fill("#birth_month", "2")
    page.fill("#birth_day", "31")
    page.click(SUBMIT)

    expect(page.locator(".notice-error")).to_be_focused()
    resident.sees(resident.reads("sign_in.title"))
    wrong_length = resident.reads("field.ticket_number.wrong_length", length=10)
    not_a_date = resident.reads("field.birth_date.not_a_date")
    summary = page.locator(".notice-error")
    expect(summary.locator("a")).to_have_text([wrong_length, not_a_date])
    expect(page.locator("#ticket_number-error")).to_have_text(wrong_length)
    expect(page.locator("#birth_year-error")).to_have_text(not_a_date)
    expect(page).to_have_title(f"入力の確認：{resident.reads('sign_in.title')} | 印西市")
    for field, typed in {"ticket_number": "12345", "birth_year": "1945", "birth_day": "31"}.items():
        expect(page.locator(f"#{field}")).to_have_value(typed)

    summary.get_by_text(not_a_date).click()
    expect(page.locator("#birth_year")).to_be_focused()


def test_unknown_ticket_and_full_width_digits(resident: Resident) -> None:
    resident.starts()
    resident.fills_in_identity("0000000000")
    resident.page.click(SUBMIT)
    resident.sees(resident.reads("sign_in.title"))
    expect(resident.page.locator(".notice-error h2")).to_have_text(
        resident.reads("problem.identity_not_confirmed.title")
    )
    expect(resident.page.locator("#ticket_number")).to_have_value("0000000000")

    resident.page.fill("#ticket_number", full_width(resident.person.ticket_number))
    resident.page.click(SUBMIT)
    resident.arrives("/details", resident.reads("details.title"))
    resident.page.fill("#name", "印西 花子")
    resident.page.fill("#phone", "０９０－１２３４－５６７８")
    resident.page.fill("#email", "hanako@")
    resident.page.click(SUBMIT)
    resident.sees(resident.reads("details.title"))
    expect(resident.page.locator("#email-error")).to_have_text(resident.reads("field.not_an_email"))
    expect(resident.page.locator("#phone")).to_have_value("０９０－１２３４－５６７８")


@pytest.mark.parametrize("javascript", [True, False])
def test_double_click_books_once(
    open_page: OpenPage, person: Person, tmp_path: Path, javascript: bool
) -> None:
    resident = Resident(open_page(javascript=javascript), person, "ja", tmp_path)
    resident.comes_to_choosing()
    resident.chooses(day=2)
    resident.button("check.submit.book").dblclick()
    resident.arrives("/booked", resident.reads("booked.title.book"))


@pytest.mark.parametrize("javascript", [True, False])
def test_double_click_changes_once_and_cancels_once(
    open_page: OpenPage, person: Person, tmp_path: Path, javascript: bool
) -> None:
    resident = Resident(open_page(javascript=javascript), person, "ja", tmp_path)
    number = resident.books()
    resident.page.goto("/change")
    resident.button("change.both").dblclick()
    resident.arrives("/choose", resident.reads("choose.title.change_both"))
    resident.chooses(day=4)
    resident.button("check.submit.change_both").dblclick()
    resident.arrives("/changed", resident.reads("booked.title.change"))
    expect(resident.page.locator(".big-number")).to_have_text(number)
    resident.page.goto("/cancel")
    resident.button("cancel.both").dblclick()
    resident.arrives("/cancelled", resident.reads("cancelled.title"))


@pytest.mark.parametrize("javascript", [True, False])
def test_undecided_request_is_told_and_then_its_answer(
    open_page: OpenPage, stack: StackUnderTest, person: Person, screenshots: Path, javascript: bool
) -> None:
    pictures = screenshots / "mistakes" / f"undecided-{javascript}"
    pictures.mkdir(parents=True, exist_ok=True)
    resident = Resident(open_page(javascript=javascript), person, "ja", pictures)
    resident.comes_to_choosing()
    resident.chooses(day=3)
    with stack.allocator_frozen():
        resident.presses("check.submit.book")
        expect(resident.page).to_have_url(re.compile("/checking/"), timeout=DECISION_MS_MAX)
        resident.sees(resident.reads("checking.title"))
    expect(resident.page).to_have_url("/booked", timeout=DECISION_MS_MAX)
    resident.sees(resident.reads("booked.title.book"))


def test_back_button_after_booking_shows_the_booking(resident: Resident) -> None:
    resident.books()
    resident.page.go_back()
    resident.arrives("/my-booking", resident.reads("my_booking.title"))


def test_back_button_on_the_way_finds_everything_typed(resident: Resident) -> None:
    resident.comes_to_choosing()
    resident.page.go_back()
    resident.arrives("/details", resident.reads("details.title"))
    expect(resident.page.locator("#name")).to_have_value("印西 花子")
    expect(resident.page.locator("#email")).to_have_value("hanako@example.jp")


def test_session_that_ends_while_typing_loses_nothing(resident: Resident) -> None:
    resident.starts()
    resident.signs_in()
    resident.arrives("/details", resident.reads("details.title"))
    resident.page.context.clear_cookies(name="session")
    resident.gives_details()
    resident.arrives("/wait?back=choose", resident.reads("wait.turn_title"))
    resident.presses("wait.enter")
    resident.arrives("/choose", resident.reads("choose.title.book"))


def test_after_signing_in_again_the_way_goes_on(resident: Resident) -> None:
    resident.comes_to_choosing()
    resident.chooses()
    chosen = resident.facts()
    resident.page.context.clear_cookies()
    resident.page.reload()
    resident.arrives("/sign-in?again=yes&back=check", resident.reads("sign_in.title"))
    resident.signs_in()
    resident.arrives("/check", resident.reads("check.title.book"))
    assert resident.facts() == chosen


def test_language_can_be_changed_on_every_page(resident: Resident) -> None:
    resident.comes_to_choosing()
    resident.chooses()
    resident.opens_languages()
    resident.page.get_by_role("link", name="English").click()
    resident.language = "en"
    resident.arrives("/check", resident.reads("check.title.book"))
    resident.presses("check.submit.book")
    resident.arrives("/booked", resident.reads("booked.title.book"))
    resident.page.goto("/nowhere")
    resident.sees(resident.reads("problem.not_found.title"))
    resident.opens_languages()
    resident.page.get_by_role("link", name="日本語").click()
    resident.language = "ja"
    resident.arrives("/nowhere", resident.reads("problem.not_found.title"))


def test_time_that_others_took_leads_back_with_everything_kept(
    resident: Resident, stack: StackUnderTest
) -> None:
    resident.comes_to_choosing()
    resident.page.locator("a.day").last.click()
    button = resident.page.locator("button.choice").last
    slot_id, _, second_slot_id = (button.get_attribute("value") or "").partition("-")
    button.click()
    resident.sees(resident.reads("check.title.book"))
    others_take(stack, {"slot_id": slot_id, "second_slot_id": second_slot_id})

    resident.presses("check.submit.book")
    resident.sees(resident.reads("problem.no_first_dose.title"))
    resident.presses("refused.choose")
    resident.arrives("/choose", resident.reads("choose.title.book"))
    resident.chooses()
    assert resident.facts()[resident.reads("fact.email")] == "hanako@example.jp"
    resident.presses("check.submit.book")
    resident.arrives("/booked", resident.reads("booked.title.book"))


def others_take(stack: StackUnderTest, choice: dict[str, str]) -> None:
    """Let other people book one slot until it is full."""
    contact = {"name": "松虫 太郎", "phone": "0476000000", "email": "taro@example.jp"}
    for _ in range(SEATS_MAX):
        with stack.program() as program:
            stack.person_signs_in(program)
            answer = program.post(
                "/api/v1/bookings",
                json={"contact": contact, "choices": [choice]},
                headers={"Idempotency-Key": str(uuid4())},
            )
        if answer.status_code == 409:
            return
        assert answer.status_code == 201
    pytest.fail("the slot never got full")
