"""Find somebody who rings, and give them their place in the same line.

Rule 1: the look is noted in the journal before anything is asked or shown; that somebody was not
confirmed is a line of its own, after it: who tries birth dates out is seen there.
Rule 2: a caller is confirmed as a resident is, by ticket number and birth date, and failures count
alike. What is shown are requirement R4's fields, where they stand, and nothing more.
Rule 3: a place is taken only when the clerk says so; it is the one that the caller would have got
on the pages, and the phone desk's lane (its reserved share) besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from allocator.errors import CatalogueMissing
from allocator.model import Booking, Product
from allocator.reads import Contact, Identity, seal_identity
from gateway.cohorts import releases_for
from gateway.forms import SignInForm
from gateway.identity import Credentials, credentials
from gateway.problems import Problem, too_many_attempts
from gateway.staff.accounts import StaffSession
from gateway.staff.journal import Act, Look
from gateway.staff.parts import StaffParts
from gateway.views import DoseView
from waiting_room.answers import AtDesk, SignedIn, SignInAnswer, Standing, TooManyAttempts
from waiting_room.tickets import PlaceToken

NETWORK = "phone-desk"
"""Stands where a resident's network would, when failed attempts are counted."""


@dataclass(frozen=True)
class HeldShown:
    """A booking as a clerk sees it (R4)."""

    booking: Booking
    product: Product
    doses: tuple[DoseView, ...]
    contact: Contact


@dataclass(frozen=True)
class Caller:
    """Somebody who rang. `at_desk` is there when they stand in the phone desk's lane."""

    ticket_number: str
    birth_date: date
    standing: Standing | None
    held: HeldShown | None
    at_desk: AtDesk | None = None
    pin: str | None = None
    municipality_code: str = ""

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "Caller(…)"


@dataclass(frozen=True)
class Asked:
    """Who asks about whom, why, and from where."""

    by: StaffSession
    form: SignInForm
    reason: str
    came_from: str


async def look_up(parts: StaffParts, asked: Asked) -> Caller | Problem:
    """Note the look, then say how a caller stands, changing nothing in the line.

    Raises:
        StoreAway, RoomAway, NotReady, CatalogueMissing: nothing can be said.
    """
    who = await confirmed(parts, asked, "caller_looked_up")
    if isinstance(who, Problem):
        return who
    standing = await standing_of(parts, who, asked.form)
    return await _caller(parts, who, asked.form, standing, None)


async def take_place(parts: StaffParts, asked: Asked) -> Caller | Problem:
    """Note the act, then give a caller their place and put them into the desk's lane.

    Raises as `look_up`.
    """
    who = credentials(parts.keys.identity, asked.form)
    await _note(parts, asked, who, "place_taken")
    now = parts.clock()
    releases = _releases(parts, asked.form)
    answer = await parts.line.sign_in(
        *(who.person_key, who.birth_check, NETWORK, releases, now.timestamp()),
        pin_check=who.pin_check,
        device=device_of(who),
    )
    if not isinstance(answer, SignedIn):
        return await _not_confirmed(parts, asked, who, answer)
    standing, at_desk = answer.standing, None
    if standing is not None and standing.word in ("lobby", "waiting"):
        at_desk = await parts.line.ask_desk(who.person_key, standing.release_id, now.timestamp())
    return await _caller(parts, who, asked.form, standing, at_desk)


async def confirmed(parts: StaffParts, asked: Asked, act: Act) -> Credentials | Problem:
    """Note an act, then confirm the caller as at a sign-in on a known device.

    Raises as `look_up`.
    """
    who = credentials(parts.keys.identity, asked.form)
    await _note(parts, asked, who, act)
    answer = await parts.line.confirm(
        *(who.person_key, who.birth_check, NETWORK, parts.clock().timestamp()),
        pin_check=who.pin_check,
        device=device_of(who),
    )
    if not isinstance(answer, SignedIn):
        return await _not_confirmed(parts, asked, who, answer)
    return who


def device_of(who: Credentials) -> str:
    """Return the desk's own bucket of failures for a person.

    So strangers, who lock a ticket on the residents' pages, do not lock it at the desk.
    """
    return f"desk:{who.person_key.hex()}"


async def _note(parts: StaffParts, asked: Asked, who: Credentials, act: Act) -> None:
    by = asked.by
    look = Look(by.login, by.role, act, who.person_key, asked.reason, asked.came_from)
    await parts.journal.note(look, parts.clock())


async def _not_confirmed(
    parts: StaffParts, asked: Asked, who: Credentials, answer: SignInAnswer
) -> Problem:
    await _note(parts, asked, who, "not_confirmed")
    if isinstance(answer, TooManyAttempts):
        return too_many_attempts(answer.retry_after_s)
    return Problem("identity_not_confirmed")


def _releases(parts: StaffParts, form: SignInForm) -> Sequence[str]:
    return releases_for(parts.reads.catalogue, form.birth_date, parts.clock())


def token_for(
    parts: StaffParts, who: Credentials, form: SignInForm, release_id: str, index: int | None
) -> PlaceToken:
    """Make the token of a caller's place. It never leaves this process."""
    identity = Identity(form.municipality_code, form.ticket_number, form.birth_date)
    sealed = seal_identity(parts.keys.session, identity, who.person_key)
    issued_at = int(parts.clock().timestamp())
    return PlaceToken(release_id, index, who.person_key, sealed, issued_at)


async def standing_of(parts: StaffParts, who: Credentials, form: SignInForm) -> Standing | None:
    """Return where somebody stands: in the release that they hold a place or booking in."""
    now = parts.clock()
    standings = []
    for release_id in _releases(parts, form):
        token = token_for(parts, who, form, release_id, None)
        standings.append(await parts.line.standing(token, now.timestamp()))
    held = (one for one in standings if one.booked or one.index is not None)
    return next(held, standings[0] if standings else None)


async def _caller(
    parts: StaffParts,
    who: Credentials,
    form: SignInForm,
    standing: Standing | None,
    at_desk: AtDesk | None,
) -> Caller:
    held = None
    if standing is not None:
        held = await _held(parts, who.person_key, standing.campaign_id)
    typed = (form.ticket_number, form.birth_date)
    return Caller(*typed, standing, held, at_desk, form.pin, form.municipality_code)


async def _held(parts: StaffParts, person: bytes, campaign_id: str) -> HeldShown | None:
    found = await parts.reads.booking_of(person, campaign_id)
    if found is None:
        return None
    catalogue, booking = parts.reads.catalogue, found.booking
    try:
        slots = [(dose.dose, catalogue.slots[dose.slot_id]) for dose in booking.doses]
        doses = tuple(DoseView(n, slot, catalogue.venues[slot.venue_id]) for n, slot in slots)
        return HeldShown(booking, catalogue.products[booking.product_id], doses, found.contact)
    except KeyError:
        raise CatalogueMissing from None
