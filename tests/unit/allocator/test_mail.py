from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import icalendar
import msgspec
import pytest

from allocator.codes import CODE_LIFE_S
from allocator.mail import (
    Appointment,
    Kind,
    Letter,
    Letterhead,
    is_overtaken,
    render,
)
from allocator.mail_languages import LANGUAGES
from allocator.model import SITE_TIMEZONE, Flexible, StandbyPlace, Venue
from allocator.sealing import Contact

VENUE = Venue(
    "gym",
    {"ja": "総合体育館", "en": "Gymnasium"},
    {"ja": "印西市浦部275", "en": "275 Urabe, Inzai"},
)
LETTERHEAD = Letterhead(
    {"ja": "印西市", "en": "Inzai City"},
    "yoyaku@inzai.example",
    "https://yoyaku.inzai.example",
    "0476-00-0000",
)


def appointment(dose: int, day: int) -> Appointment:
    starts_at = datetime(2021, 9, day, 9, 15, tzinfo=SITE_TIMEZONE)
    assert dose in (1, 2)
    return Appointment(dose, starts_at, starts_at.replace(minute=30), VENUE)  # type: ignore[arg-type]


BOTH = (appointment(1, 3), appointment(2, 24))
LETTER = Letter(
    outbox_id=7,
    kind="booked",
    written_at=datetime(2021, 9, 1, 0, 0, tzinfo=UTC),
    booking_id=UUID(int=5),
    booking_number="AB12CD34",
    state="booked",
    product_names={"ja": "コミナティ", "en": "Comirnaty"},
    appointments=BOTH,
    contact=Contact("試験 <b>百合</b>", "08098765432", "yuri@example.jp"),
    language="ja",
)
ASKED = StandbyPlace(3, "asked", Flexible(date(2021, 9, 1), date(2021, 9, 20)))
UNTIL = datetime(2021, 9, 2, 6, 30, tzinfo=UTC)
CANCELLED = msgspec.structs.replace(LETTER, kind="cancelled", state="cancelled", appointments=())


JOINED = msgspec.structs.replace(
    LETTER, kind="joined", state="standby", product_names={}, appointments=(), standby=ASKED
)
OFFERED = msgspec.structs.replace(
    LETTER,
    kind="offered",
    state="offered",
    standby=msgspec.structs.replace(ASKED, offered_until=UNTIL),
)
LEFT = msgspec.structs.replace(CANCELLED, kind="left_city")
CHANGED = msgspec.structs.replace(LETTER, kind="changed")
MOVED = msgspec.structs.replace(LETTER, kind="moved")
LISTED = msgspec.structs.replace(
    LETTER,
    kind="listed",
    state="standby",
    appointments=(),
    standby=msgspec.structs.replace(ASKED, reason="slot_closed"),
)
OVER = msgspec.structs.replace(JOINED, kind="offer_over")
IN_A_WEEK = msgspec.structs.replace(
    LETTER, kind="reminder_week", reminded_of=BOTH[1], stop_token="t0-_"
)
TOMORROW = msgspec.structs.replace(
    LETTER, kind="reminder_day", reminded_of=BOTH[0], stop_token="t0-_"
)
CODE = msgspec.structs.replace(LETTER, kind="code", code="020304")
ATTEMPTS = msgspec.structs.replace(LETTER, kind="attempts")
NOW = datetime(2021, 9, 1, 9, 0, tzinfo=SITE_TIMEZONE)


def written(letter: Letter) -> EmailMessage:
    return render(letter, LETTERHEAD)


def part(mail: EmailMessage, kind: str) -> str:
    """Return the text of one part."""
    (found,) = [item for item in mail.walk() if item.get_content_type() == kind]
    content = found.get_content()
    return content.decode() if isinstance(content, bytes) else str(content)


