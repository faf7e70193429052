"""`seiriken incident`, `maintenance` and `contacts`: on files alone, with no server running."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from monitoring.bulletin.incidents import NotPossible
from seiriken.bulletin_commands import contacts, incident, maintenance
from seiriken.errors import CommandError

WORDS = ("--ja", "予約ができません。", "--en", "Booking is not possible.")
FAR = (datetime.now(UTC) + timedelta(days=20)).date()


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let the commands find the folder of the test."""
    monkeypatch.setenv("BULLETIN_DIR", str(tmp_path / "bulletin"))
    return tmp_path / "bulletin"


def run(app: typer.Typer, *arguments: str) -> Result:
    """Run a command; what it raises is raised here."""
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def told(app: typer.Typer, *arguments: str) -> Any:
    """Run a command with --json and return what it printed."""
    done = run(app, *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_incident_is_opened_updated_resolved_and_listed() -> None:
    first = told(incident, "open", *WORDS, "--next", "15")
    name = first["incident_id"]
    assert told(incident, "update", name, *WORDS)["entries"][1]["stage"] == "updated"
    shown = run(incident, "list").stdout
    assert name in shown
    assert "updated" in shown
    assert told(incident, "resolve", name, *WORDS)["entries"][2]["next_at"] is None
    assert [one["incident_id"] for one in told(incident, "list")] == [name]
    with pytest.raises(NotPossible, match="is resolved"):
        run(incident, "update", name, *WORDS)


def test_incident_that_is_not_there_and_texts_that_are_empty_are_said_so() -> None:
    with pytest.raises(NotPossible, match="no incident x"):
        run(incident, "resolve", "x", *WORDS)
    with pytest.raises(NotPossible, match="`en` is missing"):
        run(incident, "open", "--ja", "あ", "--en", " ")
    assert run(incident, "list").stdout == "no incidents\n"


def test_downtime_is_planned_a_week_ahead_or_declared_an_emergency() -> None:
    soon = datetime.now(UTC) + timedelta(days=1)
    span = ("--from", soon.isoformat(), "--to", (soon + timedelta(hours=1)).isoformat())
    with pytest.raises(NotPossible, match="7 days"):
        run(maintenance, "plan", *span)
    urgent = told(maintenance, "plan", *span, "--emergency", "a disk dies")
    assert urgent["emergency"] == "a disk dies"
    later = ("--from", f"{FAR}T22:00", "--to", f"{FAR}T23:30")
    shown = run(maintenance, "plan", *later).stdout
    assert "announced" in shown
    assert "22:00 JST to" in shown
    called_off = told(maintenance, "cancel", urgent["plan_id"])
    assert called_off["cancelled_at"] is not None
    assert "cancelled" in run(maintenance, "list").stdout


def test_time_that_is_none_is_said_at_its_option() -> None:
    with pytest.raises(CommandError, match="--from: a time is written as"):
        run(maintenance, "plan", "--from", "tomorrow", "--to", f"{FAR}T23:30")


def test_contacts_are_listed_without_the_secrets_of_their_addresses(folder: Path) -> None:
    url = "mailtos://duty:very-secret@mail.example?to=duty@inzai.example"
    assert "very-secret" not in run(contacts, "add", "duty", url).stdout
    shown = run(contacts, "list").stdout
    assert "duty" in shown
    assert "very-secret" not in shown
    assert (folder / "contacts.json").stat().st_mode & 0o777 == 0o600
    assert told(contacts, "remove", "duty") == {"removed": "duty"}
    with pytest.raises(NotPossible, match="no contact"):
        run(contacts, "remove", "duty")
    with pytest.raises(NotPossible, match="not an address"):
        run(contacts, "add", "duty", "nothing")


def test_test_notice_that_reaches_nobody_fails() -> None:
    assert run(contacts, "test").exit_code == 1
    run(contacts, "add", "duty", "json://127.0.0.1:9/hook")
    done = run(contacts, "test")
    assert done.exit_code == 1
    assert "NOT reached" in done.stdout


def test_system_that_is_not_there_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BULLETIN_DIR")
    with pytest.raises(CommandError, match="no system is in"):
        run(incident, "list", "--home", "/nonexistent/home")
