"""The step up: contact details are masked until a code that was mailed to them is given.

Rule 1: a code belongs to one session and one booking. Given in time, it opens that booking's
details in that session until the session ends; nothing else changes hands.
Rule 2: no code is kept. What Redis holds is the challenge, of which nobody without the key can
make the code (`allocator.codes`).
Rule 3: a try is used up before it is looked at. A wrong code, one that is too old and one that
was never asked for are answered in words that tell no more than how many tries are left.
Rule 4: whoever has used up tries or codes may ask again when the first code's life is over.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from redis.asyncio import Redis

from allocator.model import Refusal
from allocator.phones import mobile_number
from allocator.reads import ASKED_STREAM, CODE_LIFE_S, Contact, HeldBooking, code_for
from gateway.fields import FieldError
from gateway.identity import Visitor
from gateway.masking import masked
from gateway.parts import Parts
from gateway.problems import Problem, invalid, refused, too_many_attempts
from gateway.residents import campaign_of
from monitoring import metrics
from waiting_room import keys
from waiting_room.errors import room_away

CODE_FIELD = "code"
TRIES_MAX = 5
ASKED_MAX = 3
"""So many codes a person may ask for within one code's life."""

_LUA = Path(__file__).parent / "lua"


def _script(name: str) -> str:
    return (_LUA / f"{name}.lua").read_text(encoding="utf-8")


_ASKED, _TRIED, _GIVEN = map(_script, ("code_asked", "code_tried", "code_given"))


@dataclass(frozen=True)
class ContactShown:
    """Contact details as a session may show them. `asked`: a code was, and can be given.

    `by_text`: whose they are is written by short message (SMS).
    """

    contact: Contact
    in_full: bool = False
    asked: bool = False
    by_text: bool = False


@dataclass(frozen=True)
class CodeSent:
    """A code is on its way."""

    tries: int = TRIES_MAX
    lives_s: int = CODE_LIFE_S


async def shown(parts: Parts, visitor: Visitor, booking_id: UUID, contact: Contact) -> ContactShown:
    """Return a booking's contact details, masked unless their code was given. Raises `RoomAway`."""
    digest = _digest_of(visitor)
    by_text = is_texted(contact, has_texts=parts.settings.short_messages)
    with room_away():
        opened = await parts.redis.hget(keys.session(digest), "shows")
        if opened == booking_id.bytes:
            return ContactShown(contact, in_full=True, by_text=by_text)
        tried = await parts.redis.hget(f"step_up:asked:{digest.hex()}", "tried")
    asked = tried is not None and int(tried) < TRIES_MAX
    return ContactShown(masked(contact), asked=asked, by_text=by_text)


def is_texted(contact: Contact, *, has_texts: bool) -> bool:
    """Say whether somebody is told by short message: without an address, with a mobile phone.

    `has_texts`: the city sends short messages.
    """
    has_mobile = mobile_number(contact.phone) is not None
    return has_texts and not contact.email and has_mobile


async def ask(parts: Parts, visitor: Visitor) -> CodeSent | Problem:
    """Have a code mailed to the address that was given with the booking.

    Raises:
        RoomAway: Redis does not answer.
    """
    held = await _held(parts, visitor)
    if isinstance(held, Problem):
        return held
    args = (
        *(_digest_of(visitor).hex(), visitor.person_key),
        *(uuid4().bytes, held.booking.booking_id.bytes),
        *(parts.clock().timestamp(), CODE_LIFE_S, ASKED_MAX, ASKED_STREAM),
    )
    retry_after_s = int(await _run(parts.redis, _ASKED, *args))
    if retry_after_s > 0:
        metrics.SECURITY_EVENTS.labels("too_many_codes").inc()
        return too_many_attempts(retry_after_s)
    return CodeSent()


async def give(parts: Parts, visitor: Visitor, code: str) -> Problem | None:
    """Open the details with a code; the problem stands at its field. Raises `RoomAway`."""
    session = _digest_of(visitor).hex()
    found = await _run(parts.redis, _TRIED, session, TRIES_MAX)
    if found is None:
        return _not_this_code(0)
    challenge, booking, tries_left = UUID(bytes=found[0]), UUID(bytes=found[1]), int(found[2])
    if not hmac.compare_digest(code_for(parts.keys.code, challenge, booking), code):
        return _not_this_code(tries_left)
    await _run(parts.redis, _GIVEN, session, booking.bytes)
    return None


def _not_this_code(tries_left: int) -> Problem:
    metrics.SECURITY_EVENTS.labels("wrong_code").inc()
    if tries_left == 0:
        return invalid([FieldError(CODE_FIELD, "used_up")])
    return invalid([FieldError(CODE_FIELD, "not_this_code", {"left": tries_left})])


async def _held(parts: Parts, visitor: Visitor) -> HeldBooking | Problem:
    held = await parts.reads.booking_of(visitor.person_key, campaign_of(visitor))
    if held is None:
        return refused(Refusal.NO_BOOKING)
    by_text = is_texted(held.contact, has_texts=parts.settings.short_messages)
    return held if held.contact.email or by_text else Problem("no_address")


async def _run(redis: Redis, script: str, *args: bytes | str | float) -> Any:
    with room_away():
        return await redis.register_script(script)(args=args)


def _digest_of(visitor: Visitor) -> bytes:
    assert visitor.session_digest is not None, "the policy of these routes asks for a session"
    return visitor.session_digest