def events(mail: EmailMessage) -> list[Any]:
    calendar = icalendar.Calendar.from_ical(part(mail, "text/calendar"))
    return list(calendar.walk("VEVENT"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ja", ("2021年9月3日(金) 09:15", "2021年9月24日(金) 09:15", "総合体育館", "コミナティ")),
        ("en", ("Friday 3 September 2021, 09:15", "Friday 24 September", "Gymnasium", "Comirnaty")),
    ],
)
@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_mail_says_when_and_where_both_doses_are(
    language: str, words: tuple[str, ...], kind: str
) -> None:
    text = part(written(msgspec.structs.replace(LETTER, language=language)), kind)
    wanted = (*words, "AB12CD34", "https://yoyaku.inzai.example", "0476-00-0000")
    assert [word for word in wanted if word not in text] == []


def test_calendar_file_has_both_appointments_in_the_zone_of_the_site() -> None:
    first, second = events(written(LETTER))
    assert first["dtstart"].dt == BOTH[0].starts_at
    assert second["dtstart"].dt == BOTH[1].starts_at
    assert second["dtend"].dt == BOTH[1].ends_at
    assert first["dtstart"].params["TZID"] == "Asia/Tokyo"
    assert {event["status"] for event in (first, second)} == {"CONFIRMED"}
    text = part(written(LETTER), "text/calendar")
    assert "BEGIN:VTIMEZONE" in text
    assert "TZOFFSETTO:+0900" in text


def test_later_mail_replaces_the_appointments_in_a_calendar() -> None:
    moved = msgspec.structs.replace(LETTER, kind="changed", outbox_id=9, revision=1)
    for before, after in zip(events(written(LETTER)), events(written(moved)), strict=True):
        assert before["uid"] == after["uid"]
        assert int(before["sequence"]) < int(after["sequence"])
    assert len({str(event["uid"]) for event in events(written(LETTER))}) == 2


def test_same_letter_is_the_same_mail_byte_for_byte() -> None:
    assert written(LETTER).as_bytes() == written(LETTER).as_bytes()


def test_each_message_of_the_outbox_has_its_own_message_id() -> None:
    other = msgspec.structs.replace(LETTER, outbox_id=8)
    assert written(LETTER)["Message-ID"] != written(other)["Message-ID"]
    assert written(LETTER)["Message-ID"].endswith("@inzai.example>")


def test_mail_holds_nothing_personal_but_name_and_address() -> None:
    mail = written(LETTER)
    parts = [part(mail, kind) for kind in ("text/plain", "text/html", "text/calendar")]
    assert not any("08098765432" in text for text in parts)
    assert "百合" not in parts[2]
    headers = " ".join(str(value) for value in mail.values())
    assert "百合" not in headers


def test_name_cannot_bring_markup_into_the_page() -> None:
    page = part(written(LETTER), "text/html")
    assert "試験 &lt;b&gt;百合&lt;/b&gt; 様" in page
    assert "<b>百合" not in page


def test_name_cannot_bring_a_boundary_into_the_mail() -> None:
    contact = Contact("--=_seiriken_0--", "08098765432", "yuri@example.jp")
    mail = written(msgspec.structs.replace(LETTER, contact=contact, language="en"))
    assert b"\n--=_seiriken_0--\r\n" in mail.as_bytes() + b"\r\n"
    assert mail.as_bytes().count(b"\r\n--=_seiriken_0--") == 1


def test_address_cannot_bring_in_another_header() -> None:
    contact = Contact("試験", "08098765432", "yuri@example.jp\r\nBcc: all@example.jp")
    with pytest.raises(ValueError, match="linefeed"):
        written(msgspec.structs.replace(LETTER, contact=contact))


@pytest.mark.parametrize("language", LANGUAGES)
def test_cancellation_has_no_appointments_and_no_calendar(language: str) -> None:
    mail = written(msgspec.structs.replace(CANCELLED, language=language))
    assert "choose another" not in part(mail, "text/plain")
    assert not [item for item in mail.walk() if item.get_content_type() == "text/calendar"]
    for kind in ("text/plain", "text/html"):
        assert "AB12CD34" in part(mail, kind)
        assert not any(word in part(mail, kind) for word in ("09:15", "総合体育館", "Gymnasium"))


def test_cancelled_second_dose_leaves_the_first() -> None:
    letter = msgspec.structs.replace(
        CANCELLED, state="first_only", appointments=BOTH[:1], language="en"
    )
    mail = written(letter)
    assert "your second dose was cancelled" in part(mail, "text/plain")
    assert mail["Subject"].startswith("Inzai City: dose 2 of your COVID-19 vaccination was")
    assert "please choose another time" in part(mail, "text/plain"), "the city may have done it"
    assert len(events(mail)) == 1


