"""The calendar file: the same events wherever it comes from, and nothing of the resident."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import icalendar
import msgspec
import pytest

from allocator.calendar_file import Appointment, Appointments, Organizer, calendar_file
from allocator.mail_languages import LANGUAGES
from allocator.model import SITE_TIMEZONE, Venue

GYM = Venue("gym", {"ja": "総合体育館", "en": "Gymnasium"}, {"ja": "浦部275", "en": "275 Urabe"})


def appointment(dose: Literal[1, 2], day: int) -> Appointment:
    starts_at = datetime(2021, 9, day, 9, 15, tzinfo=SITE_TIMEZONE)
    return Appointment(dose, starts_at, starts_at.replace(minute=30), GYM)


BOOKED = Appointments(
    booking_id=UUID(int=5),
    booking_number="0000001-9",
    revision=0,
    told_at=datetime(2021, 9, 1, tzinfo=UTC),
    appointments=(appointment(1, 3), appointment(2, 24)),
)
MOVED = msgspec.structs.replace(
    BOOKED, revision=1, appointments=(appointment(1, 4), appointment(2, 25))
)


def events(content: bytes) -> list[Any]:
    return list(icalendar.Calendar.from_ical(content).walk("VEVENT"))


def test_changed_booking_replaces_the_old_appointments() -> None:
    old, new = (events(calendar_file(one, "Inzai", "en")) for one in (BOOKED, MOVED))
    assert [event["uid"] for event in old] == [event["uid"] for event in new]
    assert len({str(event["uid"]) for event in old}) == 2
    assert [int(event["sequence"]) for event in old] == [0, 0]
    assert [int(event["sequence"]) for event in new] == [1, 1]


def test_mail_and_page_give_the_same_events() -> None:
    organizer = Organizer("Inzai City", "yoyaku@inzai.example")
    mailed, shown = (
        calendar_file(BOOKED, "Inzai", "en", organizer),
        calendar_file(BOOKED, "Inzai", "en"),
    )
    assert b"METHOD:PUBLISH" in mailed
    assert b"METHOD" not in shown
    for one, other in zip(events(mailed), events(shown), strict=True):
        assert one.pop("organizer") == "mailto:yoyaku@inzai.example"
        assert one == other


def test_times_are_of_the_site_s_zone_which_is_in_the_file() -> None:
    content = calendar_file(BOOKED, "Inzai", "en")
    text = content.decode()
    assert "DTSTART;TZID=Asia/Tokyo:20210903T091500" in text
    assert "DTEND;TZID=Asia/Tokyo:20210924T093000" in text
    assert "DTSTAMP:20210901T000000Z" in text
    assert text.count("BEGIN:VTIMEZONE") == 1
    assert "TZOFFSETTO:+0900" in text
    assert content.count(b"\n") == content.count(b"\r\n")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


@pytest.mark.parametrize("language", [*LANGUAGES, "tlh"])
def test_file_is_in_the_reader_s_language(language: str) -> None:
    first, second = events(calendar_file(BOOKED, "{印西市|いんざいし}", language))
    assert "1" in first["summary"]
    assert "2" in second["summary"]
    assert "0000001-9" in first["description"]
    is_japanese = language.startswith("ja") or language == "tlh"
    assert ("総合体育館" in first["location"]) is is_japanese
    if language == "ja-simple":
        assert "印西市（いんざいし）" in first["summary"]
        assert "{" not in first["summary"] + first["description"]


def test_one_dose_is_one_event() -> None:
    (event,) = events(
        calendar_file(
            msgspec.structs.replace(BOOKED, appointments=BOOKED.appointments[1:]), "Inzai", "en"
        )
    )
    assert event["uid"] == f"{UUID(int=5)}-dose2"
