"""Every page of the staff with something to show: its name, its template, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from allocator.reads import Contact
from gateway.staff import codes
from gateway.staff.access import Role, pages_of
from gateway.staff.accounts import Account, StaffSession
from gateway.staff.callers import Caller, HeldShown
from gateway.staff.journal import REASONS, Look, NotedLook
from gateway.staff.rendering import environment, letter_environment
from gateway.staff.room_pages import ReleaseFigures
from gateway.views import DoseView
from tests.unit.gateway.factories import make_booking, make_catalogue, make_slot
from tests.unit.gateway.staff import call_samples, release_samples
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


def _form(**changes: object) -> Mapping[str, object]:
    return {
        "values": {},
        "errors": {},
        "refused": "",
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
    return {"lines": lines, "values": values, "errors": errors, "most": 200, "reasons": REASONS}


def _room(*releases: ReleaseFigures, lacking: list[str] | None = None) -> Mapping[str, object]:
    return {"releases": releases, "lacking": lacking or [], "now": NOW}


CLERK, BOSS, AUDIT = "staff_found.html", "staff_accounts.html", "staff_journal.html"
SAMPLES: list[Sample] = [
    ("sign-in", None, "staff_sign_in.html", {"values": {}, "errors": {}, "refused": False}),
    (
        *("sign-in-refused", None, "staff_sign_in.html"),
        {"values": {"login": "clerk1"}, "errors": {}, "refused": True},
    ),
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
    *release_samples.SAMPLES,
    ("error", "clerk", "staff_error.html", {"title": "ありません", "detail": "見つかりません。"}),
    ("error-signed-out", None, "staff_error.html", {"title": "403", "detail": "できません。"}),
]
ENROLLING: list[Sample] = [
    ("enrol", None, "staff_enrol.html", _enrol({})),
    ("enrol-wrong", None, "staff_enrol.html", _enrol({"code": "正しくありません。"})),
]
"""Pages of a session that is not complete yet."""


def render(sample: Sample, language: str) -> str:
    """Return a page as it is sent."""
    _, role, template, shown = sample
    session = None
    if role is not None or sample in ENROLLING:
        secret = b"s" if sample in ENROLLING else None
        session = StaffSession(1, "clerk1", role or "clerk", secret)
    made = environment(language)
    if template == "staff_letter.html":
        made = letter_environment(str(shown["language_of_letter"]))
    return made.get_template(template).render(
        phone_desk="0476-00-0000",
        staff_language=language,
        city="印西市" if language == "ja" else "Inzai City",
        path="/caller",
        may_switch=True,
        session=session,
        pages=pages_of(role) if role is not None else (),
        form_token="0" * 64,
        **shown,
    )
