"""What a resident can do for two: book for themselves and a companion, both or neither.

The rules are those of `gateway.residents`. Who confirms a companion differs: a resident's own
gateway here, the staff's in `gateway.staff.companions`; what is asked of the allocator does not.
"""

from __future__ import annotations

from uuid import UUID

from allocator.errors import NotYours
from gateway.acting import ActingParts
from gateway.attempting import Attempt, refusal_of
from gateway.fields import FieldError
from gateway.forms import SignInForm, TogetherForm
from gateway.identity import Credentials, Visitor, credentials
from gateway.parts import Parts
from gateway.problems import Problem, invalid
from gateway.residents import Answered, contact_to_seal, told


async def book_together(
    parts: Parts,
    visitor: Visitor,
    request_id: UUID,
    form: TogetherForm,
    *,
    attempt: Attempt,
    language: str,
) -> Answered:
    """Ask for two pairs, at the same time or in adjoining slots.

    The companion is confirmed as at a sign-in, with the same counting of failures:
    this is no second door for guessing (R2).
    Two come in with one turn: whoever has booked, and given back, cannot bring the next.
    """
    if await has_had_its_turn(parts, visitor, request_id):
        return Problem("not_inside")
    who = await confirm(parts, visitor, form.companion.identity, attempt)
    if isinstance(who, Problem):
        return who
    return await hand_in(parts, visitor, request_id, form, who, language)


async def hand_in(
    parts: ActingParts,
    visitor: Visitor,
    request_id: UUID,
    form: TogetherForm,
    who: Credentials,
    language: str,
) -> Answered:
    """Ask the allocator for both; `who` is the companion, confirmed for this request."""
    outcome = await parts.inbox.book_together(
        request_id,
        visitor.person_key,
        release_id=visitor.release_id,
        wish=form.wish,
        contact=contact_to_seal(form.contact),
        language=language,
        companion_key=who.person_key,
        companion_contact=contact_to_seal(form.companion.contact),
        reminders=form.reminders,
    )
    return await told(parts, visitor, request_id, outcome, form)


def may_bring(visitor: Visitor) -> bool:
    """Say whether somebody can still be brought along: one turn is for two and no more."""
    return visitor.session is not None and visitor.session.kind != "booked"


async def confirm(
    parts: Parts, visitor: Visitor, identity: SignInForm, attempt: Attempt
) -> Credentials | Problem:
    """Confirm who comes along; a failure counts, and is answered, as at a sign-in."""
    who = credentials(parts.keys.identity, identity)
    if who.person_key == visitor.person_key:
        return invalid([FieldError("companion.ticket_number", "same_person")])
    now = parts.clock().timestamp()
    answer = await parts.line.confirm(
        *(who.person_key, who.birth_check, attempt.network, now),
        pin_check=who.pin_check,
        device=attempt.device(parts, who.person_key),
        proof=attempt.proof,
    )
    no = refusal_of(parts, answer, attempt.network, not_confirmed="companion_not_confirmed")
    return who if no is None else no


async def has_had_its_turn(parts: ActingParts, visitor: Visitor, request_id: UUID) -> bool:
    """Say whether the session has booked, and this is not a repeated request."""
    if visitor.session is None or visitor.session.kind != "booked":
        return False
    try:
        return await parts.reads.outcome(request_id, visitor.person_key) is None
    except NotYours:
        return False  # The allocator refuses the id.
