"""The names of the room's keys in Redis, in one place.

The scripts in `lua/` build the same names themselves (`lua/room.lua`); they touch keys
of one person and one release that are known only there, so the room is not for
Redis Cluster. Person keys are raw bytes; a session is named by its token's digest.
"""

from __future__ import annotations

PUBLISHED = "published"
CATALOGUE = "catalogue"
INBOX = "inbox"
COMMIT = "commit"
CURRENT = "room:current"
TICKED = "room:ticked"
ENDED_ALL = b"ended-for-all"
"""STRING, unix seconds: the staff ended everybody's sessions and place tokens then."""
RECORDS = "room:records"
"""STREAM of what is put on record of the draws; `allocator.record_store` empties it."""


def meta(release_id: str) -> str:
    """HASH of what is known of a release's line (fields: see `waiting_room.facts`)."""
    return f"room:{release_id}:meta"


def places(release_id: str) -> str:
    """HASH person key → arrival index (from 0)."""
    return f"room:{release_id}:places"


def inside(release_id: str) -> str:
    """ZSET person key → unix second until which the seat inside is held."""
    return f"room:{release_id}:inside"


def active(release_id: str) -> str:
    """ZSET person key → unix second in which somebody inside was seen last."""
    return f"room:{release_id}:active"


def entered(release_id: str) -> str:
    """ZSET person key → place, of everybody who ever came in."""
    return f"room:{release_id}:entered"


def status(release_id: str) -> str:
    """STRING, status.json as the tick wrote it."""
    return f"room:{release_id}:status"


def rate(release_id: str) -> str:
    """STRING, people per minute as the operator fixed it; missing: automatic."""
    return f"room:{release_id}:rate"


def cap(release_id: str) -> str:
    """STRING, greatest number inside as the operator set it; missing: none."""
    return f"room:{release_id}:cap"


def desk_line(release_id: str) -> str:
    """ZSET person key → unix second of their call to the phone desk, until they are called in."""
    return f"room:{release_id}:desk_line"


def desk_called(release_id: str) -> str:
    """ZSET person key → unix second until which whom the desk called in may come."""
    return f"room:{release_id}:desk_called"


def desk_at_work(release_id: str) -> str:
    """STRING that is there while somebody has rung the desk of late."""
    return f"room:{release_id}:desk_at_work"


def returns(release_id: str) -> str:
    """HASH person key → how often they came in again after their session had ended."""
    return f"room:{release_id}:returns"


def told(release_id: str) -> str:
    """LIST of what was told about the stock, oldest first (`waiting_room.calibration`)."""
    return f"room:{release_id}:told"


def stock(release_id: str) -> str:
    """STRING, pairs left, published by the allocator."""
    return f"stock:{release_id}"


def session(session_digest: bytes) -> str:
    """HASH of a live session."""
    return f"session:{session_digest.hex()}"


def sessions(person_key: bytes) -> bytes:
    """LIST of the digests (hex) of a person's sessions, the newest first."""
    return b"sessions:" + person_key


def ended(person_key: bytes) -> bytes:
    """STRING, unix seconds: the staff ended the person's sessions and place tokens then."""
    return b"ended:" + person_key


def draft(digest: bytes) -> str:
    """STRING, what a person typed, sealed by the gateway, which chooses the digest."""
    return f"draft:{digest.hex()}"
