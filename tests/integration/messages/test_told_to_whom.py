"""Nobody writes to the dead, by no kind of message; movers and who is parted are told what fits."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from uuid import uuid4

import pytest

from allocator.ledger import IN_THE_CITYS_WORDS, Notice
from allocator.mail import TOLD_IN, Kind
from allocator.model import SITE_TIMEZONE
from allocator.notices import NoticeDesk
from allocator.outbox import CodeAsked
from allocator.reminding import due_at
from tests.integration.mail_server import MailServer
from tests.integration.stored import Stored, StoredBooking

LIMIT = 100
NEWS: list[Kind] = list(get_args(Notice))
STANDBY = (
    '{"rank": 1, "reason": "slot_closed", "offered_until": "2199-01-01T00:00:00Z", '
    '"wish": {"type": "Flexible", "day_min": "2021-09-01", "day_max": "2021-09-20"}}'
)
INTO_STATE = b"""
    UPDATE booking SET
        state = %(state)s,
        standby = CASE WHEN %(is_listed)s THEN %(standby)s::jsonb END,
        dose1_slot_id = CASE WHEN %(holds)s THEN dose1_slot_id END,
        dose2_slot_id = CASE WHEN %(holds)s THEN dose2_slot_id END,
        dose2_on = CASE WHEN %(holds)s THEN dose2_on END
