"""The shapes of the JSON contract, version 1: what is sent, and what is answered, as types.

They describe and decide nothing: bodies are read by `gateway.forms`, which says what is wrong at
each field in the reader's words, and answers are written by `gateway.views`. That the two do
what stands here is shown by the tests, which hold every answer they get against the description
made of these types (`tests/integration/described.py`).

What is sent has no other fields than these (`Sent`); what is answered may get more, in time.
Fields that may be missing are UNSET; null stands where the value may be null.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from allocator.model import CHOICES_MAX
from gateway.fields import (
    EMAIL_LENGTH_MAX,
    ID_LENGTH_MAX,
    NAME_LENGTH_MAX,
    PHONE_LENGTH_MAX,
    PIN_DIGITS_MAX,
    PIN_DIGITS_MIN,
    PROOF_CHARS_MAX,
    SLOT_ID_DIGITS_MAX,
    Doses,
    Time,
)
from waiting_room.answers import Word

Text = Annotated[str, Meta(min_length=1)]
Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Moment = Annotated[
    str,
    Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+09:00$"),
]
TicketNumber = Annotated[str, Meta(pattern="^[0-9]{10}$")]
MunicipalityCode = Annotated[str, Meta(pattern="^[0-9]{6}$")]
Pin = Annotated[str, Meta(pattern=f"^[0-9]{{{PIN_DIGITS_MIN},{PIN_DIGITS_MAX}}}$")]
Hexadecimal = Annotated[str, Meta(pattern="^([0-9a-f]{2})+$")]
Identifier = Annotated[str, Meta(pattern=f"^[A-Za-z0-9_-]{{1,{ID_LENGTH_MAX}}}$")]
SlotId = Annotated[str, Meta(pattern=f"^[0-9]{{1,{SLOT_ID_DIGITS_MAX}}}$")]
BookingNumber = Annotated[str, Meta(pattern="^[0-9]{7}-[0-9]$")]
Place = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=0)]


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body that somebody sends: a field that is not listed is refused."""


class Nothing(Sent, frozen=True):
    """No body, or an empty object."""


class SignIn(Sent, frozen=True):
    """Who somebody says they are; the city's own code is meant where none is given.

    `pin` stands on the ticket, if one does. `proof` solves the challenge of an earlier answer.
    """

    ticket_number: TicketNumber
    birth_date: Day
    municipality_code: MunicipalityCode | UnsetType = UNSET
    pin: Pin | UnsetType = UNSET
    proof: Annotated[str, Meta(min_length=1, max_length=PROOF_CHARS_MAX)] | UnsetType = UNSET


class ContactDetails(Sent, frozen=True):
    """How to reach a resident; `kana` is how the name is read, in kana of any kind."""

    name: Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
    phone: Annotated[str, Meta(min_length=1, max_length=PHONE_LENGTH_MAX)]
    email: Annotated[str, Meta(min_length=1, max_length=EMAIL_LENGTH_MAX)]
    kana: Annotated[str, Meta(max_length=NAME_LENGTH_MAX)] | UnsetType = UNSET


class SlotChoice(Sent, frozen=True):
    """One wish: a slot of the first dose, and of the second where it is chosen, too."""

    slot_id: SlotId
    second_slot_id: SlotId | UnsetType = UNSET


class FlexibleWish(Sent, frozen=True):
    """Anything from a day to a day."""

    from_: Day = msgspec.field(name="from")
    to: Day
    venue: Identifier | UnsetType = UNSET
    product: Identifier | UnsetType = UNSET
    times: Annotated[list[Time], Meta(max_length=3)] | UnsetType = UNSET


Choices = Annotated[list[SlotChoice], Meta(min_length=1, max_length=CHOICES_MAX)]


class FirstDoseElsewhere(Sent, frozen=True):
    """A first dose that was given elsewhere."""

    product: Identifier
    date: Day


class Companion(Sent, frozen=True):
    """The second of two people who come together."""

    ticket_number: TicketNumber
    birth_date: Day
    contact: ContactDetails
    municipality_code: MunicipalityCode | UnsetType = UNSET
    pin: Pin | UnsetType = UNSET


class Book(Sent, frozen=True):
    """Ask for a booking: exactly one of `choices`, in order of wish, and `flexible`."""

    contact: ContactDetails
    choices: Choices | UnsetType = UNSET
    flexible: FlexibleWish | UnsetType = UNSET
    first_dose_elsewhere: FirstDoseElsewhere | UnsetType = UNSET


class BookTogether(Sent, frozen=True):
    """Ask for the bookings of two: exactly one of `choices` and `flexible`."""

    contact: ContactDetails
    companion: Companion
    choices: Choices | UnsetType = UNSET
    flexible: FlexibleWish | UnsetType = UNSET


class Change(Sent, frozen=True):
    """Ask for other seats: exactly one of `choices` and `flexible`."""

    doses: Doses
    choices: Choices | UnsetType = UNSET
    flexible: FlexibleWish | UnsetType = UNSET


class JoinStandby(Sent, frozen=True):
    """Ask for a place on the standby list."""

    contact: ContactDetails
    flexible: FlexibleWish
    first_dose_elsewhere: FirstDoseElsewhere | UnsetType = UNSET


class GiveCode(Sent, frozen=True):
    """Give the code that was mailed: 6 digits."""

    code: Text


class SignedIn(msgspec.Struct, frozen=True):
    """Identity confirmed: where one stands, and the token that keeps the place."""

    state: Word
    place_token: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]+$")]
    place: Place | UnsetType = UNSET
    arrival: Count | UnsetType = UNSET


