"""Carry out one order of the staff: hand it in, wait for the answer, and say what came of it.

Rule 1: an order is handed in through the inbox like any request, and decided by the
allocator alone. Its id is said before the waiting: with it the same order can be
asked about again, and is never carried out twice.
Rule 2: nothing personal is printed; people are named by their booking numbers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from seiriken.errors import CommandError
from seiriken.progress import Steps
from seiriken.target import Target

if TYPE_CHECKING:
    from allocator.commands import Command
    from allocator.inbox import Inbox
    from allocator.model import Booking, Outcome, Refusal
    from allocator.sealing import Contact

WAIT_S = 60.0
INBOX_LENGTH_MAX = 20_000
NUMBERS_SHOWN_MAX = 20
IS_TOLD = 'is told by mail or SMS, or stands on the staff page "Messages not told"'
"""What becomes of everybody whose booking an order changed."""
AT_ONCE_MAX = 200
"""Orders of one command that wait for their answers together: residents' requests go between."""

REFUSED = {
    "id_reused": "this request id belongs to another order; leave --request-id out for a new one",
    "not_eligible": "this person is not on the roster, or not among those of the release",
    "outside_release": "no such slots in this release, or the release is not open for that",
    "already_booked": "this person has a booking already",
    "no_booking": "this person has no such dose booked",
    "dose_given": "a dose was given already that this would undo; take back the later mark first",
    "first_dose_not_given": "the first dose is not marked as given yet; mark it first",
    "not_the_day": "the appointment is on another day: a dose is marked on its day or later, "
    "and whoever walks in needs a slot of today",
    "past_cut_off": "the slot has begun already",
    "too_many_at_once": "more bookings than one order may move; close fewer slots at once",
    "second_doses_protected": "more doses than that are needed for second doses, which people "
    "who had their first dose keep; leave more doses, or close slots",
    "interval_not_met": "the first dose was of another vaccine, or too short a time ago",
    "no_second_dose": "no second dose is free that goes with it",
    "no_first_dose": "no first dose is free in this slot",
}
"""Why an order was refused, in the staff's words; residents' words are in `gateway.problems`."""


@dataclass(frozen=True)
class Errand:
    """One order on its way. `contact` is not sealed yet; `command` has none."""

    request_id: UUID
    person_key: bytes
    command: Command
    contact: Contact | None = None


def carry_out(target: Target, errand: Errand, steps: Steps, wait_s: float = WAIT_S) -> Outcome:
    """Hand an order in and wait for its answer.

    Raises:
        CommandError: no answer came in time; it says how to ask again.
        InboxFull, InboxAway: nothing was handed in, or nobody can tell.
    """
    steps.say(f"request {errand.request_id}")
    with steps.step("waiting for the allocator"):
        outcome = asyncio.run(_handed_in(target, errand, wait_s))
    if outcome is None:
        raise CommandError(
            f"no answer within {wait_s:.0f} s. The order was handed in and may still be carried "
            f"out; ask again by the same order with --request-id {errand.request_id}"
        )
    return outcome


def carry_out_all(
    target: Target,
    errands: Sequence[Errand],
    advance: Callable[[int], None] = lambda _: None,
    wait_s: float = WAIT_S,
) -> list[Outcome | None]:
    """Hand orders without contact details in, several at a time; None where no answer came.

    `advance` is told how many more have an answer.

    Raises:
        InboxFull, InboxAway: one was not handed in, or nobody can tell.
    """
    return asyncio.run(_all_handed_in(target, errands, advance, wait_s))


async def _all_handed_in(
    target: Target, errands: Sequence[Errand], advance: Callable[[int], None], wait_s: float
) -> list[Outcome | None]:
    outcomes: list[Outcome | None] = []
    async with _inbox_of(target, wait_s) as inbox:
        for start in range(0, len(errands), AT_ONCE_MAX):
            some = errands[start : start + AT_ONCE_MAX]
            outcomes += await asyncio.gather(
                *(inbox.order(one.request_id, one.person_key, one.command) for one in some)
            )
            advance(len(some))
    return outcomes


