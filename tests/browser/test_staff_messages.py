"""Messages not told in a browser: somebody is rung, and what a provider refused goes out."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import StackUnderTest, desk_beside
from tests.browser.test_accessibility import violations
from tests.browser.test_staff import AtTheKeys, first_password
from tests.integration.staff import StaffDesk
from tests.waiting import until

LOCALES = {"ja": "ja-JP", "en": "en-GB"}
CONTACT = {"name": "松虫 太郎", "phone": "0476000000", "email": "taro@example.jp"}
SENT_S_MAX = 60.0


@pytest.fixture(scope="module")
def messages_desk(staff_city: StackUnderTest) -> Iterator[StaffDesk]:
    with desk_beside(staff_city) as desk:
        yield desk


def booked(city: StackUnderTest) -> str:
    """Let somebody book; return the booking's number."""
    with city.program() as program:
        city.person_signs_in(program)
        days = program.get("/api/v1/availability").raise_for_status().json()["days"]
        slots = [slot for day in days for slot in day["slots"] if slot["pairs"] != "none"]
        choice = {"slot_id": slots[0]["slot_id"]}
        answer = program.post(
            "/api/v1/bookings",
            json={"contact": CONTACT, "choices": [choice]},
            headers={"Idempotency-Key": str(uuid4())},
        )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["booking_number"])


def result_of(owner: psycopg.Connection, number: str) -> str | None:
    """Return what became of the confirmation of a booking."""
    row = owner.execute(
        "SELECT result FROM outbox JOIN booking USING (booking_id) "
        "WHERE booking_number = %s AND kind = 'booked'",
        [number],
    ).fetchone()
    return None if row is None else row[0]


def ends_untold(owner: psycopg.Connection, number: str) -> None:
    """Leave the confirmation refused, and a change by the city that no message reaches."""
    until(lambda: result_of(owner, number) == "sent", SENT_S_MAX)
    owner.execute(
        "INSERT INTO outbox (kind, booking_id, journal_seq, created_at, done_at, result) "
        "SELECT 'moved', booking_id, journal_seq, now(), now(), 'no_address' FROM outbox "
        "JOIN booking USING (booking_id) WHERE booking_number = %s AND kind = 'booked'",
        [number],
    )
    owner.execute(
        "UPDATE outbox SET result = 'refused' FROM booking WHERE kind = 'booked' "
        "AND outbox.booking_id = booking.booking_id AND booking_number = %s",
        [number],
    )


@pytest.mark.parametrize(("language", "javascript"), [("ja", True), ("en", False)])
def test_person_is_rung_and_refused_message_sent_again_by_keys_alone(
    browser: Browser,
    staff_city: StackUnderTest,
    messages_desk: StaffDesk,
    language: str,
    javascript: bool,
) -> None:
    # axe runs in the page, so it looks where the page may run scripts.
    context = browser.new_context(locale=LOCALES[language], java_script_enabled=javascript)
    boss = AtTheKeys(messages_desk, context.new_page())
    login = f"tsuchi-{language}"
    boss.enrols(login, first_password(staff_city, login, "supervisor"))
    page, number = boss.page, booked(staff_city)
    to_ring = page.locator(f"form[action='/messages/person'] button[aria-label*='{number}']")
    to_send = page.locator(f"form[action='/messages'] button[aria-label*='{number}']")
    with psycopg.connect(messages_desk.database_url, autocommit=True) as owner:
        ends_untold(owner, number)
        page.goto(f"{messages_desk.url}/messages")
        assert not javascript or violations(page) == []
        assert CONTACT["phone"] not in page.content()
        with page.expect_navigation():
            boss.keys.presses("Enter", to_ring)
        assert CONTACT["phone"] in page.locator(".facts").inner_text()
        assert not javascript or violations(page) == []
        boss.submits()
        expect(page.locator("main [role=status]")).to_be_visible()
        expect(to_ring).to_have_count(0)
        with page.expect_navigation():
            boss.keys.presses("Enter", to_send)
        expect(to_send).to_have_count(0)
        until(lambda: result_of(owner, number) == "sent", SENT_S_MAX)
    context.close()
