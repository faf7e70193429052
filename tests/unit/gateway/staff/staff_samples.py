"""Every page of the staff with something to show: its name, its template, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from allocator.reads import Contact
from gateway.session_end import SessionEnd
from gateway.staff import codes
from gateway.staff.access import Role, groups_of
from gateway.staff.accounts import Account, StaffSession
from gateway.staff.callers import Caller, HeldShown
from gateway.staff.day_list import UNDO_REASONS, DoseDue, tally
from gateway.staff.journal import COMMAND, REASONS, Look, NotedLook
from gateway.staff.national_record import ENCODINGS
from gateway.staff.rendering import environment, letter_environment
from gateway.staff.room_pages import ReleaseFigures
from gateway.staff.venue_desk import FreeSlot
from gateway.staff.venue_pages import Place
from gateway.views import DoseView
from tests.unit.gateway.factories import make_booking, make_catalogue, make_slot
from tests.unit.gateway.staff import (
    call_samples,
    closing_samples,
    message_samples,
    release_samples,
    roster_samples,
)
from waiting_room.answers import AtDesk, Standing
from waiting_room.states import State

NOW = datetime(2021, 6, 1, 0, 30, tzinfo=UTC)
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
TICKET, BORN = "0012345678", date(1950, 1, 31)
SLOTS = (make_slot(1, date(2021, 6, 10)), make_slot(2, date(2021, 7, 1)))
CATALOGUE = make_catalogue(slots=SLOTS)
BOOKING = make_booking()

Sample = tuple[str, Role | None, str, Mapping[str, object]]


def standing(state: State, **changes: object) -> Standing:
    values: dict[str, object] = {
        "release_id": "r1",
        "campaign_id": "c1",
        "state": state,
        "index": 7,
        "place": 1_234,
        "serving": 900,
        "inside": False,
        "booked": False,
    }
    return Standing(**(values | changes))  # type: ignore[arg-type]


def caller(found: Standing | None, held: HeldShown | None = None, **changes: object) -> Caller:
    return Caller(TICKET, BORN, found, held, **changes)  # type: ignore[arg-type]


def account(number: int, role: Role, *, enrolled: bool = True, disabled: bool = False) -> Account:
    return Account(number, f"{role}{number}", role, "", b"x" if enrolled else None, 0, disabled)


HELD = HeldShown(
    BOOKING,
    CATALOGUE.products[BOOKING.product_id],
    tuple(
        DoseView(n, slot, CATALOGUE.venues[slot.venue_id]) for n, slot in enumerate(SLOTS, start=1)
    ),
    Contact("試験 百合", "08098765432", "yuri.7@example.jp"),
)
TYPED = {
    "ticket_number": TICKET,
    "birth_year": "1950",
    "birth_month": "1",
    "birth_day": "31",
    "reason": "wants_place",
}
LINES = [
    NotedLook(6, NOW, Look("hall1", "venue", "dose_undone", b"a" * 16, "wrong_lot", "192.0.2.9")),
    NotedLook(5, NOW, Look("root", COMMAND, "doses_exported", None, "- -", COMMAND)),
    NotedLook(4, NOW, Look("clerk1", "clerk", "not_confirmed", b"a" * 16, REASONS[0], "192.0.2.7")),
    NotedLook(
        3, NOW, Look("clerk1", "clerk", "caller_looked_up", b"a" * 16, REASONS[0], "192.0.2.7")
    ),
    NotedLook(2, NOW, Look("boss", "supervisor", "account_reset", None, "clerk1", "2001:db8::7")),
    NotedLook(1, NOW, Look("audit", "auditor", "journal_read", None, "all", "192.0.2.8")),
]
WRONG = {
    "ticket_number": "10けたの数字です。",
    "birth_year": "入力してください。",
    "reason": "選んでください。",
}
ACCOUNTS = [
    (account(1, "clerk"), True),
    (account(2, "clerk", enrolled=False), True),
    (account(3, "supervisor"), False),
    (account(4, "auditor", disabled=True), False),
]


def _sign_in(*, refused: bool = False, has_ended: bool = False) -> Mapping[str, object]:
    values, back = ({"login": "clerk1"} if refused else {}), "/venue" if has_ended else ""
    ended = {"has_ended": has_ended, "back": back}
    return {"values": values, "errors": {}, "refused": refused, **ended}


def _form(**changes: object) -> Mapping[str, object]:
    return {
        "values": {},
        "errors": {},
        "refused": "",
        "lost": "",
        "reasons": REASONS,
        "has_pins": False,
        **changes,
    }


def _password(**changes: object) -> Mapping[str, object]:
    return {"errors": {}, "is_changed": False, "length_min": 15, **changes}


def _found(who: Caller) -> Mapping[str, object]:
    return {"caller": who, "reason": "asks_state"}


def _enrol(errors: Mapping[str, str]) -> Mapping[str, object]:
    uri = codes.enrolment_uri(SECRET, "clerk1")
    return {"values": {}, "errors": errors, "secret": SECRET, "uri": uri, "length_min": 15}


def _journal(lines: list[NotedLook], errors: Mapping[str, str]) -> Mapping[str, object]:
    values = {"day_year": "2021", "day_month": "6", "day_day": "1"}
    shown = {"lines": lines, "values": values, "errors": errors, "older": 7 if lines else None}
    return {**shown, "most": 200, "reasons": REASONS, "undo_reasons": UNDO_REASONS}


def _room(*releases: ReleaseFigures, lacking: list[str] | None = None) -> Mapping[str, object]:
    return {"releases": releases, "lacking": lacking or [], "now": NOW}


DUE = DoseDue(
    booking_id=BOOKING.booking_id,
    booking_number=BOOKING.booking_number,
    person_key=b"p" * 16,
    campaign_id="c1",
    release_id="r1",
    product_id=BOOKING.product_id,
    language="ja",
    dose=1,
    slot_id=1,
    starts_at=SLOTS[0].starts_at,
    name="試験 百合",
    kana="シケン ユリ",
    phone="08098765432",
    email="",
    ticket_number=TICKET,
    birth_date=BORN,
    mark="open",
)
GIVEN = replace(DUE, mark="given", lot="EW4811", marked_by="hall1", marked_at=NOW)
ABSENT = replace(DUE, mark="not_come", marked_by="hall1", marked_at=NOW, birth_date=None)
PLACE = Place(SLOTS[0].venue_id, SLOTS[0].day)
VENUES = {one.venue_id: one.names for one in CATALOGUE.venues.values()}


def _list(*rows: DoseDue, **changes: object) -> Mapping[str, object]:
    return {
        "venues": VENUES,
        "place": PLACE,
        "is_today": True,
        "rows": rows,
        "tally": tally(rows),
        "products": CATALOGUE.products,
        "values": {"day": "2021-06-10"},
        "errors": {},
        "refused": "",
        "query": "",
        "now": NOW,
        **changes,
    }


def _dose(row: DoseDue, **changes: object) -> Mapping[str, object]:
    return {
        "place": PLACE,
        "venue": VENUES[PLACE.venue_id],
        "row": row,
        "product": CATALOGUE.products[row.product_id],
        "may_mark": True,
        "has_begun": True,
        "is_today": True,
        "today": PLACE.day,
        "after_first": None,
        "is_too_soon": False,
        "values": {"lot": "EW4811"},
        "errors": {},
        "done": "",
        "refused": "",
        "reasons": UNDO_REASONS,
        "request_id": "1" * 32,
        **changes,
    }


def _walk_in(**changes: object) -> Mapping[str, object]:
    return {
        "venues": VENUES,
        "venue_id": SLOTS[0].venue_id,
        "free": [FreeSlot(SLOTS[0], 3, 0)],
        "products": CATALOGUE.products,
        "elsewhere": [SLOTS[0].product_id],
        "has_pins": True,
        "values": {},
        "errors": {},
        "refused": "",
        "request_id": "1" * 32,
        **changes,
    }


TOO_SOON = _dose(
    replace(DUE, dose=2, first_given_on=PLACE.day - timedelta(days=12)),
    after_first=12,
    is_too_soon=True,
    errors={"too_soon": "間隔が足りません。"},
)


def _error(**changes: object) -> Mapping[str, object]:
    return {"title": "つながりません", "detail": "待ってください。", "sent": ()} | changes


CLERK, BOSS, AUDIT = "staff_found.html", "staff_accounts.html", "staff_journal.html"
SAMPLES: list[Sample] = [
    ("sign-in", None, "staff_sign_in.html", _sign_in()),
    ("sign-in-refused", None, "staff_sign_in.html", _sign_in(refused=True)),
    ("sign-in-ended", None, "staff_sign_in.html", _sign_in(has_ended=True)),
    ("caller", "clerk", "staff_caller.html", _form()),
    ("password", "clerk", "staff_password.html", _password()),
    ("password-changed", "auditor", "staff_password.html", _password(is_changed=True)),
    (
        *("password-wrong", "operator", "staff_password.html"),
        _password(
            errors={
                "current": "今のパスワードが正しくありません。",
                "password": "推測されやすいです。",
            }
        ),
    ),
    ("caller-wrong", "clerk", "staff_caller.html", _form(values=TYPED, errors=WRONG)),
    ("caller-refused", "clerk", "staff_caller.html", _form(values=TYPED, refused="合いません。")),
    ("caller-call-over", "clerk", "staff_caller.html", _form(lost="over")),
    ("caller-not-sent", "clerk", "staff_caller.html", _form(lost="not_sent")),
    (
        *("caller-other-city", "clerk", "staff_caller.html"),
        _form(
            values={**TYPED, "municipality_code": "12227"},
            errors={"municipality_code": "6けたの数字です。"},
        ),
    ),
    ("caller-pin", "clerk", "staff_caller.html", _form(has_pins=True)),
    *call_samples.SAMPLES,
    ("found-none", "clerk", CLERK, _found(caller(None))),
    ("found-closed", "clerk", CLERK, _found(caller(standing("closed")))),
    ("found-scheduled", "clerk", CLERK, _found(caller(standing("scheduled", place=None)))),
    ("found-lobby", "clerk", CLERK, _found(caller(standing("lobby", place=None)))),
    ("found-waiting", "clerk", CLERK, _found(caller(standing("open")))),
    (
        *("found-in-lane", "clerk", CLERK),
        _found(caller(standing("open"), at_desk=AtDesk(called=False, before=3))),
    ),
    (
        *("found-called", "clerk", CLERK),
        _found(caller(standing("open"), at_desk=AtDesk(called=True, before=0))),
    ),
    ("found-inside", "clerk", CLERK, _found(caller(standing("open", inside=True)))),
    ("found-booked", "supervisor", CLERK, _found(caller(standing("open", booked=True), HELD))),
    (
        *("room", "operator", "staff_room.html"),
        _room(
            ReleaseFigures("r1", "65歳以上の方", "open", 900, 12_345, 60, 4_321),
            ReleaseFigures("r2", "", None, None, None, None, None),
            ReleaseFigures("r3", "春", "paused", 1, 2, None, None),
        ),
    ),
    ("room-away", "operator", "staff_room.html", _room(lacking=["room", "database", "status"])),
    ("accounts", "supervisor", BOSS, {"accounts": ACCOUNTS, "reset": None, "password": ""}),
    (
        *("accounts-reset", "supervisor", BOSS),
        {"accounts": ACCOUNTS, "reset": ACCOUNTS[0][0], "password": "q4Zt-made-up-word_9x"},
    ),
    ("journal", "auditor", AUDIT, _journal(LINES, {})),
    ("journal-wrong", "auditor", AUDIT, _journal([], {"day_year": "正しくありません。"})),
    *closing_samples.SAMPLES,
    *roster_samples.SAMPLES,
    *message_samples.SAMPLES,
    *release_samples.SAMPLES,
    ("venue", "venue", "staff_venue.html", _list(DUE, replace(GIVEN, dose=2), ABSENT)),
    ("venue-none", "venue", "staff_venue.html", _list(query="やまだ")),
    ("venue-wrong", "venue", "staff_venue.html", _list(errors={"day": "日を入力してください。"})),
    ("venue-gone", "venue", "staff_venue.html", _list(DUE, refused="gone")),
    ("dose-open", "venue", "staff_dose.html", _dose(DUE)),
    (
        *("dose-wrong", "venue", "staff_dose.html"),
        _dose(DUE, errors={"lot": "入力してください。", "sure": "印を付けてください。"}),
    ),
    ("dose-second", "venue", "staff_dose.html", _dose(replace(DUE, dose=2, first_is_given=False))),
    (
        *("dose-day-wrong", "venue", "staff_dose.html"),
        _dose(DUE, is_today=False, errors={"given_on": "接種した日を選んでください。"}),
    ),
    ("dose-too-soon", "venue", "staff_dose.html", TOO_SOON),
    ("dose-later", "venue", "staff_dose.html", _dose(DUE, may_mark=False)),
    ("dose-given", "venue", "staff_dose.html", _dose(GIVEN, done="given")),
    ("dose-refused", "venue", "staff_dose.html", _dose(GIVEN, refused="dose_given")),
    (
        *("dose-undo-wrong", "venue", "staff_dose.html"),
        _dose(GIVEN, errors={"reason": "選んでください。"}),
    ),
    ("dose-not-come", "venue", "staff_dose.html", _dose(ABSENT, done="not_come")),
    ("walk-in", "venue", "staff_walk_in.html", _walk_in()),
    (
        *("walk-in-wrong", "venue", "staff_walk_in.html"),
        _walk_in(
            values=TYPED,
            errors={k: v for k, v in WRONG.items() if k != "reason"}
            | {"slot": "選んでください。", "language": "選んでください。"},
        ),
    ),
    ("walk-in-full", "venue", "staff_walk_in.html", _walk_in(free=[], refused="no_second_dose")),
    (
        *("walked-in", "venue", "staff_walked_in.html"),
        {
            "booking": BOOKING,
            "venue_id": PLACE.venue_id,
            "doses": [
                (n, slot, CATALOGUE.venues[slot.venue_id]) for n, slot in enumerate(SLOTS, 1)
            ],
        },
    ),
    (
        *("doses", "supervisor", "staff_doses.html"),
        {"values": {"encoding": "utf-8"}, "errors": {}, "encodings": ENCODINGS},
    ),
    (
        *("doses-wrong", "supervisor", "staff_doses.html"),
        {"values": {}, "errors": {"encoding": "選んでください。"}, "encodings": ENCODINGS},
    ),
    ("error", "clerk", "staff_error.html", _error()),
    ("error-sent", "venue", "staff_error.html", _error(sent=[("lot", "EW4811")], sent_to="/venue")),
    ("error-signed-out", None, "staff_error.html", _error()),
]
ENROLLING: list[Sample] = [
    ("enrol", None, "staff_enrol.html", _enrol({})),
    ("enrol-wrong", None, "staff_enrol.html", _enrol({"code": "正しくありません。"})),
]
"""Pages of a session that is not complete yet."""


SESSION_END = SessionEnd(900, 28_800, "900", "28800", NOW.isoformat(), "9:45")


def render(sample: Sample, language: str) -> str:
    """Return a page as it is sent."""
    _, role, template, shown = sample
    session = None
    if role is not None or sample in ENROLLING:
        secret = b"s" if sample in ENROLLING else None
        session = StaffSession(1, "clerk1", role or "clerk", secret, NOW, NOW)
    made = environment(language)
    if template == "staff_letter.html":
        made = letter_environment(str(shown["language_of_letter"]))
    return made.get_template(template).render(
        phone_desk="0476-00-0000",
        staff_language=language,
        city="印西市" if language == "ja" else "Inzai City",
        path="/caller",
        section="/caller",
        address_in=lambda code: f"/caller?language={code}",
        may_switch=True,
        belongs_to="/caller",
        session=session,
        session_end=None if session is None or session.enrolling_secret else SESSION_END,
        bar=groups_of(role) if role is not None else {},
        form_token="0" * 64,
        **shown,
    )
