"""What a resident can do: the acts behind both the JSON contract and the pages.

Rule 1: an act returns a value, of what was done or a `Problem`; the routes only
read, call and write. No booking rule is here: the allocator decides.
Rule 2: a fault of a part (`RoomAway`, `StoreAway`, `InboxAway`, `InboxFull`, `NotReady`,
`CatalogueMissing`) passes through as an exception; `gateway.answers` has its words.
Rule 3: "booked" is returned only for an answer of the allocator, that is, after
its commit.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from allocator.errors import CatalogueMissing, NotYours
from allocator.model import Booking, Outcome, Refusal
from allocator.reads import Contact, Identity
from gateway.acting import ActingParts
from gateway.attempting import Attempt, refusal_of
from gateway.cohorts import releases_for
from gateway.fields import Doses
from gateway.forms import BookingForm, ChangeForm, ContactForm, SignInForm
from gateway.identity import Visitor, credentials, issue_token, token_text
from gateway.parts import Parts
from gateway.problems import Problem, refused
from gateway.sessions import digest_of, new_token
from gateway.views import (
    AfterBooking,
    BeforeBooking,
    BookingView,
    StandbyView,
    TogetherView,
    booking_view,
    standby_view,
)
from monitoring import metrics
from monitoring.logs import get_logger
from waiting_room.answers import Entered, NotYourTurn, Standing, Word
from waiting_room.answers import SignedIn as Confirmed
from waiting_room.errors import WaitingRoomError
from waiting_room.tickets import PlaceToken

log = get_logger()


@dataclass(frozen=True)
class SignedIn:
    """Identity confirmed. `session_token` is there for whoever comes straight in.

    `arrival` is the index in order of arrival, by which the draw knows the person.
    """

    person_key: bytes
    state: Word
    place: int | None
    release_id: str
    place_token: str
    session_token: str | None
    arrival: int | None


@dataclass(frozen=True)
class Whereabouts:
    """Where a person stands. `place_token`, if there, replaces the one the browser has."""

    state: Word
    place: int | None
    serving: int
    release_id: str
    place_token: str | None
    arrival: int | None = None


@dataclass(frozen=True)
class Inside:
    """Let in. `session_token` is None when the session that is there goes on."""

    session_token: str | None
    inside_until: datetime


@dataclass(frozen=True)
class Undecided:
    """The request was handed in; its answer can be asked for under its id."""

    request_id: UUID


Held = BookingView | StandbyView | TogetherView
"""What a request came to: a booking, a place on the standby list, or two bookings."""

Answered = Held | Undecided | Problem


async def sign_in(
    parts: Parts, form: SignInForm, attempt: Attempt, held: PlaceToken | None = None
) -> SignedIn | Problem:
    """Confirm an identity and take a place, or come straight in when it is one's turn.

    `held` is the place token that the browser still has. An unknown ticket, a wrong
    birth date and a wrong PIN go the same way and are answered alike (R2).
    """
    who = credentials(parts.keys.identity, form)
    now = parts.clock()
    releases = releases_for(parts.reads.catalogue, form.birth_date, now)
    answer = await parts.line.sign_in(
        *(who.person_key, who.birth_check, attempt.network, releases, now.timestamp(), held),
        pin_check=who.pin_check,
        device=attempt.device(parts, who.person_key),
        proof=attempt.proof,
    )
    if (no := refusal_of(parts, answer, attempt.network)) is not None:
        return no
    assert isinstance(answer, Confirmed), "what is not refused is confirmed"
    if answer.standing is None:
        return refused(Refusal.NOT_ELIGIBLE)
    identity = Identity(form.municipality_code, form.ticket_number, form.birth_date)
    return await _signed_in(parts, answer.standing, who.person_key, identity)


async def _signed_in(
    parts: Parts, standing: Standing, person: bytes, identity: Identity
) -> SignedIn | Problem:
    release_id = standing.release_id
    if standing.word == "not_open_yet":
        lobby_at = parts.reads.catalogue.releases[release_id].lobby_at
        return Problem("not_open_yet", {"lobby_at": lobby_at})
    if standing.word == "closed":
        return Problem("release_closed")
    token = issue_token(parts, release_id, standing.index, person, identity)
    text = token_text(parts, token)
    word = await _true_word(parts, person, standing)
    if word not in ("your_turn", "inside", "booked"):
        return SignedIn(person, word, standing.place, release_id, text, None, standing.index)
    entered = await _open_session(parts, token)
    if isinstance(entered, Problem):
        return SignedIn(person, "waiting", standing.place, release_id, text, None, standing.index)
    state: Word = "booked" if word == "booked" else "inside"
    session = entered.session_token
    return SignedIn(person, state, standing.place, release_id, text, session, standing.index)


async def standing(parts: Parts, visitor: Visitor) -> Whereabouts:
    """Say where a person stands."""
    if visitor.token is None:
        # A session without a place token: the cookie was lost, or is somebody else's.
        assert visitor.session is not None, "a visitor has a token or a session"
        return Whereabouts(visitor.session.kind, None, 0, visitor.release_id, None)
    found = await parts.line.standing(visitor.token, parts.clock().timestamp())
    return Whereabouts(
        await _true_word(parts, visitor.person_key, found),
        found.place,
        found.serving,
        found.release_id,
        _replaced_token(parts, visitor, visitor.token, found),
        found.index,
    )


async def _true_word(parts: Parts, person: bytes, standing: Standing) -> Word:
    """Say where a person stands: "booked" of those alone who hold a booking.

    The room lets in at once whom the allocator has an offer for, as if they had booked.
    """
    if standing.word != "booked":
        return standing.word
    held = await parts.reads.booking_of(person, standing.campaign_id)
    return "your_turn" if held is None else "booked"


def _replaced_token(
    parts: Parts, visitor: Visitor, token: PlaceToken, found: Standing
) -> str | None:
    """Return a new token when the line knows the person under another index than the token."""
    if found.index == token.index:
        return None
    new = issue_token(parts, found.release_id, found.index, visitor.person_key, visitor.identity)
    return token_text(parts, new)


async def enter(parts: Parts, visitor: Visitor) -> Inside | Problem:
    """Come in, if it is one's turn; being inside already is fine."""
    if visitor.session is not None:
        return Inside(None, _moment(visitor.session.until))
    assert visitor.token is not None, "a visitor has a token or a session"
    return await _open_session(parts, visitor.token)


