"""Every page with something to show: the template's name, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec

from allocator.model import FirstDose, Flexible
from allocator.reads import Availability, Contact, Identity, OpenSlot
from gateway import choosing
from gateway.draw_words import DrawShown
from gateway.fields import FieldError
from gateway.forms import CompanionForm, ContactForm, SignInForm
from gateway.masking import masked
from gateway.problems import Problem, too_many_attempts
from gateway.proofs import in_a_form
from gateway.receipts import ReceiptSigner
from gateway.routes.html import ProblemShown, says_kept
from gateway.session_end import SessionEnd
from gateway.status_words import ReleaseShown, WaitShown
from gateway.step_up import ContactShown
from gateway.views import BookingView, DoseView, standby_view
from monitoring.bulletin.maintenance import Plan
from tests.unit.gateway.factories import (
    make_booking,
    make_catalogue,
    make_place,
    make_slot,
    make_venue,
    make_waiting,
)
from waiting_room.draw import RULES

OPENS_AT = datetime(2021, 6, 1, 0, 30, tzinfo=UTC)
FIRST_DAY, SECOND_DAY = date(2021, 6, 10), date(2021, 7, 1)
LAST_DAY = date(2021, 7, 30)
"""Of the first doses on offer, but for a full one after it."""
PURPOSES = ("book", "together", "second_only", "change_both", "change_second")

STAGES = ("asked", "off", "undecided", "unknown")
"""Of turning reminders off from a mail."""

BOTH_DOSES = ("book", "together", "change_both")

SLOTS = (
    make_slot(1, FIRST_DAY),
    make_slot(2, SECOND_DAY),
    make_slot(3, FIRST_DAY, 11, venue_id="school"),
    make_slot(4, LAST_DAY),
    make_slot(5, LAST_DAY, 11, venue_id="school"),
    make_slot(6, LAST_DAY + timedelta(days=21)),
    make_slot(7, LAST_DAY + timedelta(days=23)),
    make_slot(8, LAST_DAY + timedelta(days=1)),
    make_slot(9, SECOND_DAY + timedelta(days=1)),
)
CATALOGUE = make_catalogue(slots=SLOTS)
AVAILABILITY = Availability(
    release_id="r1",
    as_of=OPENS_AT,
    etag="1",
    slots=(
        OpenSlot(1, "few", 2, SLOTS[1].starts_at),
        OpenSlot(3, "none"),
        OpenSlot(4, "few", 6, SLOTS[5].starts_at),
        OpenSlot(5, "many", 7, SLOTS[6].starts_at),
        OpenSlot(8, "none"),
    ),
    second_only=(OpenSlot(2, "many"), OpenSlot(9, "few")),
)
"""Two months; a day whose second doses are on two days, a day that is full, many and few."""
PAIRS = choosing.pair_offers(CATALOGUE, AVAILABILITY)
SECONDS = choosing.second_offers(
    CATALOGUE, AVAILABILITY, FirstDose("comirnaty", FIRST_DAY), FIRST_DAY
)

PRODUCT = CATALOGUE.products["comirnaty"]
IDENTITY = Identity("122319", "0123456789", date(1948, 5, 3))
CONTACT = Contact("印西 花子", "09012345678", "hanako@example.jp", "インザイ ハナコ")
UNREACHED = Contact("印西 花子", "****678", "")
COMPANION = CompanionForm(
    SignInForm("122319", "0123456790", date(1950, 1, 1)),
    ContactForm("印西 太郎", "09012345679", "taro@example.jp"),
)
DOSES = (DoseView(1, SLOTS[0], make_venue()), DoseView(2, SLOTS[1], make_venue()))
RECEIPT = ReceiptSigner(bytes(32)).receipt("122319", make_booking(), dict(enumerate(SLOTS, 1)))
HELD = BookingView(make_booking(), PRODUCT, DOSES, RECEIPT)
FIRST_ONLY = BookingView(make_booking(state="first_only"), PRODUCT, DOSES[:1], RECEIPT)
MAPS = {"hall": "https://maps.example/?q=%E5%8D%B0%E8%A5%BF"}
SESSION = SessionEnd(900, 3_600, "900", "3600", OPENS_AT.isoformat(), "09:45")
DOWNTIME = Plan("m1", OPENS_AT, OPENS_AT + timedelta(hours=2), OPENS_AT)
PROBLEM = ProblemShown("題 title", "説明 detail")

TYPED = {
    "ticket_number": "123",
    "birth_year": "1945",
    "name": '"><script>alert(1)</script>',
    "product": "comirnaty",
    "first_dose_day": "31",
}
WRONG = {
    "ticket_number": FieldError("ticket_number", "wrong_length", {"length": 10}),
    "birth_year": FieldError("birth_date", "not_a_date"),
}
PIN_WRONG = {"pin": FieldError("pin", "not_a_pin", {"min": 4, "max": 8})}
CONTACT_WRONG = {
    "name": FieldError("name", "required"),
    "kana": FieldError("kana", "not_kana"),
    "phone": FieldError("phone", "not_a_phone"),
    "email": FieldError("email", "not_an_email"),
}
FIRST_DOSE_WRONG = {
    "product": FieldError("product", "required"),
    "first_dose_year": FieldError("date", "not_a_date"),
}

CHALLENGE = in_a_form(
    {
        "parameters": {
            "algorithm": "SHA-256",
            "cost": 1,
            "keyLength": 32,
            "keyPrefix": "ff" * 16,
            "nonce": "00" * 16,
            "salt": "00" * 16,
        },
        "signature": "00" * 32,
    }
)
"""One that nobody solves: the page stays as it is."""

Sample = tuple[str, str, Mapping[str, object]]


def _releases() -> list[Sample]:
    return [
        ("landing", f"{state}-{pairs}", {"release": _release(state, pairs)})
        for state in ("none", "scheduled", "lobby", "open", "paused", "closed")
        for pairs in (None, 0, 1, 1234)
    ]


def _release(state: str, pairs_left: int | None) -> ReleaseShown:
    if state == "none":
        return ReleaseShown("none")
    drawn = pairs_left is not None
    return ReleaseShown(state, "第1回", "お知らせ", OPENS_AT, OPENS_AT, pairs_left, 12, drawn)


def _waits() -> list[Sample]:
    waits = []
    for show in ("lobby", "waiting", "turn", "paused", "closed", "booked"):
        for outlook in ("likely", "borderline", "unlikely", ""):
            shown = WaitShown(show, "r1", 120, 20, "約5分", 80, outlook, OPENS_AT, "お知らせ", 10)
            shown = replace(shown, as_of=OPENS_AT, closes_at=OPENS_AT)
            waits.append(("wait", f"{show}-{outlook}", {"wait": shown, "back": "choose"}))
    nothing = WaitShown("waiting", "r1", None, None, "計算しています", 0, "", None, "", 30)
    for place in (None, 120):
        numbered = replace(nothing, show="waiting" if place else "lobby", place=place, arrival=7)
        waits.append(("wait", f"numbered-{place}", {"wait": numbered, "back": ""}))
    for reason in ("paused", "rate_lowered", "capacity_cut", "slower_than_measured"):
        rising = replace(nothing, raised=reason, outlook="unlikely", next_opens_at=OPENS_AT)
        waits.append(("wait", f"raised-{reason}", {"wait": rising, "back": ""}))
    arriving = replace(nothing, show="lobby", drawn=False)
    waits.append(("wait", "in-order-of-arrival", {"wait": arriving, "back": ""}))
    return [*waits, ("wait", "unknown", {"wait": nothing, "back": ""})]


def _draws() -> list[Sample]:
    before = DrawShown("before", "第1回", opens_at=OPENS_AT, commitment="ab" * 32)
    drawn = replace(before, stage="drawn", revealed_seed="cd" * 32, lobby_count=1234)
    shown = {
        "none": DrawShown("none"),
        "before": before,
        "announced": replace(before, beacon="0815", beacon_source="お知らせ"),
        "drawn": replace(drawn, beacon="0815", beacon_source="お知らせ"),
        "default": replace(drawn, beacon="r1|2021-06-01T09:30:00+09:00", beacon_default=True),
        "undrawn": replace(before, stage="undrawn"),
    }
    return [("draw", name, {"draw": draw, "rules": RULES}) for name, draw in shown.items()]


def _choosing() -> list[Sample]:
    samples: list[Sample] = []
    for purpose in PURPOSES:
        offers = PAIRS if purpose in BOTH_DOSES else SECONDS
        for name, shown in (("offers", offers), ("sold-out", [])):
            days = {
                "purpose": purpose,
                "pairs": offers is PAIRS,
                "back_link": "/details",
                "first_dose_day": None if offers is PAIRS else FIRST_DAY,
                "products": choosing.products_of(shown),
                "venues": choosing.venues_of(shown),
                "venue_chosen": "hall",
                "months": choosing.months_of(shown),
                "any_left": bool(shown),
                "standby_wish": None
                if shown or purpose == "together"
                else Flexible(FIRST_DAY, SECOND_DAY),
                "request_id": "8d5f5b9c-7d4b-4a3a-9a52-2f5b6c1c0f5e",
            }
            samples.append(("choose_day", f"{purpose}-{name}", days))
        times = {
            "purpose": purpose,
            "day": FIRST_DAY,
            "venue_chosen": "",
            "groups": choosing.places_of(offers),
        }
        samples.append(("choose_time", purpose, times))
    return samples


def _checks() -> list[Sample]:
    return [
        (
            "check",
            f"{purpose}-{problem is not None}-{changed}",
            {
                "purpose": purpose,
                "problem": problem,
                "changed": changed,
                "mark": "0123456789abcdef",
                "request_id": "8d5f5b9c-7d4b-4a3a-9a52-2f5b6c1c0f5e",
                "first_dose_day": None if purpose in BOTH_DOSES else FIRST_DAY,
                "doses": DOSES if purpose in BOTH_DOSES else DOSES[1:],
                "product": PRODUCT,
                "resident": IDENTITY,
                "contact": CONTACT,
                "companion": COMPANION,
                "reminders": problem is None,
            },
        )
        for purpose in PURPOSES
        for problem, changed in ((None, False), (PROBLEM, False), (None, True))
    ]


def _booking(held: BookingView) -> list[Sample]:
    name = held.booking.state
    request_id = "8d5f5b9c-7d4b-4a3a-9a52-2f5b6c1c0f5e"
    shown = {"held": held, "contact": masked(CONTACT), "maps": MAPS, "by_text": False}
    closed = {"details": ContactShown(masked(CONTACT)), "errors": {}}
    me = shown | closed | {"birth_date": IDENTITY.birth_date, "request_id": request_id}
    sent = me | {"details": ContactShown(masked(CONTACT), asked=True)}
    in_full = {"details": ContactShown(CONTACT, in_full=True), "contact": CONTACT}
    silent = replace(held, booking=msgspec.structs.replace(held.booking, reminders=False))
    nowhere = me | {"contact": UNREACHED, "maps": {}}
    texted = nowhere | {"by_text": True}
    told_by_text = ContactShown(UNREACHED, by_text=True)
    by_text, text_sent = {"details": told_by_text}, {"details": replace(told_by_text, asked=True)}
    cancel = {"held": held, "request_id": request_id}
    return [
        ("my_booking", name, me),
        ("my_booking", f"{name}-silent", me | {"held": silent}),
        ("my_booking", f"{name}-no-address", nowhere),
        ("my_booking", f"{name}-texted", nowhere | by_text),
        ("my_booking", f"{name}-texted-silent", nowhere | by_text | {"held": silent}),
        ("my_booking", f"{name}-code-texted", nowhere | text_sent),
        ("my_booking", f"{name}-code-sent", sent),
        ("my_booking", f"{name}-wrong-code", sent | {"errors": {"code": "4321"}}),
        ("my_booking", f"{name}-no-code-left", me | {"errors": {"code": "4321"}}),
        ("my_booking", f"{name}-in-full", me | in_full),
        ("change", name, {"held": held, "may_both": True, "may_second": True}),
        ("cancel", name, cancel | {"may_second": True, "problem": None}),
        ("cancel", f"{name}-refused", cancel | {"may_second": False, "problem": PROBLEM}),
        ("booked", f"{name}-book", shown | {"purpose": "book"}),
        ("booked", f"{name}-together", shown | {"purpose": "together", "companion": held}),
        ("booked", f"{name}-change", shown | {"purpose": "change"}),
        ("booked", f"{name}-silent", shown | {"purpose": "book", "held": silent}),
        ("booked", f"{name}-no-address", nowhere | {"purpose": "book"}),
        ("booked", f"{name}-texted", texted | {"purpose": "book"}),
    ]


def _forms() -> list[Sample]:
    typed: Mapping[str, object] = {"values": TYPED, "back": "check", "came_back": "yes"}
    sign_in = {**typed, "has_pins": False, "challenge": "", "wait_s": 60}
    with_pin = sign_in | {"errors": {}, "refused": None, "has_pins": True}
    challenged = sign_in | {"errors": {}, "refused": None, "came_back": "", "challenge": CHALLENGE}
    unknown = Problem("identity_not_confirmed")
    details = {"resident": IDENTITY, "values": TYPED, "may_bring": True, "may_be_texted": False}
    accompanied = details | {"values": TYPED | {"companion": "yes"}, "errors": {}}
    companion = {"values": TYPED, "has_pins": False, "challenge": "", "wait_s": 60}
    first = {"products": [PRODUCT], "values": TYPED}
    return [
        ("sign_in", "fresh", sign_in | {"errors": {}, "refused": None}),
        ("sign_in", "wrong", sign_in | {"errors": WRONG, "refused": None}),
        ("sign_in", "ended", sign_in | {"errors": {}, "refused": None, "came_back": "ended"}),
        ("sign_in", "refused", sign_in | {"errors": {}, "refused": unknown, "came_back": ""}),
        ("sign_in", "with-pin", with_pin),
        ("sign_in", "with-wrong-pin", with_pin | {"errors": WRONG | PIN_WRONG}),
        ("sign_in", "challenged", challenged),
        ("details", "fresh", details | {"errors": {}}),
        ("details", "in-session", details | {"errors": {}, "session": SESSION}),
        ("details", "wrong", details | {"errors": CONTACT_WRONG}),
        ("details", "accompanied", accompanied),
        ("details", "texted", details | {"errors": {}, "may_be_texted": True}),
        ("details", "turn-used", details | {"errors": {}, "may_bring": False}),
        ("companion", "fresh", companion | {"errors": {}}),
        ("companion", "wrong", companion | {"errors": WRONG}),
        ("companion", "with-pin", companion | {"errors": {}, "has_pins": True}),
        ("companion", "challenged", companion | {"errors": {}, "challenge": CHALLENGE}),
        ("companion_details", "fresh", companion | {"errors": {}}),
        ("companion_details", "wrong", companion | {"errors": CONTACT_WRONG}),
        ("first_dose", "fresh", first | {"errors": {}}),
        ("first_dose", "wrong", first | {"errors": FIRST_DOSE_WRONG}),
    ]


def _standby() -> list[Sample]:
    samples: list[Sample] = []
    request_id = "8d5f5b9c-7d4b-4a3a-9a52-2f5b6c1c0f5e"
    for reason in ("asked", "slot_closed", "supply_cut"):
        for given in ((), (1,)):
            waiting = make_waiting(make_place(reason=reason), given=given, product_id="")
            offered = make_waiting(make_place(reason=reason, offered_until=OPENS_AT), given=given)
            for problem in (None, PROBLEM):
                shown = {
                    "request_id": request_id,
                    "problem": problem,
                    "may_be_texted": given == (1,),
                }
                name = f"{reason}-{len(given)}-{problem is not None}"
                samples += [
                    ("standby", name, shown | {"place": standby_view(CATALOGUE, waiting, 1234)}),
                    (
                        "standby",
                        f"{name}-offer",
                        shown | {"place": standby_view(CATALOGUE, offered)},
                    ),
                ]
    return samples


def _errors() -> list[Sample]:
    codes = ("not_found", "method_not_allowed", "cross_site", "bad_request")
    last = ("too_large", "unsupported_media_type", "release_closed", "not_eligible")
    not_open = Problem("not_open_yet", {"lobby_at": OPENS_AT})
    away, pressed = Problem("away"), [*TYPED.items()]
    return [
        *(_error(code, Problem(code)) for code in (*codes, *last)),
        _error("not_open_yet", not_open),
        _error("too_many_attempts", too_many_attempts(700), leads_to="sign-in"),
        _error("internal_error", Problem("internal_error"), may_retry=True),
        *(_error(code, Problem(code), retry_s="5") for code in ("away", "not_ready", "busy")),
        _error("away-sent", away, sent=pressed),
        _error("away-sent-empty", away, sent=[]),
        _error("downtime", away, downtime=DOWNTIME),
    ]


def _error(name: str, problem: Problem, **changes: object) -> Sample:
    plain = {"problem": problem, "says_kept": says_kept(problem), "may_retry": "retry_s" in changes}
    again = {"retry_s": None, "sent": None, "leads_to": "start"}
    return ("error", name, plain | again | changes)


def _away_until(sent: list[tuple[str, str]] | None) -> dict[str, object]:
    return {"problem": Problem("maintenance", {"ends_at": DOWNTIME.ends_at}), "sent": sent}


def _answers() -> list[Sample]:
    refused: list[Sample] = [
        ("refused", leads_to, {"refused": Problem(code), "leads_to": leads_to, "old_stands": True})
        for leads_to, code in (
            ("choose", "no_second_dose"),
            ("my-booking", "past_cut_off"),
            ("start", "release_closed"),
        )
    ]
    return [
        *refused,
        ("checking", "", {"refresh_s": 3}),
        ("cancelled", "both", {"second_only": False}),
        ("cancelled", "second", {"second_only": True}),
        ("my_booking", "none", {"held": None}),
        ("signed_out", "", {}),
        *(("unsubscribe", stage, {"stage": stage}) for stage in STAGES),
        *_errors(),
        ("maintenance", "", _away_until(None)),
        ("maintenance", "sent", _away_until([*TYPED.items()])),
        ("maintenance", "sent-empty", _away_until([])),
    ]


SAMPLES: list[Sample] = [
    *_releases(),
    *_forms(),
    *_waits(),
    *_draws(),
    *_choosing(),
    *_checks(),
    *_booking(HELD),
    *_booking(FIRST_ONLY),
    *_standby(),
    *_answers(),
]