def texts(letter: Letter, language: str = "en") -> list[str]:
    """Return both texts of a mail, white space made even."""
    mail = written(msgspec.structs.replace(letter, language=language))
    return [" ".join(part(mail, kind).split()) for kind in ("text/plain", "text/html")]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Thursday 2 September 2021, 15:30", "Accept", "Friday 24 September 2021, 09:15")),
        ("ja", ("2021年9月2日(木) 15:30", "この日時で予約する", "2021年9月24日(金) 09:15")),
    ],
)
def test_offer_says_until_when_what_and_how_to_accept(
    language: str, words: tuple[str, ...]
) -> None:
    for text in texts(OFFERED, language):
        wanted = (*words, "総合体育館" if language == "ja" else "Gymnasium", "yoyaku.inzai.example")
        assert [word for word in wanted if word not in text] == []
    assert "15:30" in str(written(OFFERED)["Subject"])
    page = part(written(OFFERED), "text/html")
    assert page.count('href="https://yoyaku.inzai.example"') == 2


def test_offer_is_not_put_into_a_calendar() -> None:
    for letter in (OFFERED, JOINED, LISTED, OVER):
        types = [item.get_content_type() for item in written(letter).walk()]
        assert "text/calendar" not in types
    assert len(events(written(MOVED))) == 2


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("slot_closed", "no vaccination can take place at that time"),
        ("supply_cut", "less vaccine is delivered"),
    ],
)
def test_whom_the_city_displaced_is_told_why_and_what_happens_next(reason: Any, words: str) -> None:
    assert LISTED.standby is not None
    place = msgspec.structs.replace(LISTED.standby, reason=reason)
    for text in texts(msgspec.structs.replace(LISTED, standby=place)):
        assert words in text
        assert "we are sorry" in text
        assert "Please do not come at the earlier times" in text
        assert "ahead of everybody who asked" in text
    assert OFFERED.standby is not None
    place = msgspec.structs.replace(OFFERED.standby, reason=reason)
    for text in texts(msgspec.structs.replace(OFFERED, standby=place)):
        assert words in text, "the letter that came before may have been overtaken"


def test_dose_that_was_given_is_neither_offered_nor_cancelled() -> None:
    offered = msgspec.structs.replace(OFFERED, first_is_given=True)
    listed = msgspec.structs.replace(LISTED, appointments=BOTH[:1], first_is_given=True)
    moved = msgspec.structs.replace(MOVED, first_is_given=True)
    cancelled = msgspec.structs.replace(
        CANCELLED, state="first_only", appointments=BOTH[:1], first_is_given=True
    )
    for letter in (offered, listed, moved, cancelled):
        assert not any("Friday 3 September" in text for text in texts(letter))
    assert all("Friday 24 September" in text for text in (*texts(offered), *texts(moved)))
    for letter in (listed, cancelled):
        assert all("The dose that you have had counts" in text for text in texts(letter))
    assert not any("still booked" in text for text in texts(cancelled))


def test_end_of_an_offer_says_whether_the_place_on_the_list_stays() -> None:
    assert all("still on the standby list" in text for text in texts(OVER))
    left = msgspec.structs.replace(OVER, state="cancelled", standby=None)
    assert all("no longer on the standby list" in text for text in texts(left))


def test_whoever_leaves_the_list_is_not_told_of_a_calendar() -> None:
    left = msgspec.structs.replace(CANCELLED, product_names={})
    for text in texts(left):
        assert "you have left the standby list" in text
        assert "calendar" not in text


def test_language_without_templates_is_answered_in_the_first() -> None:
    mail = written(msgspec.structs.replace(LETTER, language="tlh"))
    assert mail["Content-Language"] == "ja"


def test_mail_is_plain_seven_bit_text_on_the_wire() -> None:
    assert written(LETTER).as_bytes().isascii()