async def _open_session(parts: Parts, token: PlaceToken) -> Inside | Problem:
    text = new_token()
    answer = await parts.line.enter(token, digest_of(text), parts.clock().timestamp())
    match answer:
        case Entered(session=session, returned=returned):
            if returned:
                metrics.RETURNED.inc()
                log.info("returned_to_front", release_id=session.release_id)
            return Inside(text, _moment(session.until))
        case NotYourTurn(place=place, serving=serving):
            return Problem("not_your_turn", {"place": place, "serving": serving})
    return Problem("release_closed")


async def me(parts: Parts, visitor: Visitor) -> tuple[Whereabouts, BeforeBooking | AfterBooking]:
    """Say where a person stands, and exactly what R4 shows them of themselves.

    Contact details are shown within a session only: the place token alone, which
    lives for days, does not open them.
    """
    where = await standing(parts, visitor)
    identity = visitor.identity
    if visitor.session is not None:
        held = await parts.reads.booking_of(visitor.person_key, visitor.session.campaign_id)
        if held is not None:
            view = view_of(parts, visitor, held.booking)
            after = AfterBooking("booked", where.place, held.contact, identity.birth_date, view)
            return where, after
    state = _state_inside(where.state) if visitor.session is not None else where.state
    before = BeforeBooking(state, where.place, identity.ticket_number, identity.birth_date)
    return where, before


def _state_inside(word: Word) -> Word:
    """Return the state of somebody with a live session and no booking.

    They may book, whatever the line says: after a cancellation it knows no seat
    inside for them.
    """
    return "closed" if word == "closed" else "inside"


def contact_to_seal(form: ContactForm) -> Contact:
    """Return contact details as they are sealed."""
    return Contact(form.name, form.phone, form.email, form.kana)


async def book(
    parts: ActingParts, visitor: Visitor, request_id: UUID, form: BookingForm, language: str
) -> Answered:
    """Ask for both doses, or for dose 2 after a first dose elsewhere."""
    contact = contact_to_seal(form.contact)
    outcome = await parts.inbox.book(
        request_id,
        visitor.person_key,
        release_id=visitor.release_id,
        wish=form.wish,
        contact=contact,
        language=language,
        first_dose_elsewhere=form.first_dose_elsewhere,
        reminders=form.reminders,
    )
    return await told(parts, visitor, request_id, outcome, form)


async def change(
    parts: ActingParts, visitor: Visitor, request_id: UUID, form: ChangeForm
) -> Answered:
    """Ask to swap the pair, or dose 2 alone; refused means that the old pair stands."""
    outcome = await parts.inbox.change(
        request_id,
        visitor.person_key,
        campaign_id=campaign_of(visitor),
        doses=form.doses,
        wish=form.wish,
    )
    return await told(parts, visitor, request_id, outcome, form)


