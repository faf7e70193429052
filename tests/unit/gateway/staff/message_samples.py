"""The page of messages that reached nobody, with something to show, and whom the desk tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from allocator.dead_letters import DeadLetter
from gateway.staff.access import Role
from gateway.staff.untold import ToBeTold, UntoldPerson
from tests.unit.gateway.staff.call_samples import DOSES

NOW = datetime(2021, 6, 1, 0, 30, tzinfo=UTC)
LETTERS = [
    DeadLetter(12, "booked", "refused", 1, NOW, NOW, "AB12CD34"),
    DeadLetter(7, "reminder_day", "given_up", 1_234, NOW, NOW, "QR56ST78"),
]
OFFERED = ToBeTold(31, "offered", NOW, "WX90YZ12", NOW)
UNTOLD = [
    OFFERED,
    ToBeTold(29, "closed_listed", NOW, "AB12CD34", None),
    ToBeTold(30, "cancelled", NOW, "QR56ST78", None),
]
PERSON = UntoldPerson(
    *(OFFERED, b"p" * 16, "試験 百合", "0476421111", "vi", "0012345678"), date(1950, 1, 31), DOSES
)
GONE = replace(PERSON, message=UNTOLD[2], ticket_number="", birth_date=None, doses=())
LIST, ONE = "staff_messages.html", "staff_untold.html"


def _messages(letters: list[DeadLetter], **changes: object) -> Mapping[str, object]:
    base = {"letters": letters, "untold": [], "shown_max": 2, "days": 30, "again": None}
    return {**base, "told": "", "may_send": True, "may_tell": True, **changes}


SAMPLES: tuple[tuple[str, Role | None, str, Mapping[str, object]], ...] = (
    ("messages", "operator", LIST, _messages(LETTERS, untold=UNTOLD[:2], may_tell=False)),
    ("messages-again", "supervisor", LIST, _messages(LETTERS[:1], again=1_234)),
    ("messages-none", "operator", LIST, _messages([], again=0, may_tell=False)),
    ("messages-clerk", "clerk", LIST, _messages([], untold=UNTOLD, may_send=False)),
    ("messages-told", "clerk", LIST, _messages([], told="done", may_send=False)),
    ("messages-before", "supervisor", LIST, _messages([], untold=UNTOLD, told="before")),
    ("untold", "clerk", ONE, {"person": PERSON}),
    ("untold-gone", "supervisor", ONE, {"person": GONE}),
)
