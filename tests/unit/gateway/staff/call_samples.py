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
from gateway.forms import CompanionForm, ContactForm, SignInForm
from gateway.identity import Visitor
from gateway.problems import field_text
from gateway.staff.access import Role
from gateway.staff.call_cancelling_pages import WHOSE
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
CONTACT = Contact("試験 百合", "08098765432", "yuri.7@example.jp", "シケン ユリ")
VISITOR = Visitor(b"p" * 16, "r1", Identity("122319", "0012345678", date(1950, 1, 31)), *[None] * 3)
REQUEST_ID = str(UUID(int=7))
PROBLEM = {"title": "いま混み合っています", "detail": "もう一度お試しください。"}
OFFER = Offer(SLOTS[0], DOSES[0].venue, PRODUCT, "many", 2, SLOTS[1].starts_at)
GONE = replace(OFFER, pairs="none")
WISH = Flexible(date(2021, 6, 10), date(2021, 6, 12))
TYPED = {
    "name": "試験 百合",
    "kana": "Yuri",
    "phone": "12",
    "confirmation": "mail",
    "language": "ja",
}
WRONG = {
    name: str(field_text(FieldError(name, code), "ja"))
    for name, code in (
        ("kana", "not_kana"),
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
        "companion": None,
        "companion_kept": None,
        "done": "",
        "wants_letter": False,
        "has_reminders": True,
        "request_id": REQUEST_ID,
        "problem": None,
    }
    return shown | changes


def _kept(contact: Contact) -> Kept:
    return Kept(VIEW, HeldBooking(BOOKING, contact, NOW))


def _details(values: Mapping[str, str], errors: Mapping[str, str]) -> Mapping[str, object]:
    shown = {"confirmations": CONFIRMATIONS, "products": [PRODUCT], "may_bring": True}
    return {"values": values, "errors": errors, **shown}


def _companion(**changes: object) -> Mapping[str, object]:
    shown = {
        "is_to_book": True,
        "is_known": False,
        "values": {},
        "errors": {},
        "has_pins": False,
        "problem": None,
    }
    return shown | changes


def _companion_details(**changes: object) -> Mapping[str, object]:
    values = {"phone": CONTACT.phone, "email": CONTACT.email}
    return {"by_mail": True, "values": values, "errors": {}} | changes


def _cancel(**changes: object) -> Mapping[str, object]:
    shown: dict[str, object] = {
        "held": VIEW,
        "companion": None,
        "whose": ("caller",),
        "may_second": True,
        "errors": {},
        "request_id": REQUEST_ID,
        "companion_request_id": REQUEST_ID,
    }
    return shown | changes


def _choose(offers: list[Offer], **changes: object) -> Mapping[str, object]:
    shown = {
        "errors": {},
        "purpose": "book",
        "back_link": "/caller/call/details",
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
        "companion": None,
        "confirmation": "mail",
        "first_dose": None,
        "request_id": REQUEST_ID,
        "mark": "0123456789abcdef",
        "changed": False,
        "problem": None,
    }
    return shown | changes


def _letter(language: str, **changes: object) -> Mapping[str, object]:
    shown = {
        "language_of_letter": language,
        "held": VIEW,
        "name": CONTACT.name,
        "today": date(2021, 6, 1),
        "back": "戻る",
        "how": "印刷してください。",
        "choose": "確認書の言語",
        "companion": None,
        "companion_name": "",
    }
    return shown | changes


CALL, DETAILS = "staff_call.html", "staff_call_details.html"
CHOOSE, CHECK, LETTER = "staff_call_choose.html", "staff_call_check.html", "staff_letter.html"
COMPANION, CANCEL = "staff_call_companion.html", "staff_call_cancel.html"
COMPANION_DETAILS = "staff_call_companion_details.html"
OTHER = replace(VISITOR, identity=Identity("122319", "0012345679", date(1952, 3, 4)))
COMPANION_FORM = CompanionForm(
    SignInForm("122319", "0012345679", date(1952, 3, 4)),
    ContactForm("試験 太郎", "08098765432", "taro.8@example.jp"),
)
THEIRS = {"ticket_number": "0012345679", "birth_year": "1952"}
NOT_CONFIRMED = {"ticket_number": "券番号と生年月日が、名簿と合いません。"}
BOTH = {"has_first": True, "may_second": True}
SAMPLES: list[Sample] = [
    ("call", "clerk", CALL, _call()),
    ("call-refused", "clerk", CALL, _call(problem=PROBLEM)),
    ("call-cancelled", "clerk", CALL, _call(done="cancelled")),
    ("call-booked", "clerk", CALL, _call(kept=_kept(CONTACT), **BOTH)),
    (
        *("call-booked-letter", "clerk", CALL),
        _call(
            kept=_kept(Contact(CONTACT.name, CONTACT.phone, "")),
            wants_letter=True,
            has_reminders=False,
            **BOTH,
        ),
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
        *("call-cancel", "clerk", CANCEL),
        _cancel(),
    ),
    ("call-letter", "clerk", LETTER, _letter("ja")),
    ("call-letter-vi", "clerk", LETTER, _letter("vi")),
    (
        *("call-details-companion-wrong", "clerk", DETAILS),
        _details({"companion": "yes"}, {"companion": "どちらかを消してください。"}),
    ),
    ("companion", "clerk", COMPANION, _companion(has_pins=True)),
    ("companion-wrong", "clerk", COMPANION, _companion(values=THEIRS, errors=NOT_CONFIRMED)),
    ("companion-away", "clerk", COMPANION, _companion(values=THEIRS, problem=PROBLEM)),
    ("companion-see", "clerk", COMPANION, _companion(is_to_book=False, is_known=True)),
    ("companion-details", "clerk", COMPANION_DETAILS, _companion_details()),
    (
        *("companion-details-wrong", "clerk", COMPANION_DETAILS),
        _companion_details(errors={name: WRONG[name] for name in ("kana", "phone", "email")}),
    ),
    (
        *("companion-sold-out", "clerk", CHOOSE),
        _choose([GONE], day_chosen=None, groups=[], purpose="together"),
    ),
    ("companion-check", "clerk", CHECK, _check(purpose="together", companion=COMPANION_FORM)),
    (
        *("companion-booked", "clerk", CALL),
        _call(kept=_kept(CONTACT), companion=OTHER, companion_kept=_kept(CONTACT), **BOTH),
    ),
    (
        *("companion-booked-alone", "clerk", CALL),
        _call(companion=OTHER, companion_kept=_kept(CONTACT)),
    ),
    ("companion-none", "clerk", CALL, _call(kept=_kept(CONTACT), companion=OTHER, **BOTH)),
    (
        *("companion-cancel", "clerk", CANCEL),
        _cancel(companion=VIEW, whose=WHOSE),
    ),
    (
        *("companion-cancel-wrong", "clerk", CANCEL),
        _cancel(companion=VIEW, whose=WHOSE, errors={"whose-caller": "選んでください。"}),
    ),
    (
        *("companion-letter", "clerk", LETTER),
        _letter("ja", companion=VIEW, companion_name="試験 太郎"),
    ),
]
