"""`seiriken letters`: what ended untold is seen, and told once more when that is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from typer.testing import CliRunner

from allocator.outbox import Outbox
from seiriken.cli import app
from seiriken.errors import CommandError
from tests.integration.stored import PERSONAL, Stored, StoredBooking

KEY = bytes(32)


@pytest.fixture
def stored(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stored]:
    for name, value in (("DATABASE_URL", database_url), ("REDIS_URL", "-"), ("SECRETS_DIR", "-")):
        monkeypatch.setenv(name, value)
    with closing(Stored(database_url, KEY)) as made:
        yield made


def answered(*words: str) -> Any:
    done = CliRunner().invoke(app, ["letters", *words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def ended(stored: Stored, result: str, days_ago: int = 0) -> int:
    """Put a message in that has ended."""
    outbox_id = stored.message(stored.book())
    stored.connection.execute(
        "UPDATE outbox SET result = %s, attempts = 3, done_at = now() - make_interval(days => %s) "
        "WHERE outbox_id = %s",
        [result, days_ago, outbox_id],
    )
    return outbox_id


def by_the_city(stored: Stored, kind: str) -> tuple[int, StoredBooking]:
    """Return a message of what the city did to somebody's booking, who left no address."""
    booking = stored.book()
    outbox_id = stored.message(booking, kind)
    stored.connection.execute(
        "UPDATE outbox SET result = 'no_address', done_at = now() WHERE outbox_id = %s", [outbox_id]
    )
    return outbox_id, booking


def test_only_what_ended_untold_is_listed_and_nothing_personal(stored: Stored) -> None:
    told = [ended(stored, result) for result in ("sent", "no_address", "overtaken")]
    refused, given_up = ended(stored, "refused"), ended(stored, "given_up")
    old = ended(stored, "refused", days_ago=40)
    shown = answered("list")
    assert [one["outbox_id"] for one in shown["letters"]] == [given_up, refused]
    assert [one["outbox_id"] for one in answered("list", "--days", "60")["letters"]][-1] == old
    plain = CliRunner().invoke(app, ["letters", "list"]).stdout
    assert [mark for mark in PERSONAL if mark in plain + str(shown)] == []
    assert not {str(one) for one in told} & {str(one["outbox_id"]) for one in shown["letters"]}


def test_named_message_is_told_once_more(stored: Stored, database_url: str) -> None:
    refused, other = ended(stored, "refused"), ended(stored, "given_up")
    assert answered("retry", str(refused)) == {"put_back": [refused], "not_found": []}
    outbox = Outbox(database_url, KEY)
    assert outbox.due(10) == [refused]
    outbox.close()
    assert [one["outbox_id"] for one in answered("list")["letters"]] == [other]


def test_all_of_some_days_are_told_once_more_and_nothing_that_was_told(stored: Stored) -> None:
    sent, old = ended(stored, "sent"), ended(stored, "refused", days_ago=9)
    new = [ended(stored, "refused"), ended(stored, "given_up")]
    assert answered("retry", "--all", "--days", "7")["put_back"] == new
    assert stored.state(sent) == (True, "sent")
    assert stored.state(old) == (True, "refused")


def test_what_was_told_is_not_told_again(stored: Stored) -> None:
    sent = ended(stored, "sent")
    done = CliRunner().invoke(app, ["letters", "retry", str(sent)])
    assert isinstance(done.exception, CommandError)
    assert str(sent) in str(done.exception)
    assert stored.state(sent) == (True, "sent")


@pytest.mark.parametrize("words", [(), ("7", "--all")])
def test_it_is_said_plainly_which_messages(stored: Stored, words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, ["letters", "retry", *words])
    assert isinstance(done.exception, CommandError)
    assert "name messages, or say --all" in str(done.exception)


def test_people_whom_the_desk_tells_are_listed_by_their_bookings_offers_first(
    stored: Stored,
) -> None:
    moved, booking = by_the_city(stored, "moved")
    offer, offered = by_the_city(stored, "offered")
    by_the_city(stored, "booked")
    stored.connection.execute(
        "UPDATE booking SET state = 'offered', standby = "
        """'{"rank": 1, "reason": "asked", "offered_until": "2031-06-10T12:00:00+09:00"}' """
        "WHERE booking_id = %s",
        [offered.booking_id],
    )
    shown = answered("untold")["untold"]
    assert [one["outbox_id"] for one in shown] == [offer, moved]
    assert shown[0]["offered_until"] == "2031-06-10T12:00:00+09:00"
    plain = CliRunner().invoke(app, ["letters", "untold"]).stdout
    assert booking.booking_number in plain
    assert [mark for mark in PERSONAL if mark in plain + str(shown)] == []


def test_who_was_told_is_off_the_list_and_it_is_noted_who_says_so(stored: Stored) -> None:
    outbox_id, booking = by_the_city(stored, "listed")
    assert answered("told", str(outbox_id), "--by", "anna") == {"told": outbox_id}
    assert answered("untold") == {"untold": []}
    assert stored.state(outbox_id) == (True, "told_by_desk")
    noted = "SELECT login, role, act, person_key, reason, came_from FROM staff_look"
    lines = stored.connection.execute(noted.encode()).fetchall()
    told = ("anna", "command", "told_by_desk", booking.person_key, str(outbox_id), "command")
    assert lines == [told]

    again = CliRunner().invoke(app, ["letters", "told", str(outbox_id)])
    assert isinstance(again.exception, CommandError)
    assert "not on the list" in str(again.exception)
    assert stored.connection.execute(noted.encode()).fetchall() == lines