@pytest.mark.parametrize(
    ("kind", "state", "overtaken"),
    [
        ("booked", "booked", False),
        ("booked", "first_only", False),
        ("booked", "cancelled", True),
        ("changed", "booked", False),
        ("changed", "cancelled", True),
        ("cancelled", "cancelled", False),
        ("cancelled", "first_only", False),
        ("cancelled", "booked", True),
        ("cancelled", "standby", True),
        ("booked", "standby", True),
        ("booked", "offered", True),
        ("changed", "standby", True),
        ("closed_moved", "booked", False),
        ("closed_moved", "standby", True),
        ("closed_listed", "standby", False),
        ("closed_listed", "booked", True),
        ("moved", "booked", False),
        ("moved", "first_only", False),
        ("moved", "standby", True),
        ("moved", "cancelled", True),
        ("joined", "standby", False),
        ("joined", "offered", True),
        ("joined", "booked", True),
        ("joined", "cancelled", True),
        ("offered", "offered", False),
        ("offered", "standby", True),
        ("offered", "booked", True),
        ("offered", "cancelled", True),
        ("offer_over", "standby", False),
        ("offer_over", "cancelled", False),
        ("offer_over", "offered", True),
        ("offer_over", "booked", True),
        ("listed", "standby", False),
        ("listed", "offered", True),
        ("listed", "booked", True),
        ("listed", "cancelled", True),
        ("left_city", "first_only", False),
        ("left_city", "cancelled", False),
        ("left_city", "booked", True),
    ],
)
def test_letter_that_a_later_one_contradicts_is_overtaken(
    kind: Kind, state: str, overtaken: bool
) -> None:
    letter = msgspec.structs.replace(LETTER, kind=kind, state=state)
    assert is_overtaken(letter, NOW) is overtaken


@pytest.mark.parametrize("language", LANGUAGES)
def test_mail_with_a_code_shows_it_and_no_appointment(language: str) -> None:
    mail = written(msgspec.structs.replace(CODE, language=language))
    for kind in ("text/plain", "text/html"):
        assert "020304" in part(mail, kind)
        assert LETTER.appointments[0].venue.names["ja"] not in part(mail, kind)
    assert "020304" not in str(mail["Subject"])
    assert [item.get_content_type() for item in mail.iter_attachments()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_of_attempts_holds_no_code_no_appointment_and_no_contact(language: str) -> None:
    mail = written(msgspec.structs.replace(ATTEMPTS, language=language))
    for kind in ("text/plain", "text/html"):
        text = part(mail, kind)
        assert LETTER.booking_number in text
        hidden = (LETTER.contact.phone, LETTER.appointments[0].venue.names["ja"], "020304")
        assert not any(word in text for word in hidden)


def test_code_is_told_for_as_long_as_it_can_be_given() -> None:
    life = timedelta(seconds=CODE_LIFE_S)
    assert not is_overtaken(CODE, CODE.written_at + life - timedelta(seconds=1))
    assert is_overtaken(CODE, CODE.written_at + life)
    assert is_overtaken(msgspec.structs.replace(CODE, state="cancelled"), CODE.written_at)


@pytest.mark.parametrize("state", ["standby", "offered", "cancelled"])
def test_nobody_is_reminded_of_what_does_not_stand(state: Any) -> None:
    assert not is_overtaken(TOMORROW, NOW)
    assert is_overtaken(msgspec.structs.replace(TOMORROW, state=state), NOW)
    assert is_overtaken(msgspec.structs.replace(TOMORROW, reminded_of=None), NOW)


def test_reminder_that_was_held_up_is_not_sent_too_late() -> None:
    starts_at = BOTH[0].starts_at
    assert not is_overtaken(TOMORROW, starts_at - timedelta(minutes=1))
    assert is_overtaken(TOMORROW, starts_at)
    in_a_week = msgspec.structs.replace(IN_A_WEEK, reminded_of=BOTH[0])
    assert not is_overtaken(in_a_week, datetime(2021, 9, 2, 8, 59, tzinfo=SITE_TIMEZONE))
    assert is_overtaken(in_a_week, datetime(2021, 9, 2, 9, 0, tzinfo=SITE_TIMEZONE))


def test_letter_is_printed_without_its_content() -> None:
    assert repr(LETTER) == "Letter(outbox_id=7)"
