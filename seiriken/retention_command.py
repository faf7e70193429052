"""`seiriken retention`: personal data goes when the campaigns are over (docs/retention.md)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from allocator.retention_store import Personal
    from seiriken.target import Target

_DAYS_USUAL = 90
"""As `allocator.retention.RETENTION_DAYS`, which is not imported for `--help`."""

_BY_HAND = (
    "the secrets' folder may not be written here: replace these files by hand now, and start"
    " every process anew (docs/retention.md)"
)

_FILE_BY_HAND = (
    "Redis did not write its file anew, so what was removed is still in it, sealed: run"
    " BGREWRITEAOF as a user who may (docs/retention.md)"
)

_OLDER_BACKUPS = (
    "backups of before hold all of it, and the keys that open it: once all has started anew,"
    " BACKUP_KEEP=1 seiriken backup now makes one and removes these (docs/retention.md)"
)


def retention(
    days: Annotated[
        int, typer.Option(min=0, max=3_650, help="After the last day of vaccination.")
    ] = _DAYS_USUAL,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and when; remove nothing.")
    ] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="With --dry-run: as if it were."),
    ] = None,
    without_campaign: Annotated[
        bool,
        typer.Option(
            "--without-campaign",
            help="Also a roster of which nobody has booked: no campaign is to come for it.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Remove residents' data for good, once the campaigns have been over for so many days.

    What stays are numbers without persons: bookings and doses by day, place and vaccine.
    """
    from allocator.model import SITE_TIMEZONE
    from allocator.retention import reasons_to_wait, removal_day
    from allocator.retention_store import count_personal, read_facts
    from seiriken.target import find_target

    if as_of is not None and not dry_run:
        raise CommandError("--as-of is for --dry-run: nothing is removed before its day")
    target, now = find_target(home), datetime.now(SITE_TIMEZONE)
    at = now if as_of is None else as_of.replace(tzinfo=SITE_TIMEZONE)
    facts = read_facts(target.database_url, target.redis_url, at)
    reasons = reasons_to_wait(facts, at.date(), days, without_campaign=without_campaign)
    day = removal_day(facts, days)
    found = count_personal(target.database_url, target.redis_url)
    older = _older_backups(target)
    if dry_run:
        shown_day = day.isoformat() if day else None
        _show_dry_run(found, shown_day, reasons, older, as_json=as_json)
        return
    if reasons:
        raise CommandError("nothing is removed: " + "; ".join(reasons))
    if not yes:
        shown = "\n".join(_lines(found))
        typer.confirm(f"{shown}\nRemove all of it for good?", abort=True, err=True)
    _show_done(found, _remove(target), older, as_json=as_json)


@dataclass(frozen=True)
class _Done:
    """What was removed beside the counts; `replaced` is None where keys may not be replaced."""

    replaced: list[str] | None
    mails: int
    redis_file_rewritten: bool


def _remove(target: Target) -> _Done:
    from allocator.retention_store import (
        remove_from_redis,
        remove_from_tables,
        replace_keys,
        rewrite_redis_file,
    )

    remove_from_tables(target.database_url)
    remove_from_redis(target.redis_url)
    is_rewritten = rewrite_redis_file(target.redis_url)
    mails = list(target.home.mail_dir.iterdir()) if target.home is not None else []
    for mail in mails:
        mail.unlink()
    may_replace = os.access(target.secrets_dir, os.W_OK)
    replaced = replace_keys(target.secrets_dir) if may_replace else None
    return _Done(replaced, len(mails), is_rewritten)


def _older_backups(target: Target) -> int | None:
    """Return how many backups hold what goes; None where the repository is not known, or not read.

    Each has the secrets, too (`seiriken.backup.taking`).
    """
    from seiriken.backup.errors import BackupError
    from seiriken.backup.repository import Repository

    if named := os.environ.get("BACKUP_DIR"):
        repository = Repository(Path(named), None)
    elif target.home is not None:
        repository = Repository(target.home.backups_dir, None)
    else:
        return None
    if not repository.fulls_dir.is_dir():
        return 0
    try:
        return len(repository.backups())
    except (BackupError, OSError):
        return None


def _lines_of_backups(older: int | None) -> list[str]:
    if older is None:
        return [_OLDER_BACKUPS]
    return [f"{older:,} {_OLDER_BACKUPS}"] if older else []


def _lines(found: Personal) -> list[str]:
    return [
        f"{found.roster:,} people of the roster",
        f"{found.contacts:,} contact details of bookings",
        f"{found.data_keys:,} data keys that seal them",
        f"{found.staff_sessions:,} sessions and {found.staff_attempts:,} counters of the staff",
        f"{found.redis_keys:,} keys in Redis: places, sessions, drafts, answers",
    ]


def _show_dry_run(
    found: Personal, day: str | None, reasons: list[str], older: int | None, *, as_json: bool
) -> None:
    if as_json:
        shown = {"found": found, "from_day": day, "reasons_to_wait": reasons}
        print_json(shown | {"older_backups": older})
        return
    said = [f"not yet: {reason}" for reason in reasons] or ["it may go now"]
    print_lines([*_lines(found), *_lines_of_backups(older), *said])


def _show_done(found: Personal, done: _Done, older: int | None, *, as_json: bool) -> None:
    from allocator.retention_store import KEYS_REPLACED

    replaced, mails = done.replaced, done.mails
    if as_json:
        by_hand = list(KEYS_REPLACED) if replaced is None else []
        shown = {"removed": found, "mails": mails, "keys_replaced": replaced or []}
        written = {"redis_file_rewritten": done.redis_file_rewritten, "older_backups": older}
        print_json({**shown, "replace_by_hand": by_hand, **written})
        return
    keys = (
        f"keys replaced: {', '.join(replaced)}; now start all anew: seiriken down, seiriken up"
        if replaced is not None
        else f"{_BY_HAND}: {', '.join(KEYS_REPLACED)}"
    )
    print_lines(["removed:", *_lines(found), f"{mails:,} mails in the folder", keys])
    if not done.redis_file_rewritten:
        print_lines([_FILE_BY_HAND])
    print_lines(_lines_of_backups(older))
    print_lines(["destroy every copy of the old secrets: with it, older backups could be read"])
