"""Residents are shown R4's fields and no others (L10)."""

from __future__ import annotations

from datetime import date
from typing import Any

import jsonschema
import pytest

from allocator.model import Booking, Dose
from allocator.reads import Contact
from gateway.receipts import ReceiptSigner
from gateway.views import (
    AfterBooking,
    BeforeBooking,
    BookingView,
    TogetherView,
    booking_document,
    booking_view,
    held_document,
    me_document,
    standby_view,
    words_in,
)
from tests.unit.gateway.factories import (
    NOW,
    make_booking,
    make_catalogue,
    make_place,
    make_slot,
    make_waiting,
)
from tests.unit.gateway.schemas import (
    AFTER_BOOKING,
    BEFORE_BOOKING,
    BOOKING,
    JOINED,
    OFFERED,
    STANDBY,
    TOGETHER,
)

SIGNER = ReceiptSigner(bytes(32))
CATALOGUE = make_catalogue(
    slots=(make_slot(1, date(2021, 6, 10)), make_slot(2, date(2021, 7, 1), venue_id="school"))
)
BORN = date(1950, 1, 2)


def make_view(booking: Booking) -> BookingView:
    return booking_view(CATALOGUE, SIGNER, "122319", booking)


def check(document: object, schema: dict[str, Any]) -> None:
    jsonschema.validate(document, schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("language", ["ja", "en"])
def test_booking_has_the_fields_of_the_contract(language: str) -> None:
    document = booking_document(make_view(make_booking()), language)
    check(document, BOOKING)


def test_booking_names_its_venues_in_the_readers_language() -> None:
    document: Any = booking_document(make_view(make_booking()), "en")
    assert document["doses"][0] == {
        "dose": 1,
        "slot_id": "1",
        "starts_at": "2021-06-10T10:00:00+09:00",
        "ends_at": "2021-06-10T10:30:00+09:00",
        "venue": {"id": "hall", "name": "Civic hall", "address": "1 Omori"},
    }


@pytest.mark.parametrize(
    "booking",
    [
        make_booking(doses=(Dose(2, 2),)),
        make_booking(state="first_only", doses=(Dose(1, 1),)),
        make_booking(state="cancelled", doses=()),
    ],
)
def test_booking_of_fewer_doses_has_the_same_fields(booking: Booking) -> None:
    document: Any = booking_document(make_view(booking), "ja")
    check(document, BOOKING)
    assert [dose["dose"] for dose in document["doses"]] == [d.dose for d in booking.doses]


def test_before_booking_ticket_number_and_birth_date_are_shown() -> None:
    document = me_document(BeforeBooking("inside", 12, "1234567890", BORN), "ja")
    check(document, BEFORE_BOOKING)
    assert document["birth_date"] == "1950-01-02"


def test_after_booking_contact_and_booking_are_shown() -> None:
    contact = Contact("印西 花子", "09012345678", "hanako@example.jp")
    me = AfterBooking("booked", None, contact, BORN, make_view(make_booking()))
    document = me_document(me, "ja")
    check(document, AFTER_BOOKING)
    assert "ticket_number" not in document


def test_name_in_another_language_is_better_than_none() -> None:
    assert words_in({"ja": "会館"}, "en") == "会館"
    assert words_in({"pt": "salão"}, "en") == "salão"
    assert words_in({}, "en") == ""


def test_place_on_the_standby_list_is_shown_with_who_is_before() -> None:
    waiting = make_waiting(product_id="")
    check(held_document(standby_view(CATALOGUE, waiting), "ja"), JOINED)
    document = held_document(standby_view(CATALOGUE, waiting, 0), "ja")
    check(document, STANDBY)
    assert (document["reason"], document["ahead"]) == ("asked", 0)


def test_offer_is_shown_with_its_doses_and_its_end() -> None:
    offered = make_waiting(make_place(reason="slot_closed", offered_until=NOW))
    document: Any = held_document(standby_view(CATALOGUE, offered), "en")
    check(document, OFFERED)
    assert document["reason"] == "slot_closed"
    assert document["offer"]["until"] == "2021-06-01T09:00:00+09:00"
    assert [dose["dose"] for dose in document["offer"]["doses"]] == [1, 2]


def test_dose_that_was_given_is_not_offered_again() -> None:
    offered = make_waiting(make_place(offered_until=NOW), given=(1,))
    document: Any = held_document(standby_view(CATALOGUE, offered), "ja")
    assert [dose["dose"] for dose in document["offer"]["doses"]] == [2]


def test_place_that_was_given_up_needs_no_product() -> None:
    left = make_booking(state="cancelled", doses=(), product_id="")
    assert held_document(standby_view(CATALOGUE, left), "ja") == {
        "state": "cancelled",
        "booking_number": "0000001-3",
    }


def test_bookings_for_two_are_two_bookings() -> None:
    views = tuple(make_view(booking) for booking in (make_booking(), make_booking()))
    check(held_document(TogetherView(views), "ja"), TOGETHER)
    check(held_document(views[0], "ja"), BOOKING)
