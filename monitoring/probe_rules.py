"""What the synthetic resident does next, and what an answer of the system means.

A run: landing → line → sign_in → (clear) → availability → book → cancel.

Rule 1: the first answer that is not as it must be ends the run, and it has failed.
Rule 2: a place in the line, a release that is closed and planned downtime are true answers: they
end a run that has not failed.
Rule 3: a run begins by giving back what an earlier one has left (clear); of several probes
at once none fails because another one was quicker.
Rule 4: nothing here does I/O, reads a clock or draws a random number.

Units: seconds. Reasons are codes of the JSON contract, or one of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec

Step = Literal["landing", "why", "line", "sign_in", "clear", "availability", "book", "cancel"]
"""`why` follows a first page that says 503: whether that is planned, only the contract tells."""

STEPS: tuple[Step, ...] = get_args(Step)

Result = Literal["ok", "waiting", "closed", "maintenance", "failed"]

NOTICED_S_MAX = 90.0
"""L9: an outage is known within this time, the steps after the probe included."""

SCRAPED_AND_JUDGED_S = 35.0
"""What those steps may take: a scrape and an evaluation each 15 s, and a little."""

SIGN_IN_AGAIN_AFTER_S = 600.0
"""After a sign-in that was not confirmed. Six an hour: a ticket is locked by ten."""

_CODE = re.compile(r"[a-z_]{1,40}")
_HTML = "text/html"
_PAGE_OF_OURS = "/static/"
_NOT_LET_IN = {"identity_not_confirmed", "too_many_attempts"}


class Answer(msgspec.Struct, frozen=True):
    """What came back: `content` is the JSON object, empty if it was none; `text` is a page's."""

    status: int
    media_type: str
    content: Mapping[str, Any] = {}
    text: str = ""

    @property
    def code(self) -> str:
        """Return the problem's code, empty if there is none."""
        code = self.content.get("code")
        return code if isinstance(code, str) and _CODE.fullmatch(code) else ""

    @property
    def state(self) -> object:
        """Return the `state` that most documents of the contract have."""
        return self.content.get("state")


class Go(msgspec.Struct, frozen=True):
    """Take a step; `slot_id` is the slot to book."""

    step: Step
    slot_id: str = ""


class AskAgain(msgspec.Struct, frozen=True):
    """The request is not decided yet: ask what became of it."""


class End(msgspec.Struct, frozen=True):
    """The run is over. `reason` says why it failed."""

    result: Result
    reason: str = ""


Verdict = Go | AskAgain | End


def verdict(step: Step, answer: Answer, *, books: bool = True) -> Verdict:
    """Return what follows from the answer to a step; without `books` nothing is booked."""
    if answer.code == "maintenance":
        return End("maintenance")
    match step:
        case "landing":
            return _after_landing(answer)
        case "line":
            # 404: no release is loaded, so that nobody waits.
            is_notice = answer.status == 200 and isinstance(answer.state, str)
            return Go("sign_in") if is_notice or answer.status == 404 else _failed(answer)
        case "sign_in":
            return _after_sign_in(answer)
        case "clear":
            return _after_cancel(answer, Go("availability"))
        case "availability":
            return _after_availability(answer, books=books)
        case "book":
            return _after_book(answer)
        case "cancel":
            return _after_cancel(answer, End("ok"))
        case _:
            return _failed(answer)


def may_sign_in(refused_at_s: float | None, now_s: float) -> bool:
    """Say whether to sign in at all: a ticket that is not known must not use up the tries."""
    return refused_at_s is None or now_s - refused_at_s >= SIGN_IN_AGAIN_AFTER_S


def was_not_let_in(end: End) -> bool:
    """Say whether a run ended because nobody believes that this is a resident."""
    return end.reason in _NOT_LET_IN


def books_now(run: int, every_runs: int) -> bool:
    """Say whether a run, counted from 0, books."""
    return run % every_runs == 0


def noticed_within_s(every_s: float, run_s: float) -> float:
    """Return how long after its beginning an outage is known at the latest.

    It begins just after a run has passed; the next one finds it when its time is over.
    """
    return every_s + run_s + SCRAPED_AND_JUDGED_S


def _after_landing(answer: Answer) -> Verdict:
    if answer.status == 503:
        return Go("why")
    is_ours = answer.media_type == _HTML and _PAGE_OF_OURS in answer.text
    return Go("line") if answer.status == 200 and is_ours else _failed(answer)


def _after_sign_in(answer: Answer) -> Verdict:
    if answer.code == "release_closed":
        return End("closed")
    if answer.code == "not_open_yet":
        return End("waiting")
    if answer.status != 200:
        return _failed(answer)
    match answer.state:
        case "booked":
            return Go("clear")
        case "inside":
            return Go("availability")
        case "lobby" | "waiting" | "your_turn":
            return End("waiting")
    return _failed(answer)


def _after_availability(answer: Answer, *, books: bool) -> Verdict:
    if answer.status != 200 or not isinstance(answer.content.get("days"), list):
        return _failed(answer)
    slot_id = _free_slot(answer.content["days"])
    if slot_id is None:
        return End("failed", "no_slot")
    return Go("book", slot_id) if books else End("ok")


def _free_slot(days: list[Any]) -> str | None:
    try:
        slots = [slot for day in days for slot in day["slots"] if slot["pairs"] != "none"]
        return str(slots[0]["slot_id"]) if slots else None
    except (KeyError, TypeError):
        return None


def _after_book(answer: Answer) -> Verdict:
    if answer.status in (200, 201) and answer.state == "booked":
        return Go("cancel")
    if answer.code == "already_booked":
        return Go("cancel")  # Another probe has just booked.
    return _undecided_or_failed(answer)


def _after_cancel(answer: Answer, then: Verdict) -> Verdict:
    if answer.status == 200 and answer.state == "cancelled":
        return then
    if answer.code == "no_booking":
        return then  # Another probe has just cancelled.
    return _undecided_or_failed(answer)


def _undecided_or_failed(answer: Answer) -> Verdict:
    return AskAgain() if answer.status == 202 else _failed(answer)


def _failed(answer: Answer) -> End:
    is_good = 200 <= answer.status < 300
    return End(
        "failed", answer.code or ("not_understood" if is_good else f"status_{answer.status}")
    )