async def _handed_in(target: Target, errand: Errand, wait_s: float) -> Outcome | None:
    from allocator.commands import WalkIn

    async with _inbox_of(target, wait_s) as inbox:
        if isinstance(errand.command, WalkIn):
            assert errand.contact is not None, "whoever walks in leaves contact details"
            return await inbox.walk_in(
                errand.request_id, errand.person_key, errand.command, errand.contact
            )
        return await inbox.order(errand.request_id, errand.person_key, errand.command)


@asynccontextmanager
async def _inbox_of(target: Target, wait_s: float) -> AsyncIterator[Inbox]:
    """Open an inbox for the length of a block."""
    from redis.asyncio import Redis

    from allocator.contact_keys import contact_keys_of
    from allocator.inbox import Inbox
    from monitoring.secrets import read_secret

    redis = Redis.from_url(target.redis_url, socket_timeout=5, protocol=2)
    inbox = Inbox(
        redis,
        gateway_id=f"desk-{uuid4().hex[:16]}",
        contact_key=contact_keys_of(target.database_url, target.secrets_dir),
        request_key=read_secret(target.secrets_dir, "request.key"),
        length_max=INBOX_LENGTH_MAX,
        reply_wait_s=wait_s,
    )
    await inbox.start()
    try:
        yield inbox
    finally:
        await inbox.close()
        await redis.aclose()


def refusal_words(refusal: Refusal) -> str:
    """Say in plain words why an order was refused."""
    return REFUSED.get(refusal.value, refusal.value.replace("_", " "))


def outcome_lines(outcome: Outcome) -> list[str]:
    """Say what an order that was carried out came to: one booking, or those it displaced."""
    from allocator.model import Booking

    if isinstance(outcome, Booking):
        given = " and ".join(str(number) for number in outcome.given) or "none"
        return [f"booking {outcome.booking_number}: {outcome.state}, doses given: {given}"]
    if not outcome or not isinstance(outcome, tuple):
        return ["nobody was displaced"]
    moved, listed = _moved_and_listed(outcome)
    went = f"{_counted(moved)} moved, {len(listed):,} on the standby list"
    lines = [f"{went}; each person {IS_TOLD}"]
    if moved:
        lines.append(f"moved: {_numbers(moved)}")
    if listed:
        lines.append(f"on the standby list: {_numbers(listed)}")
    return lines


def outcome_document(outcome: Outcome) -> dict[str, object]:
    """Return what an order came to, for programs."""
    from allocator.model import Booking, Refusal

    if isinstance(outcome, Refusal):
        return {"done": False, "refused": outcome.value, "detail": refusal_words(outcome)}
    if isinstance(outcome, Booking):
        booking = {
            "booking_number": outcome.booking_number,
            "state": outcome.state,
            "given": outcome.given,
            "slots": {str(dose.dose): dose.slot_id for dose in outcome.doses},
        }
        return {"done": True, "booking": booking}
    moved, listed = _moved_and_listed(outcome)
    return {"done": True, "moved": moved, "on_standby": listed}


def _moved_and_listed(bookings: Sequence[Booking]) -> tuple[list[str], list[str]]:
    """Return the numbers of the bookings that were moved, and of those now on the list."""
    moved = [booking.booking_number for booking in bookings if booking.standby is None]
    listed = [booking.booking_number for booking in bookings if booking.standby is not None]
    return moved, listed


def _counted(numbers: Sequence[str]) -> str:
    return f"{len(numbers):,} booking{'' if len(numbers) == 1 else 's'}"


def _numbers(numbers: Sequence[str]) -> str:
    shown = ", ".join(numbers[:NUMBERS_SHOWN_MAX])
    more = len(numbers) - NUMBERS_SHOWN_MAX
    return f"{shown} and {more:,} more (--json lists all)" if more > 0 else shown
