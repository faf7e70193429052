"""Every "no" has a row in the table and words in every language."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from allocator import errors as allocator_errors
from allocator.errors import AllocatorError
from allocator.model import Refusal
from gateway import languages, problems
from gateway.answers import FAULTS, SECURITY_KINDS
from gateway.fields import CODES, FieldError
from gateway.problems import STATUS, Problem
from waiting_room import errors as room_errors
from waiting_room.errors import WaitingRoomError

PARAMS: dict[str, dict[str, object]] = {
    "not_your_turn": {"place": 7, "serving": 3},
    "not_open_yet": {"lobby_at": datetime(2021, 6, 1, 0, 30, tzinfo=UTC)},
    "too_many_attempts": {"minutes": 12},
    "maintenance": {"ends_at": datetime(2021, 6, 1, 0, 30, tzinfo=UTC)},
}
DAY = date(1989, 1, 7)
FIELD_PARAMS: dict[str, object] = {
    "left": 4, "max": 5, "min": 1, "length": 10, "names": "a, b", "first": DAY, "last": DAY,
}  # fmt: skip
NEVER_MET_BY_A_CALLER = {
    # These end the allocator or a command, or are handled where they are raised.
    "AllocatorError",
    "WaitingRoomError",
    "NotYours",
    "PaceAway",
    "SealBroken",
    "Fenced",
    "Outdated",
    "StoreContradicts",
    "MigrationStopped",
}


@pytest.mark.parametrize("language", languages.LANGUAGES)
@pytest.mark.parametrize("code", sorted(STATUS))
def test_problem_has_words_in_every_language(code: str, language: str) -> None:
    problem = Problem(code, PARAMS.get(code, {}))
    assert problems.title(problem, language)
    assert "{" not in problems.detail(problem, language)


@pytest.mark.parametrize("refusal", list(Refusal))
def test_refusal_has_a_row(refusal: Refusal) -> None:
    assert problems.refused(refusal).status in (404, 409)


@pytest.mark.parametrize("module", [allocator_errors, room_errors])
def test_fault_of_a_part_has_a_row_or_never_reaches_a_caller(module: object) -> None:
    kinds = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, AllocatorError | WaitingRoomError)
    ]
    assert kinds
    for kind in kinds:
        assert (kind in FAULTS) is not (kind.__name__ in NEVER_MET_BY_A_CALLER), kind
    assert set(FAULTS.values()) <= set(STATUS)


def test_security_events_are_codes_of_the_table() -> None:
    assert set(STATUS) >= SECURITY_KINDS


@pytest.mark.parametrize("language", languages.LANGUAGES)
@pytest.mark.parametrize("code", sorted(CODES))
def test_field_error_has_words_in_every_language(code: str, language: str) -> None:
    for field in ("body", "contact.name", "choices.0.slot_id", "Idempotency-Key"):
        assert problems.field_text(FieldError(field, code, FIELD_PARAMS), language)


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_document_is_plain_text_in_every_language(language: str) -> None:
    problem = Problem("invalid_input", errors=(FieldError("birth_date", "required"),))
    document = msgspec.json.encode(problems.document(problem, language)).decode()
    assert "<ruby" not in document
    assert "|" not in document


def test_days_in_a_field_error_are_written_in_the_readers_language() -> None:
    over = FieldError("birth_date", "era_over", {"last": DAY})
    assert "1989年（昭和64年）1月7日までです" in problems.field_text(over, "ja")
    assert "ended on 7 January 1989." in problems.field_text(over, "en")


def test_code_without_a_row_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        Problem("no_such_code")


def test_document_is_that_of_rfc_9457() -> None:
    errors = [FieldError("contact.phone", "not_a_phone")]
    document = problems.document(problems.invalid(errors), "en")
    assert set(document) == {"type", "title", "status", "detail", "code", "errors"}
    assert document["type"] == "about:blank"
    assert (document["status"], document["code"]) == (422, "invalid_input")
    assert document["errors"] == [
        {
            "field": "contact.phone",
            "code": "not_a_phone",
            "message": problems.field_text(errors[0], "en"),
        }
    ]


def test_params_are_members_of_the_document() -> None:
    lobby_at = datetime(2021, 6, 1, 0, 30, tzinfo=UTC)
    document = problems.document(Problem("not_open_yet", {"lobby_at": lobby_at}), "ja")
    assert document["lobby_at"] == "2021-06-01T09:30:00+09:00"


def test_faults_that_pass_say_when_to_come_back() -> None:
    assert problems.headers_of(Problem("busy"))["Retry-After"] == "5"
    assert "Retry-After" not in problems.headers_of(Problem("not_found"))


@pytest.mark.parametrize(("seconds", "minutes"), [(1, 1), (60, 1), (61, 2), (3600, 60)])
def test_too_many_attempts_says_how_long_to_wait(seconds: int, minutes: int) -> None:
    problem = problems.too_many_attempts(seconds)
    assert problem.params == {"minutes": minutes}
    assert problems.headers_of(problem) == {"Retry-After": str(seconds)}
