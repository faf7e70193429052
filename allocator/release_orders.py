"""Give the operators' orders about a release: open, pause, resume, close, tell who waits.

Rule 1: an order is about the release as it is stored in that moment, not as somebody saw it: it is
read and written in one transaction, in which no other edit is.
Rule 2: where it would let people book, the linter looks before (`give_sound_order`); and who has
looked at one state gives no order about another.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, Literal

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from allocator.beside_store import look_at_cohort
from allocator.errors import SealBroken
from allocator.held_against import over_findings
from allocator.model import Release
from allocator.release import Finding, ReleasePlan, has_error
from allocator.release_store import Overtaken, check_release, raise_version, transaction
from allocator.statements import statement

Order = Literal["open", "pause", "resume", "close"]

_BY_HAND: dict[Order, Literal["none", "paused", "closed"]] = {
    "open": "none",
    "pause": "paused",
    "resume": "none",
    "close": "closed",
}


def give_order(
    database_url: str, release: Release, order: Order, message: str | None, now: datetime
) -> Release:
    """Open, pause, resume or close a release without looking at it; return it as it is then.

    What is closed stays closed when it is paused. `open` brings the opening forward to `now` if it
    is later, and takes back a pause or a closing. The message is replaced when one is given, else
    kept on pause and close and emptied on open and resume; so are those of single languages,
    which would go before it. Raises `StoreAway`.
    """
    with transaction(database_url) as connection:
        stored = _held(connection, release.release_id)
        return _ordered(connection, stored, order, message, now)


def give_sound_order(
    database_url: str,
    held: ReleasePlan,
    order: Order,
    message: str | None,
    now: datetime,
    roster_key: bytes | None = None,
) -> Release | Overtaken | list[Finding]:
    """Give an order, or return the findings that stand against it.

    `held` is the release as somebody looked at it; nothing is done if an order was given since.
    Raises `StoreAway`.
    """
    if against := findings_against(database_url, held, order, now, roster_key):
        return against
    with transaction(database_url) as connection:
        stored = _held(connection, held.release.release_id)
        if stored.state_by_hand != held.release.state_by_hand:
            return Overtaken()
        return _ordered(connection, stored, order, message, now)


def findings_against(
    database_url: str,
    held: ReleasePlan,
    order: Order,
    now: datetime,
    roster_key: bytes | None = None,
) -> list[Finding]:
    """Return what is wrong with a release if an order would let people book all the same.

    A pause is taken back without: what was loaded meanwhile was held against what is paused, and
    neither a day that the staff closed nor a newer rule may keep it so. Whether anybody is of the
    cohort is looked at where `roster_key` opens the roster. Raises `StoreAway`.
    """
    is_pause = order == "resume" and held.release.state_by_hand == "paused"
    if is_pause or order not in ("open", "resume"):
        return []
    findings = [*check_release(database_url, held), *over_findings(held.release, now)]
    if roster_key is not None:
        with suppress(SealBroken):
            findings += look_at_cohort(database_url, roster_key, held.release)
    findings.sort(key=lambda finding: finding.severity)
    return findings if has_error(findings) else []


def tell(database_url: str, release: Release, message: str, language: str | None) -> Release:
    """Show a message to everybody who waits: in one language, or (None) in all without their own.

    An empty one takes it back; for all, it takes back those of every language. Returns
    the release as it is then. Raises `StoreAway`.
    """
    with transaction(database_url) as connection:
        stored = _held(connection, release.release_id)
        if language is None:
            texts = {} if not message else stored.messages
            told = msgspec.structs.replace(stored, message=message, messages=texts)
        else:
            texts = {name: text for name, text in stored.messages.items() if name != language}
            texts |= {language: message} if message else {}
            told = msgspec.structs.replace(stored, messages=texts)
        row = {"release_id": told.release_id, "message": told.message}
        connection.execute(_sql("release_told"), row | {"messages": Jsonb(told.messages)})
        raise_version(connection)
    return told


def _held(connection: psycopg.Connection[Any], release_id: str) -> Release:
    """Return a release as it is stored; it stays so to the end of the transaction."""
    connection.execute(_sql("catalogue_hold"))
    rows = connection.execute(_sql("releases")).fetchall()
    return next(Release(**row._asdict()) for row in rows if row.release_id == release_id)


def _ordered(
    connection: psycopg.Connection[Any],
    release: Release,
    order: Order,
    message: str | None,
    now: datetime,
) -> Release:
    stays_closed = order == "pause" and release.state_by_hand == "closed"
    is_kept = message is None and order in ("pause", "close")
    opens_at = min(release.opens_at, now) if order == "open" else release.opens_at
    ordered = msgspec.structs.replace(
        release,
        state_by_hand="closed" if stays_closed else _BY_HAND[order],
        message=release.message if is_kept else message or "",
        messages=release.messages if is_kept else {},
        opens_at=opens_at,
        lobby_at=min(release.lobby_at, opens_at),
    )
    columns = ("release_id", "state_by_hand", "message", "lobby_at", "opens_at")
    row: dict[str, object] = {name: getattr(ordered, name) for name in columns}
    connection.execute(_sql("release_ordered"), row | {"messages": Jsonb(ordered.messages)})
    raise_version(connection)
    return ordered


def _sql(name: str) -> bytes:
    return statement(name).encode()
