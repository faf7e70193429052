"""Every "no" that a caller can be told: one table, code to status, with words for each.

Rule 1: each refusal of the allocator and each fault that a caller can meet has a
row in `STATUS`, and words in every language (`problem.<code>.title` and `.detail`);
a test proves that none is missing.
Rule 2: a problem tells what the caller may know. Its code is stable; its words
may change.

Shape: RFC 9457. `params` fill the braces of the words and are members of the JSON
document too, so that they hold nothing personal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from allocator.model import SITE_TIMEZONE, Refusal
from gateway import i18n
from gateway.fields import FieldError

STATUS: Mapping[str, int] = {
    # What was sent is not understood
    "bad_request": 400,
    "too_large": 413,
    "unsupported_media_type": 415,
    "invalid_input": 422,
    # Who is calling
    "identity_not_confirmed": 401,
    "not_signed_in": 401,
    "not_inside": 403,
    "cross_site": 403,
    "too_many_attempts": 429,
    # What there is
    "not_found": 404,
    "no_booking": 404,
    "not_on_standby": 404,
    "no_address": 409,
    "method_not_allowed": 405,
    # When
    "not_your_turn": 409,
    "not_open_yet": 409,
    "release_closed": 410,
    # The allocator's refusals (NO_BOOKING stands above)
    "id_reused": 409,
    "not_eligible": 409,
    "outside_release": 409,
    "already_booked": 409,
    "past_cut_off": 409,
    "interval_not_met": 409,
    "no_second_dose": 409,
    "no_first_dose": 409,
    "on_standby": 409,
    "no_offer": 409,
    "dose_given": 409,
    "first_dose_not_given": 409,
    "not_the_day": 409,
    "too_many_at_once": 409,
    "second_doses_protected": 409,
    "pairs_free": 409,
    "standby_full": 409,
    # Somebody comes along whose identity is not that of the caller
    "companion_not_confirmed": 409,
    # Faults, all of which pass
    "internal_error": 500,
    "busy": 503,
    "not_ready": 503,
    "away": 503,
    "maintenance": 503,
}

RETRY_AFTER_S: Mapping[str, int] = {"busy": 5, "not_ready": 5, "away": 5}
"""When to come back, where the answer itself does not know better."""


@dataclass(frozen=True)
class Problem:
    """One "no". `headers` are added to the answer."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Assert that the code has a row: one that has none is our own mistake."""
        assert self.code in STATUS, "every code has a row in the table"

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return STATUS[self.code]


def refused(refusal: Refusal) -> Problem:
    """Return the problem that tells of a refusal."""
    return Problem(refusal.value)


def invalid(errors: Sequence[FieldError]) -> Problem:
    """Return the problem that tells what is wrong with what was sent."""
    return Problem("invalid_input", errors=errors)


def too_many_attempts(retry_after_s: int) -> Problem:
    """Return the problem of a ticket or network that has failed too often."""
    minutes = max(1, -(-retry_after_s // 60))
    headers = {"Retry-After": str(retry_after_s)}
    return Problem("too_many_attempts", {"minutes": minutes}, headers=headers)


def proof_needed(retry_after_s: int, challenge: Mapping[str, object]) -> Problem:
    """Return the problem of a try that must bring a proof of work, or wait."""
    waits = too_many_attempts(retry_after_s)
    return Problem(waits.code, {**waits.params, "challenge": challenge}, headers=waits.headers)


def headers_of(problem: Problem) -> dict[str, str]:
    """Return the headers that go with a problem."""
    headers = dict(problem.headers)
    if (seconds := RETRY_AFTER_S.get(problem.code)) is not None:
        headers.setdefault("Retry-After", str(seconds))
    return headers


def title(problem: Problem, language: str) -> str:
    """Say in a few words what is the matter."""
    return i18n.text(f"problem.{problem.code}.title", language)


def detail(problem: Problem, language: str) -> str:
    """Say in a sentence what is the matter and what to do."""
    params = {name: _word(value, language) for name, value in problem.params.items()}
    return i18n.text(f"problem.{problem.code}.detail", language, **params)


def field_text(error: FieldError, language: str) -> str:
    """Say what is wrong with a field."""
    names = [part for part in error.field.split(".") if not part.isdigit()]
    params = {name: _word(value, language) for name, value in error.params.items()}
    return i18n.message(names[-1], error.code, params, language)


def document(problem: Problem, language: str) -> dict[str, object]:
    """Return the problem as an RFC 9457 document."""
    members: dict[str, object] = {
        "type": "about:blank",
        "title": str(title(problem, language)),
        "status": problem.status,
        "detail": str(detail(problem, language)),
        "code": problem.code,
    }
    for name, value in problem.params.items():
        members[name] = moment(value) if isinstance(value, datetime) else value
    if problem.errors:
        members["errors"] = [
            {"field": error.field, "code": error.code, "message": str(field_text(error, language))}
            for error in problem.errors
        ]
    return members


def moment(value: datetime) -> str:
    """Write a moment as the contract wants it: RFC 3339, with the site's offset."""
    return value.astimezone(SITE_TIMEZONE).isoformat(timespec="seconds")


def _word(value: object, language: str) -> object:
    match value:
        case datetime():
            return i18n.date_time_text(value, language)
        case date():
            return i18n.plain_date_text(value, language)
    return value
