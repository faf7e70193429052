"""Heads of mails as programs read them, and the link of reminders, in the head and in the text."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from uuid import UUID

import msgspec
import pytest

from allocator.mail import Letter, render
from allocator.mail_languages import LANGUAGES
from allocator.reminder_links import link_token
from tests.unit.allocator.test_mail import (
    IN_A_WEEK,
    LETTER,
    LETTERHEAD,
    TOMORROW,
    events,
    part,
    texts,
    written,
)

TOKEN = link_token(bytes(32), UUID(int=5))
CITY = LETTERHEAD.public_url
LINK = f"{CITY}/unsubscribe/{TOKEN}"


def with_link(letter: Letter) -> Letter:
    return msgspec.structs.replace(letter, stop_token=TOKEN)


def as_sent(mail: EmailMessage) -> dict[str, str]:
    """Return a mail's headers as a mail program reads them, lines joined."""
    read = message_from_bytes(mail.as_bytes())
    return {name: "".join(str(value).splitlines()) for name, value in read.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_reminder_is_of_one_dose_and_has_the_link_that_ends_reminders(language: str) -> None:
    letter = msgspec.structs.replace(with_link(IN_A_WEEK), language=language)
    assert "24" in str(written(letter)["Subject"])
    for text in texts(letter, language):
        assert "09:15" in text
        assert "AB12CD34" in text
        assert not any(day in text for day in ("9月3日", "3 September", "2021/9/3（"))
        assert LINK in text
        assert text.replace(LINK, "").count(CITY) >= 1
    assert f'href="{LINK}"' in part(written(letter), "text/html")


def test_reminder_says_what_it_is_and_how_to_change_the_booking() -> None:
    for text in texts(TOMORROW):
        assert "this is a reminder" in text
        assert "change or cancel your booking" in text
        assert "without signing in" in text
    assert len(events(written(TOMORROW))) == 2


@pytest.mark.parametrize("letter", [IN_A_WEEK, TOMORROW])
def test_mail_program_finds_the_link_whole_and_may_press_it_itself(letter: Letter) -> None:
    headers = as_sent(written(with_link(letter)))
    assert headers["List-Unsubscribe"] == f"<{LINK}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("city", ["http://127.0.0.1:8080", "http://127.0.0.1:8080/"])
def test_without_tls_it_may_not(city: str) -> None:
    letterhead = msgspec.structs.replace(LETTERHEAD, public_url=city)
    headers = as_sent(render(with_link(IN_A_WEEK), letterhead))
    assert headers["List-Unsubscribe"] == f"<http://127.0.0.1:8080/unsubscribe/{TOKEN}>"
    assert "List-Unsubscribe-Post" not in headers


def test_news_cannot_be_turned_off() -> None:
    headers = as_sent(written(LETTER))
    assert not [name for name in headers if name.startswith("List-")]
    assert "/unsubscribe" not in written(LETTER).as_string()