async def cancel(parts: ActingParts, visitor: Visitor, request_id: UUID, doses: Doses) -> Answered:
    """Ask to give back both doses, or dose 2 alone."""
    outcome = await parts.inbox.cancel(
        request_id, visitor.person_key, campaign_id=campaign_of(visitor), doses=doses
    )
    return await told(parts, visitor, request_id, outcome, doses)


async def held(parts: ActingParts, visitor: Visitor) -> BookingView | Problem:
    """Return the booking that the person holds."""
    found = await parts.reads.booking_of(visitor.person_key, campaign_of(visitor))
    if found is None:
        return refused(Refusal.NO_BOOKING)
    return view_of(parts, visitor, found.booking)


async def outcome(parts: ActingParts, visitor: Visitor, request_id: UUID) -> Answered:
    """Return the answer to a request of this person; another's is as unknown as none."""
    try:
        found = await parts.reads.outcome(request_id, visitor.person_key)
    except NotYours:
        metrics.SECURITY_EVENTS.labels("not_yours").inc()
        return Problem("not_found")
    if found is None and not await parts.asked.by(request_id, visitor.person_key):
        return Problem("not_found")
    return await _answered(parts, visitor, request_id, found)


async def sign_out(parts: Parts, visitor: Visitor, place_token_text: str | None) -> None:
    """End the session and the browser's place token, and forget what was typed."""
    await parts.drafts.drop(visitor.person_key)
    if place_token_text:
        await parts.signed_out.add(place_token_text)
    if visitor.session_digest is not None:
        await parts.line.leave(visitor.session_digest)


async def told(
    parts: ActingParts,
    visitor: Visitor,
    request_id: UUID,
    outcome: Outcome | None,
    content: object,
) -> Answered:
    """Answer a request that was just handed in; undecided, its content is kept in mind (I5).

    `content` is the form, or whatever else tells one request from another.
    """
    if outcome is not None:
        return await _answered(parts, visitor, request_id, outcome)
    key = parts.keys.session
    digest = hmac.digest(key, b"asked|" + msgspec.msgpack.encode(content), hashlib.sha256)
    if not await parts.asked.remember(request_id, visitor.person_key, digest[:16]):
        return await _answered(parts, visitor, request_id, Refusal.ID_REUSED)
    return Undecided(request_id)


async def _answered(
    parts: ActingParts, visitor: Visitor, request_id: UUID, outcome: Outcome | None
) -> Answered:
    """Turn what the allocator said into what the resident is told."""
    if outcome is None:
        return Undecided(request_id)
    if isinstance(outcome, Refusal):
        if outcome is Refusal.ID_REUSED:
            metrics.SECURITY_EVENTS.labels("id_reused").inc()
        return refused(outcome)
    if isinstance(outcome, tuple):
        await _leave_the_inside(parts, visitor)
        views = tuple(view_of(parts, visitor, booking) for booking in outcome)
        return TogetherView(views)
    if outcome.state == "booked":
        await _leave_the_inside(parts, visitor)
    return _view(parts, visitor, outcome)


async def _leave_the_inside(parts: ActingParts, visitor: Visitor) -> None:
    """Free the seat inside: whoever has booked keeps the session, not the seat.

    The booking is committed; that the room is away now changes nothing about it.
    """
    if visitor.session is None or visitor.session.kind == "booked":
        return
    assert visitor.session_digest is not None, "a session has a digest"
    try:
        await parts.line.booked(visitor.session_digest)
    except WaitingRoomError as error:
        log.warning("inside_not_freed", error=type(error).__name__)


def _view(parts: ActingParts, visitor: Visitor, booking: Booking) -> BookingView | StandbyView:
    """Look up what the allocator answered, in the catalogue's copy here."""
    if booking.standby is None and booking.product_id:
        return view_of(parts, visitor, booking)
    return place_view(parts, booking)


def view_of(parts: ActingParts, visitor: Visitor, booking: Booking) -> BookingView:
    """Look a booking up in the catalogue, whose copy here may be a second behind."""
    municipality_code = visitor.identity.municipality_code
    try:
        return booking_view(parts.reads.catalogue, parts.receipts, municipality_code, booking)
    except KeyError:
        raise CatalogueMissing from None


def place_view(parts: ActingParts, booking: Booking, ahead: int | None = None) -> StandbyView:
    """Look up a place on the standby list and what is offered there, as for a booking."""
    try:
        return standby_view(parts.reads.catalogue, booking, ahead)
    except KeyError:
        raise CatalogueMissing from None


def campaign_of(visitor: Visitor) -> str:
    """Return the campaign that a visitor with a session was let in for."""
    assert visitor.session is not None, "the policy of these routes asks for a session"
    return visitor.session.campaign_id


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
