"""The page of messages that ended untold, with something to show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from allocator.dead_letters import DeadLetter
from gateway.staff.access import Role

NOW = datetime(2021, 6, 1, 0, 30, tzinfo=UTC)
LETTERS = [
    DeadLetter(12, "booked", "refused", 1, NOW, NOW, "AB12CD34"),
    DeadLetter(7, "reminder_day", "given_up", 1_234, NOW, NOW, "QR56ST78"),
]


def _messages(letters: list[DeadLetter], **changes: object) -> Mapping[str, object]:
    return {"letters": letters, "shown_max": 2, "days": 30, "again": None, **changes}


SAMPLES: tuple[tuple[str, Role | None, str, Mapping[str, object]], ...] = (
    ("messages", "operator", "staff_messages.html", _messages(LETTERS)),
    ("messages-again", "supervisor", "staff_messages.html", _messages(LETTERS[:1], again=1_234)),
    ("messages-none", "operator", "staff_messages.html", _messages([], again=0)),
)