class CameIn(msgspec.Struct, frozen=True):
    """Let in, until then unless the session is used."""

    inside_until: Moment


class ReceiptKey(msgspec.Struct, frozen=True):
    """The key with which anybody can check a receipt."""

    algorithm: Literal["Ed25519"]
    public_key: Text


class VenueShown(msgspec.Struct, frozen=True):
    """A venue in the reader's language."""

    id: Identifier
    name: Text
    address: str


class DoseShown(msgspec.Struct, frozen=True):
    """One appointment."""

    dose: Literal[1, 2]
    slot_id: SlotId
    starts_at: Moment
    ends_at: Moment
    venue: VenueShown


class Booking(msgspec.Struct, frozen=True):
    """What somebody holds."""

    booking_number: BookingNumber
    state: Literal["booked", "first_only", "cancelled"]
    product: Identifier
    doses: Annotated[list[DoseShown], Meta(max_length=2)]
    receipt: Annotated[str, Meta(pattern=r"^SEIRIKEN1\|")]


class TwoBookings(msgspec.Struct, frozen=True):
    """The bookings of two who come together; the first is that of who asked."""

    bookings: Annotated[list[Booking], Meta(min_length=2, max_length=2)]


class Offer(msgspec.Struct, frozen=True):
    """What is held for somebody on the list until a moment."""

    product: Identifier
    doses: Annotated[list[DoseShown], Meta(min_length=1, max_length=2)]
    until: Moment


class StandbyPlace(msgspec.Struct, frozen=True):
    """A place on the standby list; `offer` while something is offered."""

    state: Literal["standby", "offered", "cancelled"]
    booking_number: BookingNumber
    reason: Literal["asked", "slot_closed", "supply_cut"] | UnsetType = UNSET
    offer: Offer | UnsetType = UNSET
    ahead: Count | UnsetType = UNSET


class GivenBack(msgspec.Struct, frozen=True):
    """What is left after a cancellation, or after the list was left."""

    state: Literal["booked", "first_only", "standby", "offered", "cancelled"]


class CodeSent(msgspec.Struct, frozen=True):
    """A code is on its way by mail; how often and how long it can be given."""

    tries: Count
    lives_s: Count


class DetailsShown(msgspec.Struct, frozen=True):
    """The pages of this session show the contact details in full."""

    shown: bool


class Undecided(msgspec.Struct, frozen=True):
    """Handed in; ask again under the id."""

    request_id: Text


class Refused(msgspec.Struct, frozen=True):
    """What became of a request that was refused."""

    state: Literal["refused"]
    code: Text
    title: Text
    detail: Text


class MeBefore(msgspec.Struct, frozen=True):
    """What one sees of oneself before booking, and with a place token alone."""

    state: Word
    place: Place | None
    ticket_number: TicketNumber
    birth_date: Day


class MeAfter(msgspec.Struct, frozen=True):
    """What one sees of oneself after booking.

    `email` is empty of who is told by letter, `kana` of who gave no reading of the name.
    """

    state: Literal["booked"]
    place: Place | None
    name: Text
    birth_date: Day
    phone: Text
    email: str
    booking: Booking
    kana: str = ""


class FirstSlot(msgspec.Struct, frozen=True):
    """A slot for a first dose, with the second that goes with it."""

    slot_id: SlotId
    starts_at: Moment
    venue: Identifier
    product: Identifier
    second_dose_at: Moment | None
    pairs: Literal["many", "few", "none"]


class SecondSlot(msgspec.Struct, frozen=True):
    """A slot for a second dose alone."""

    slot_id: SlotId
    starts_at: Moment
    venue: Identifier
    product: Identifier
    seats: Literal["many", "few", "none"]


class FirstDay(msgspec.Struct, frozen=True):
    """A day of first doses."""

    date: Day
    slots: Annotated[list[FirstSlot], Meta(min_length=1)]


class SecondDay(msgspec.Struct, frozen=True):
    """A day of second doses."""

    date: Day
    slots: Annotated[list[SecondSlot], Meta(min_length=1)]


class Pairs(msgspec.Struct, frozen=True):
    """First doses that have a second one."""

    days: list[FirstDay]
    as_of: Moment


class SecondDoses(msgspec.Struct, frozen=True):
    """Second doses alone (`doses=second`)."""

    days: list[SecondDay]
    as_of: Moment


class FieldFault(msgspec.Struct, frozen=True):
    """What is wrong with one field."""

    field: Text
    code: Text
    message: Text


class ChallengeParameters(msgspec.Struct, frozen=True, rename="camel"):
    """What is to be solved, as ALTCHA's "Proof-of-Work v2" says it."""

    algorithm: Literal["SHA-256"]
    cost: Count
    key_length: Count
    key_prefix: Hexadecimal
    key_signature: Hexadecimal
    nonce: Hexadecimal
    salt: Hexadecimal
    expires_at: Count


class Challenge(msgspec.Struct, frozen=True):
    """A proof of work that is asked for at sign-in; its solution is sent as `proof`."""

    parameters: ChallengeParameters
    signature: Hexadecimal


class ProblemTold(msgspec.Struct, frozen=True):
    """Why not (RFC 9457). `code` is stable, `title` and `detail` are in the reader's language."""

    type: Literal["about:blank"]
    title: Text
    status: int
    detail: Text
    code: Text
    errors: list[FieldFault] | UnsetType = UNSET
    place: Place | UnsetType | None = UNSET
    serving: Count | UnsetType = UNSET
    minutes: Count | UnsetType = UNSET
    challenge: Challenge | UnsetType = UNSET
    lobby_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET
