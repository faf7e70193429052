"""`seiriken backup` as an operator types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from allocator.retention_store import replace_keys
from seiriken.backup.repository import HOUSE
from tests.integration.backup.conftest import Town

BACKUP = ("backup",)


def run(
    town: Town, *arguments: str, command: Sequence[str] = BACKUP, **variables: str
) -> subprocess.CompletedProcess[str]:
    given = {
        "PATH": os.environ["PATH"],
        "BACKUP_DIR": str(town.repository.folder),
        "BACKUP_KEY_FILE": str(town.key_file),
        "DATABASE_URL": town.owner_url,
        "REDIS_URL": town.books.redis_url,
        "SECRETS_DIR": str(town.secrets_dir),
        "COLUMNS": "200",
    }
    return subprocess.run(
        [sys.executable, "-m", "seiriken.cli", *command, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=town.folder,
        env=given | variables,
    )


def run_json(town: Town, *arguments: str, **variables: str) -> Any:
    done = run(town, *arguments, "--json", **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refusal(town: Town, *arguments: str, **variables: str) -> str:
    done = run(town, *arguments, **variables)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("seiriken: ")]
    return line.removeprefix("seiriken: ")


def test_backup_is_made_listed_proved_and_restored_by_commands(town: Town) -> None:
    (town.secrets_dir / "backup.password").write_text("backup-password")
    with town.booking():
        town.wait_for_answers(10)
    made = run_json(town, "now")
    assert (made["kept"], made["removed"]) == (1, [])
    listed = run_json(town, "list", BACKUP_KEY_FILE="/nowhere")
    assert [one["backup_id"] for one in listed["backups"]] == [made["backup"]["backup_id"]]
    assert made["backup"]["backup_id"] in run(town, "list").stdout
    assert run_json(town, "drill")["findings"] == []
    assert "found nothing wrong" in run(town, "list").stdout

    again = town.folder / "again"
    restored = run_json(town, "restore", "--into", str(again))
    assert restored["note"]["journal_seq"] == len(town.answers)
    assert sorted(path.name for path in again.iterdir()) == ["postgres", "secrets"]
    assert "is not empty" in refusal(town, "restore", "--into", str(again))


def secrets_in_backups(town: Town, into: str) -> str:
    """Return all secrets that somebody with the repository and its key has."""
    folder = town.folder / into
    for backup in town.repository.backups():
        (folder / backup.backup_id).mkdir(parents=True)
        town.repository.unpack(backup, HOUSE, folder / backup.backup_id)
    return "".join(path.read_text() for path in folder.glob("*/secrets/*"))


def test_retention_tells_of_backups_that_hold_the_old_keys_and_how_they_go(town: Town) -> None:
    """With them, whoever has repository and key restores everybody whose data was removed."""
    (town.secrets_dir / "backup.password").write_text("backup-password")
    old_key = (town.secrets_dir / "roster.key").read_text()
    run_json(town, "now")
    assert old_key in secrets_in_backups(town, "before")
    foreseen = run(town, "--dry-run", "--json", command=["retention"])
    assert json.loads(foreseen.stdout)["older_backups"] == 1
    assert "1 backups of before hold all of it, and the keys" in (
        run(town, "--dry-run", command=["retention"]).stdout
    )

    assert "roster.key" in replace_keys(town.secrets_dir)
    assert len(run_json(town, "now", BACKUP_KEEP="1")["removed"]) == 1
    held = secrets_in_backups(town, "after")
    assert (old_key in held, (town.secrets_dir / "roster.key").read_text() in held) == (False, True)


def test_what_cannot_be_done_is_said_in_one_line(town: Town) -> None:
    (town.secrets_dir / "backup.password").write_text("backup-password")
    into = ("restore", "--into", str(town.folder / "again"))
    assert "there are no backups in" in refusal(town, "list")
    assert "there are no backups in" in refusal(town, *into)
    run_json(town, "now", BACKUP_KEEP="1")
    now = datetime.now(UTC)
    assert "covered is" in refusal(town, *into, "--to", "2021-08-20T12:00")
    assert "after the last WAL" in refusal(town, *into, "--to", now.isoformat())
    assert refusal(town, *into, "--to", "noon").startswith("--to: not a time such as")
    assert "No such file" in refusal(town, *into, BACKUP_KEY_FILE="/nowhere/backup.key")
    other = town.folder / "other.key"
    other.write_text("ab" * 32)
    assert "was sealed with another key" in refusal(town, *into, "--key", str(other))
    assert "BACKUP_KEEP: not a number" in refusal(town, "now", BACKUP_KEEP="ten")
    (damaged,) = town.repository.fulls_dir.glob("*/base.sealed")
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert "is damaged at chunk" in refusal(town, *into)
    assert not (town.folder / "again").exists()
    failed = run(town, "drill")
    assert failed.returncode == 1
    assert "its checksum differs" in failed.stdout


def test_configuration_of_pgbackrest_keeps_by_count_and_encrypts(town: Town) -> None:
    text = run(town, "configure", "--repository", "/backups", "--data-dir", "/data").stdout
    for line in (
        "repo1-cipher-type=aes-256-cbc",
        "repo1-retention-full-type=count",
        "repo1-retention-full=10",
        "pg1-path=/data",
        "# archive_timeout = 30s",
    ):
        assert line in text.splitlines()