"""


def now() -> datetime:
    return datetime.now(SITE_TIMEZONE)


def on_roster(stored: Stored, booking: StoredBooking, left_why: str | None) -> None:
    """Put somebody on the roster, who left it or not."""
    stored.connection.execute(
        "INSERT INTO roster (person_key, birth_check, sealed, left_why) VALUES (%s, %s, %s, %s)",
        [booking.person_key, bytes(16), b"sealed", left_why],
    )


def in_state_of(stored: Stored, booking: StoredBooking, kind: Kind) -> None:
    """Bring a booking into a state of which a kind of message tells."""
    state = min(TOLD_IN[kind])
    put: dict[str, str | bool] = {
        "state": state,
        "standby": STANDBY,
        "is_listed": state in ("standby", "offered"),
        "holds": state in ("booked", "offered"),
    }
    stored.connection.execute(INTO_STATE, put)
    assert stored.one("SELECT state FROM booking")[0] == state


def news(stored: Stored, booking: StoredBooking, kind: Kind) -> int:
    words = "The lift is broken." if kind in IN_THE_CITYS_WORDS else None
    row = stored.one(
        "INSERT INTO outbox (kind, booking_id, journal_seq, words, created_at) "
        "VALUES (%s, %s, 1, %s, now()) RETURNING outbox_id",
        [kind, booking.booking_id, words],
    )
    return int(row[0])


@pytest.mark.parametrize(("left_why", "result"), [(None, "sent"), ("died", "overtaken")])
@pytest.mark.parametrize("kind", NEWS)
def test_news_of_no_kind_go_to_the_dead(
    stored: Stored,
    desk: NoticeDesk,
    mail_server: MailServer,
    kind: Kind,
    left_why: str | None,
    result: str,
) -> None:
    booking = stored.book()
    on_roster(stored, booking, left_why)
    in_state_of(stored, booking, kind)
    outbox_id = news(stored, booking, kind)
    assert desk.tell(outbox_id, now()) == result
    assert len(mail_server.mails) == (result == "sent")
    assert stored.state(outbox_id) == (True, result)


@pytest.mark.parametrize(("left_why", "result"), [(None, "sent"), ("died", "overtaken")])
@pytest.mark.parametrize("kind", ["reminder_week", "reminder_day"])
def test_dead_are_not_reminded(
    stored: Stored,
    desk: NoticeDesk,
    mail_server: MailServer,
    kind: str,
    left_why: str | None,
    result: str,
) -> None:
    booking = stored.book()
    on_roster(stored, booking, left_why)
    stored.connection.execute("UPDATE booking SET booked_at = now() - interval '90 days'")
    starts_at = stored.one("SELECT starts_at FROM slot WHERE slot_id = %s", [booking.slot_ids[0]])
    day = starts_at[0].astimezone(SITE_TIMEZONE).date()
    moment = due_at("reminder_week" if kind == "reminder_week" else "reminder_day", day)
    assert desk.outbox.remind(moment, LIMIT) == 1
    assert stored.one("SELECT kind FROM outbox")[0] == kind
    (outbox_id,) = desk.outbox.due(LIMIT, queue="reminders")
    assert desk.tell(outbox_id, moment) == result
    assert len(mail_server.mails) == (result == "sent")


@pytest.mark.parametrize("queue", ["notices", "codes"])
@pytest.mark.parametrize(
    ("left_why", "result"),
    [
        (None, "sent"),
        ("died", "overtaken"),
        ("moved_out", "overtaken"),
        ("reissued", "sent"),
    ],
)
def test_who_died_or_moved_out_gets_no_code_and_no_word_of_attempts(
    stored: Stored,
    desk: NoticeDesk,
    mail_server: MailServer,
    queue: str,
    left_why: str | None,
    result: str,
) -> None:
    booking = stored.book()
    if left_why == "reissued":
        stored.connection.execute(
            "INSERT INTO roster (person_key, birth_check, sealed, left_why, reissued_as) "
            "VALUES (%s, %s, %s, %s, %s)",
            [booking.person_key, bytes(16), b"sealed", left_why, bytes(16)],
        )
    else:
        on_roster(stored, booking, left_why)
    if queue == "notices":
        assert desk.outbox.warn([booking.person_key], now(), LIMIT) == 1
        (outbox_id,) = desk.outbox.due(LIMIT)
    else:
        assert desk.outbox.ask_codes([CodeAsked(uuid4(), booking.booking_id, now())]) == 1
        (outbox_id,) = desk.outbox.due(LIMIT, queue="codes")
    assert desk.tell(outbox_id, now()) == result
    assert len(mail_server.mails) == (result == "sent")


def test_what_was_on_its_way_stays_unsaid_and_comes_if_it_was_a_mistake(
    stored: Stored, desk: NoticeDesk, mail_server: MailServer
) -> None:
    """A message that no server took yet is looked at anew each time it is tried."""
    booking = stored.book()
    on_roster(stored, booking, None)
    mail_server.replies["RCPT"] = "451 later"
    first, second = (stored.message(booking) for _ in range(2))
    assert [desk.tell(one, now()) for one in (first, second)] == ["failed", "failed"]
    mail_server.replies.clear()
    stored.connection.execute("UPDATE roster SET left_why = 'died'")
    assert desk.tell(first, now()) == "overtaken"
    stored.connection.execute("UPDATE roster SET left_why = NULL")
    assert desk.tell(second, now()) == "sent"
    assert len(mail_server.mails) == 1


@pytest.mark.parametrize("is_parted", [True, False])
def test_who_is_parted_is_told_so(
    stored: Stored, desk: NoticeDesk, mail_server: MailServer, is_parted: bool
) -> None:
    outbox_id = news(stored, stored.book(language="en"), "moved")
    stored.connection.execute("UPDATE outbox SET parted = %s", [is_parted])
    assert desk.tell(outbox_id, now()) == "sent"
    text = mail_server.mails[0].get_body(("plain",))
    assert text is not None
    said = " ".join(text.get_content().split())
    assert ("You booked together with somebody" in said) is is_parted


def test_letter_to_who_moved_out_comes_with_what_was_kept(
    stored: Stored, desk: NoticeDesk, mail_server: MailServer
) -> None:
    booking = stored.book(language="en")
    on_roster(stored, booking, "moved_out")
    in_state_of(stored, booking, "cancelled")
    assert desk.tell(news(stored, booking, "left_city"), now()) == "sent"
    (mail,) = mail_server.mails
    assert "you have moved out of the city" in str(mail["Subject"])
    assert list(mail.iter_attachments()) == []
