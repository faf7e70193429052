"""Reminders: made once for each dose that is near, on a real database, by a clock that is given."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from email.message import EmailMessage

import psycopg
import pytest

from allocator.errors import StoreAway
from allocator.jobs_settings import JobsSettings
from allocator.model import SITE_TIMEZONE
from allocator.notices import POSTPONED_S_MAX, NoticeDesk, desk_of
from allocator.reminding import due_at
from tests.integration.mail_server import MailServer
from tests.integration.stored import CONTACT, Stored, StoredBooking

LIMIT = 1_000
MINUTE = timedelta(minutes=1)

CANCELLED = (
    "UPDATE booking SET state = 'cancelled', dose1_slot_id = NULL, dose2_slot_id = NULL, "
    "dose2_on = NULL"
)
MOVED = (
    "UPDATE booking SET dose1_slot_id = other.slot_id FROM slot, slot AS other "
    "WHERE slot.slot_id = dose1_slot_id AND other.day = slot.day "
    "AND other.slot_id <> slot.slot_id AND other.product_id = slot.product_id"
)


def booked(stored: Stored, language: str = "ja") -> StoredBooking:
    """Store a booking that was made long ago."""
    booking = stored.book(language=language)
    stored.connection.execute("UPDATE booking SET booked_at = now() - interval '90 days'")
    return booking


def start_of(stored: Stored, slot_id: int) -> datetime:
    starts_at: datetime = stored.one("SELECT starts_at FROM slot WHERE slot_id = %s", [slot_id])[0]
    return starts_at.astimezone(SITE_TIMEZONE)


def days(stored: Stored, booking: StoredBooking) -> tuple[date, date]:
    first, second = (start_of(stored, slot_id).date() for slot_id in booking.slot_ids)
    return first, second


def made(stored: Stored) -> list[tuple[str, int]]:
    rows = stored.connection.execute(
        "SELECT kind, dose FROM outbox WHERE queue = 'reminders' ORDER BY outbox_id"
    )
    return [(row[0], row[1]) for row in rows]


def told(desk: NoticeDesk, now: datetime) -> list[str]:
    return [desk.tell(n, now) for n in desk.outbox.due(LIMIT, queue="reminders")]


def subjects(mails: list[EmailMessage]) -> list[str]:
    return [str(mail["Subject"]) for mail in mails]


def test_each_dose_is_reminded_of_a_week_and_a_day_before(
    stored: Stored, desk: NoticeDesk, mail_server: MailServer
) -> None:
    first, second = days(stored, booked(stored, language="en"))
    moments = [
        due_at(kind, day) for day in (first, second) for kind in ("reminder_week", "reminder_day")
    ]
    counted = []
    for moment in moments:
        counted.append(desk.outbox.remind(moment - MINUTE, LIMIT))
        counted.append(desk.outbox.remind(moment, LIMIT))
        assert told(desk, moment) == ["sent"]
    assert counted == [0, 1] * 4
    assert made(stored) == [
        ("reminder_week", 1),
        ("reminder_day", 1),
        ("reminder_week", 2),
        ("reminder_day", 2),
    ]
    assert mail_server.recipients == [CONTACT.email] * 4
    said = [f"{day:%A} {day.day} {day:%B %Y}" for day in (first, second)]
    for subject, words in zip(
        subjects(mail_server.mails), (said[0],) * 2 + (said[1],) * 2, strict=True
    ):
        assert words in subject
        assert "reminder" in subject
    assert {mail["Content-Language"] for mail in mail_server.mails} == {"en"}


def test_reminder_is_made_once_however_often_and_by_however_many(
    stored: Stored, settings: JobsSettings
) -> None:
    bookings = [booked(stored) for _ in range(20)]
    now = due_at("reminder_day", days(stored, bookings[0])[0])
    desks = [desk_of(settings) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda one: one.outbox.remind(now, LIMIT), desks))
    counts += [one.outbox.remind(now + MINUTE, LIMIT) for one in desks]
    assert sum(counts) == len(made(stored)) == 20
    for one in desks:
        one.outbox.close()


def test_many_reminders_are_made_piece_by_piece(stored: Stored, desk: NoticeDesk) -> None:
    bookings = [booked(stored) for _ in range(5)]
    now = due_at("reminder_day", days(stored, bookings[0])[0])
    assert [desk.outbox.remind(now, 2) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE booking SET reminders = false",
        "UPDATE booking SET dose1_given = true",
        "UPDATE booking SET campaign_id = 'probe'",
        "UPDATE booking SET booked_at = %(now)s",
        "UPDATE booking SET arranged_at = %(now)s, revision = 1",
    ],
)
def test_nobody_is_reminded_needlessly(stored: Stored, desk: NoticeDesk, change: str) -> None:
    """Who wants none, has had the dose, is nobody, or has just booked or changed."""
    now = due_at("reminder_day", days(stored, booked(stored))[0])
    stored.connection.execute(change.encode(), {"now": now})
    assert desk.outbox.remind(now + MINUTE, LIMIT) == 0


def test_cancelled_booking_is_not_reminded_of(stored: Stored, desk: NoticeDesk) -> None:
    booking = booked(stored)
    now = due_at("reminder_day", days(stored, booking)[0])
    stored.cancel(booking)
    assert desk.outbox.remind(now, LIMIT) == 0


def test_dose_that_has_begun_is_not_reminded_of(stored: Stored, desk: NoticeDesk) -> None:
    starts_at = start_of(stored, booked(stored).slot_ids[0])
    assert desk.outbox.remind(starts_at, LIMIT) == 0
    assert desk.outbox.remind(starts_at - MINUTE, LIMIT) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE booking SET reminders = false",
        "UPDATE booking SET dose1_given = true",
        CANCELLED,
        MOVED,
    ],
)
def test_reminder_that_is_made_is_not_sent_once_it_says_nothing_true(
    stored: Stored, desk: NoticeDesk, mail_server: MailServer, change: str
) -> None:
    now = due_at("reminder_day", days(stored, booked(stored))[0])
    assert desk.outbox.remind(now, LIMIT) == 1
    stored.connection.execute(change.encode())
    assert told(desk, now + MINUTE) == ["overtaken"]
    assert mail_server.mails == []


def test_dose_that_was_moved_is_reminded_of_anew(stored: Stored, desk: NoticeDesk) -> None:
    """Where it was moved before the reminder of its new day is due."""
    booking = booked(stored)
    first, _ = days(stored, booking)
    assert desk.outbox.remind(due_at("reminder_day", first), LIMIT) == 1
    later = stored.one(
        "SELECT slot.slot_id, slot.day FROM slot JOIN seats USING (slot_id) "
        "WHERE seats.dose = 1 AND capacity > 0 AND day > %s ORDER BY slot_id LIMIT 1",
        [first],
    )
    stored.connection.execute(
        "UPDATE booking SET dose1_slot_id = %s, dose1_on = %s, revision = 1, arranged_at = %s",
        [*later, due_at("reminder_week", later[1]) - MINUTE],
    )
    assert desk.outbox.remind(due_at("reminder_day", later[1]), LIMIT) == 1
    assert made(stored) == [("reminder_day", 1)] * 2


def test_reminder_that_no_server_takes_is_not_sent_after_the_dose(
    stored: Stored, desk: NoticeDesk, mail_server: MailServer
) -> None:
    booking = booked(stored)
    starts_at = start_of(stored, booking.slot_ids[0])
    desk.outbox.remind(starts_at - 20 * MINUTE, LIMIT)
    mail_server.replies["MAIL"] = "421 closing"
    assert told(desk, starts_at - MINUTE) == ["failed"]
    del mail_server.replies["MAIL"]
    stored.let_pass(2 * POSTPONED_S_MAX)
    assert told(desk, starts_at) == ["overtaken"]
    assert mail_server.mails == []


def test_news_are_found_behind_any_number_of_reminders(stored: Stored, desk: NoticeDesk) -> None:
    bookings = [booked(stored) for _ in range(3)]
    now = due_at("reminder_day", days(stored, bookings[0])[0])
    assert desk.outbox.remind(now, LIMIT) == 3
    news = stored.message(bookings[0], "changed")
    assert desk.outbox.backlog().messages == 1
    assert desk.outbox.due(2) == [news]
    assert len(desk.outbox.due(LIMIT, queue="reminders")) == 3


def test_jobs_may_add_reminders_and_nothing_else(stored: Stored, settings: JobsSettings) -> None:
    booking = booked(stored)
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO outbox (kind, booking_id, journal_seq, created_at) "
                "VALUES ('booked', %s, 1, now())",
                [booking.booking_id],
            )
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(
                "INSERT INTO outbox (kind, booking_id, created_at) VALUES ('booked', %s, now())",
                [booking.booking_id],
            )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE booking SET reminders = true")


def test_database_that_is_away_is_said_to_be_so(settings: JobsSettings) -> None:
    away = settings.model_copy(update={"database_url": "postgresql://127.0.0.1:1/none"})
    with pytest.raises(StoreAway):
        desk_of(away).outbox.remind(datetime(2026, 12, 1, 9, tzinfo=SITE_TIMEZONE), LIMIT)
