"""May a key of contact details be dropped? The rule alone: no I/O, no clock.

A key is kept for as long as anything may have to be opened with it: a stored row, a request in
the inbox, a process that has not heard of the newer key yet, a backup.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

LEARNT_AFTER = timedelta(minutes=30)
"""After that every process seals with the newest key, and what the older one sealed was decided:
ten minutes without PostgreSQL, ten more in which a gateway hands a lost request in again."""


class Uses(msgspec.Struct, frozen=True):
    """What still needs a key. `newer_since`: when the newest key was made, None if it is this one.

    `rows` are stored contacts, `requests` those in the inbox, `keys` data keys that it wraps.
    """

    rows: int
    requests: int
    newer_since: datetime | None
    keys: int = 0


class BackupsLeft(msgspec.Struct, frozen=True):
    """When the oldest backup that is kept began, and when the master key was needed last."""

    oldest_began_at: datetime | None
    needed_until: datetime


def reasons_to_keep(uses: Uses, now: datetime, backups: BackupsLeft | None = None) -> list[str]:
    """Say what still needs a key, each reason in words; none means that it may go.

    `backups` concern a master key: a data key stands in the backup of what it seals.
    """
    reasons = []
    if uses.newer_since is None:
        reasons.append("it is the newest: rotate first")
    elif now - uses.newer_since < LEARNT_AFTER:
        whole = (uses.newer_since + LEARNT_AFTER).astimezone()
        reasons.append(
            f"a process may still seal with it: wait until {whole.isoformat(timespec='seconds')}"
        )
    if uses.requests:
        reasons.append(f"{uses.requests:,} requests in the inbox may need it")
    if uses.rows:
        reasons.append(
            f"{uses.rows:,} contacts need it: seiriken keys rotate --resume seals them anew"
        )
    if uses.keys:
        reasons.append(
            f"it wraps {uses.keys:,} data keys: seiriken keys rotate --master wraps them anew"
        )
    if backups is not None and (
        backups.oldest_began_at is None or backups.oldest_began_at <= backups.needed_until
    ):
        needed = backups.needed_until.astimezone().isoformat(timespec="seconds")
        reasons.append(f"backups from before {needed} are kept, or nobody can tell")
    return reasons
