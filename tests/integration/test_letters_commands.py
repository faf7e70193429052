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
from tests.integration.stored import PERSONAL, Stored

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
