"""What a resident is shown of what they hold: the words and times that belong to its ids.

Rule 1: exactly the fields of requirement R4 and of the JSON contract, nothing more
(L10); a test compares them with a schema.
Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from allocator.model import Booking, Catalogue, Product, Slot, Venue
from allocator.reads import Contact
from gateway import i18n
from gateway.problems import moment
from gateway.receipts import ReceiptSigner
from waiting_room.answers import Word


@dataclass(frozen=True)
class DoseView:
    """One appointment."""

    dose: int
    slot: Slot
    venue: Venue


@dataclass(frozen=True)
class BookingView:
    """A booking with all that its ids stand for."""

    booking: Booking
    product: Product
    doses: tuple[DoseView, ...]
    receipt: str


@dataclass(frozen=True)
class StandbyView:
    """A place on the standby list, with what is offered while an offer stands.

    `ahead` counts who is before the person, where that is known. A place that was
    given up is shown like this, too, where nobody had said which product it is for.
    """

    booking: Booking
    product: Product | None = None
    offered: tuple[DoseView, ...] = ()
    ahead: int | None = None


@dataclass(frozen=True)
class TogetherView:
    """The bookings of two people who come together; the first is that of who asked."""

    views: tuple[BookingView, ...]


@dataclass(frozen=True)
class BeforeBooking:
    """What a resident sees of themselves before booking (R4)."""

    state: Word
    place: int | None
    ticket_number: str
    birth_date: date


@dataclass(frozen=True)
class AfterBooking:
    """What a resident sees of themselves after booking (R4)."""

    state: Word
    place: int | None
    contact: Contact
    birth_date: date
    view: BookingView


def booking_view(
    catalogue: Catalogue, signer: ReceiptSigner, municipality_code: str, booking: Booking
) -> BookingView:
    """Look up what a booking's ids stand for, and sign its receipt."""
    doses = tuple(_dose_views(catalogue, booking))
    slots = {view.dose: view.slot for view in doses}
    receipt = signer.receipt(municipality_code, booking, slots)
    return BookingView(booking, catalogue.products[booking.product_id], doses, receipt)


def standby_view(catalogue: Catalogue, booking: Booking, ahead: int | None = None) -> StandbyView:
    """Look up what is offered; a dose that was given is not."""
    if booking.state != "offered":
        return StandbyView(booking, catalogue.products.get(booking.product_id), (), ahead)
    offered = tuple(
        view for view in _dose_views(catalogue, booking) if view.dose not in booking.given
    )
    return StandbyView(booking, catalogue.products[booking.product_id], offered)


def _dose_views(catalogue: Catalogue, booking: Booking) -> Iterator[DoseView]:
    for dose in booking.doses:
        slot = catalogue.slots[dose.slot_id]
        yield DoseView(dose.dose, slot, catalogue.venues[slot.venue_id])


def words_in(texts: Mapping[str, str], language: str) -> str:
    """Return a name or an address in the reader's language, else in one that they may read."""
    if own := texts.get(language):
        return i18n.given(own, language)
    english = "" if language.startswith("ja") else texts.get("en")
    return english or texts.get("ja") or next(iter(texts.values()), "")


def booking_document(view: BookingView, language: str) -> dict[str, object]:
    """Return a booking as the JSON contract has it."""
    return {
        "booking_number": view.booking.booking_number,
        "state": view.booking.state,
        "product": view.booking.product_id,
        "doses": [_dose_document(dose, language) for dose in view.doses],
        "receipt": view.receipt,
    }


def standby_document(view: StandbyView, language: str) -> dict[str, object]:
    """Return a place on the standby list as the JSON contract has it."""
    booking = view.booking
    document: dict[str, object] = {
        "state": booking.state,
        "booking_number": booking.booking_number,
    }
    if booking.standby is not None:
        document["reason"] = booking.standby.reason
        if booking.standby.offered_until is not None:
            document["offer"] = {
                "product": booking.product_id,
                "doses": [_dose_document(dose, language) for dose in view.offered],
                "until": moment(booking.standby.offered_until),
            }
    if view.ahead is not None:
        document["ahead"] = view.ahead
    return document


def held_document(
    view: BookingView | StandbyView | TogetherView, language: str
) -> dict[str, object]:
    """Return whatever a request came to as the JSON contract has it."""
    match view:
        case BookingView():
            return booking_document(view, language)
        case StandbyView():
            return standby_document(view, language)
    return {"bookings": [booking_document(one, language) for one in view.views]}


def me_document(me: BeforeBooking | AfterBooking, language: str) -> dict[str, object]:
    """Return what a resident sees of themselves as the JSON contract has it."""
    standing: dict[str, object] = {"state": me.state, "place": me.place}
    if isinstance(me, BeforeBooking):
        return standing | {
            "ticket_number": me.ticket_number,
            "birth_date": me.birth_date.isoformat(),
        }
    return standing | {
        "name": me.contact.name,
        "kana": me.contact.kana,
        "birth_date": me.birth_date.isoformat(),
        "phone": me.contact.phone,
        "email": me.contact.email,
        "booking": booking_document(me.view, language),
    }


def _dose_document(view: DoseView, language: str) -> dict[str, object]:
    return {
        "dose": view.dose,
        "slot_id": str(view.slot.slot_id),
        "starts_at": moment(view.slot.starts_at),
        "ends_at": moment(view.slot.ends_at),
        "venue": {
            "id": view.venue.venue_id,
            "name": str(words_in(view.venue.names, language)),
            "address": str(words_in(view.venue.addresses, language)),
        },
    }
