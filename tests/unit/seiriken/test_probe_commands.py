"""`seiriken probe run` shows each step with its time, and what the run came to."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from monitoring.probe_run import Run, StepTaken
from seiriken.errors import CommandError
from seiriken.probe_commands import app, lines_of

STEPS = (StepTaken("landing", 0.0123), StepTaken("sign_in", 1.5))


def test_each_step_has_its_line_and_the_last_says_how_it_ended() -> None:
    assert lines_of(Run("ok", STEPS)) == [
        "  landing          12.3 ms",
        "  sign_in        1500.0 ms",
        "ok",
    ]
    assert lines_of(Run("waiting", STEPS))[-1] == "waiting"


def test_failure_names_its_step_and_reason() -> None:
    failed = Run("failed", STEPS, "sign_in", "timeout")
    assert lines_of(failed)[-1] == "failed: sign_in (timeout)"


def test_certificate_is_told_of_when_there_is_one() -> None:
    told = lines_of(Run("ok", STEPS, certificate_expires_at=4_070_908_800.0))
    assert told[2].startswith("  the certificate expires at 20")


def test_it_must_be_known_where_to_go(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path))
    nowhere = CliRunner().invoke(app, ["run", *home])
    assert isinstance(nowhere.exception, CommandError)
    assert "--url" in str(nowhere.exception)
    no_address = CliRunner().invoke(app, ["run", *home, "--url", "a.example"])
    assert str(no_address.exception) == "--url begins with http:// or https://"
