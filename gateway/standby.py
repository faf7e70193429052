"""What a resident can do about the standby list: join, look, accept an offer, leave.

The rules are those of `gateway.residents`.
"""

from __future__ import annotations

from uuid import UUID

from allocator.errors import NotYours
from gateway.acting import ActingParts
from gateway.forms import StandbyForm
from gateway.identity import Visitor
from gateway.problems import Problem
from gateway.residents import (
    Answered,
    campaign_of,
    cancel,
    contact_to_seal,
    place_view,
    told,
)
from gateway.views import StandbyView


async def join(
    parts: ActingParts, visitor: Visitor, request_id: UUID, form: StandbyForm, language: str
) -> Answered:
    """Ask for a place on the list; who could book at once is told so."""
    outcome = await parts.inbox.join(
        request_id,
        visitor.person_key,
        release_id=visitor.release_id,
        wish=form.wish,
        contact=contact_to_seal(form.contact),
        language=language,
        first_dose_elsewhere=form.first_dose_elsewhere,
        reminders=form.reminders,
    )
    return await told(parts, visitor, request_id, outcome, form)


async def on_list(parts: ActingParts, visitor: Visitor) -> StandbyView | Problem:
    """Return where the person stands on the list, and what they are offered."""
    found = await parts.reads.standby_of(visitor.person_key, campaign_of(visitor))
    if found is None:
        return Problem("not_on_standby")
    return place_view(parts, found.booking, found.ahead)


async def accept(parts: ActingParts, visitor: Visitor, request_id: UUID) -> Answered:
    """Take the pair that is offered."""
    outcome = await parts.inbox.accept(
        request_id, visitor.person_key, campaign_id=campaign_of(visitor)
    )
    return await told(parts, visitor, request_id, outcome, "accept")


async def leave(parts: ActingParts, visitor: Visitor, request_id: UUID) -> Answered:
    """Leave the list. A booking is never given up by this, unless it is made just now."""
    if not await _may_leave(parts, visitor, request_id):
        return Problem("not_on_standby")
    return await cancel(parts, visitor, request_id, "both")


async def _may_leave(parts: ActingParts, visitor: Visitor, request_id: UUID) -> bool:
    """Say whether the person stands on the list, or this request was answered before."""
    if await parts.reads.standby_of(visitor.person_key, campaign_of(visitor)) is not None:
        return True
    try:
        return await parts.reads.outcome(request_id, visitor.person_key) is not None
    except NotYours:
        return True  # The allocator says that the id is another's.
