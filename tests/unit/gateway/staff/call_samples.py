"""The pages of a call with something to show, as `staff_samples` has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from allocator.model import Flexible
from allocator.reads import Contact, HeldBooking, Identity
from gateway.after_booking import Kept
from gateway.choosing import Offer, months_of, places_of, venues_of
from gateway.fields import FieldError
from gateway.forms import ContactForm
from gateway.identity import Visitor
from gateway.problems import field_text
from gateway.staff.access import Role
from gateway.staff.call_details import CONFIRMATIONS
from gateway.views import BookingView, DoseView
from tests.unit.gateway.factories import make_booking, make_catalogue, make_slot

NOW = datetime(2021, 6, 1, 0, 30, tzinfo=UTC)
SLOTS = (make_slot(1, date(2021, 6, 10)), make_slot(2, date(2021, 7, 1)))
CATALOGUE = make_catalogue(slots=SLOTS)
BOOKING = make_booking()
PRODUCT = CATALOGUE.products[BOOKING.product_id]
DOSES = tuple(
    DoseView(n, slot, CATALOGUE.venues[slot.venue_id]) for n, slot in enumerate(SLOTS, start=1)
)
VIEW = BookingView(BOOKING, PRODUCT, DOSES, "SR1.aGVsbG8gd29ybGQ." + "x" * 86)
CONTACT = Contact("試験 百合", "08098765432", "yuri.7@example.jp")
VISITOR = Visitor(b"p" * 16, "r1", Identity("122319", "0012345678", date(1950, 1, 31)), *[None] * 3)
REQUEST_ID = str(UUID(int=7))
PROBLEM = {"title": "いま混み合っています", "detail": "もう一度お試しください。"}
OFFER = Offer(SLOTS[0], DOSES[0].venue, PRODUCT, "many", 2, SLOTS[1].starts_at)
GONE = replace(OFFER, pairs="none")
WISH = Flexible(date(2021, 6, 10), date(2021, 6, 12))
TYPED = {"name": "試験 百合", "phone": "12", "confirmation": "mail", "language": "ja"}
WRONG = {
    name: str(field_text(FieldError(name, code), "ja"))
    for name, code in (
        ("phone", "not_a_phone"),
        ("email", "required"),
        ("confirmation", "not_a_choice"),
        ("language", "not_a_choice"),
        ("product", "not_a_choice"),
        ("first_dose_year", "required"),
    )
}

Sample = tuple[str, Role | None, str, Mapping[str, object]]


def _call(**changes: object) -> Mapping[str, object]:
    shown = {
        "visitor": VISITOR,
        "kept": None,
        "has_first": False,
        "may_second": False,
        "place": None,
        "wants_letter": False,
        "request_id": REQUEST_ID,
        "problem": None,
    }
    return shown | changes


def _kept(contact: Contact) -> Kept:
    return Kept(VIEW, HeldBooking(BOOKING, contact, NOW))


def _details(values: Mapping[str, str], errors: Mapping[str, str]) -> Mapping[str, object]:
    shown = {"confirmations": CONFIRMATIONS, "products": [PRODUCT]}
    return {"values": values, "errors": errors, **shown}


def _choose(offers: list[Offer], **changes: object) -> Mapping[str, object]:
    shown = {
        "errors": {},
        "purpose": "book",
        "venues": venues_of(offers),
        "venue_chosen": "",
        "days": [day for month in months_of(offers) for day in month.days],
        "day_chosen": date(2021, 6, 10),
        "groups": places_of(offers),
        "wish": None,
        "request_id": REQUEST_ID,
    }
    return shown | changes


def _check(**changes: object) -> Mapping[str, object]:
    shown = {
        "purpose": "book",
        "doses": DOSES,
        "product": PRODUCT,
        "visitor": VISITOR,
        "contact": ContactForm(CONTACT.name, CONTACT.phone, CONTACT.email),
        "confirmation": "mail",
        "first_dose": None,
        "request_id": REQUEST_ID,
        "mark": "0123456789abcdef",
        "changed": False,
        "problem": None,
    }
    return shown | changes


def _letter(language: str) -> Mapping[str, object]:
    return {
        "language_of_letter": language,
        "held": VIEW,
        "name": CONTACT.name,
        "today": date(2021, 6, 1),
        "back": "戻る",
        "how": "印刷してください。",
        "choose": "確認書の言語",
    }


CALL, DETAILS = "staff_call.html", "staff_call_details.html"
CHOOSE, CHECK, LETTER = "staff_call_choose.html", "staff_call_check.html", "staff_letter.html"
BOTH = {"has_first": True, "may_second": True}
SAMPLES: list[Sample] = [
    ("call", "clerk", CALL, _call()),
    ("call-refused", "clerk", CALL, _call(problem=PROBLEM)),
    ("call-booked", "clerk", CALL, _call(kept=_kept(CONTACT), **BOTH)),
    (
        *("call-booked-letter", "clerk", CALL),
        _call(kept=_kept(Contact(CONTACT.name, CONTACT.phone, "")), wants_letter=True, **BOTH),
    ),
    ("call-details", "clerk", DETAILS, _details({"confirmation": "mail"}, {})),
    ("call-details-wrong", "clerk", DETAILS, _details(TYPED, WRONG)),
    ("call-choose", "clerk", CHOOSE, _choose([OFFER])),
    ("call-choose-none", "clerk", CHOOSE, _choose([OFFER], errors={"slot-1": True})),
    (
        *("call-choose-sold-out", "clerk", CHOOSE),
        _choose([GONE], day_chosen=None, groups=[], wish=WISH),
    ),
    ("call-check", "clerk", CHECK, _check()),
    ("call-check-busy", "clerk", CHECK, _check(problem=PROBLEM)),
    ("call-check-changed", "clerk", CHECK, _check(changed=True, contact=None)),
    ("call-checking", "clerk", "staff_call_checking.html", {"refresh_s": 3}),
    (
        *("call-cancel", "clerk", "staff_call_cancel.html"),
        {"held": VIEW, "may_second": True, "request_id": REQUEST_ID},
    ),
    ("call-letter", "clerk", LETTER, _letter("ja")),
    ("call-letter-vi", "clerk", LETTER, _letter("vi")),
]
