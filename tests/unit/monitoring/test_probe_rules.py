"""What an answer means to the synthetic resident: each step, good and bad."""

from __future__ import annotations

from typing import Any

import pytest

from monitoring.labels import LABEL_VALUES
from monitoring.probe_rules import (
    NOTICED_S_MAX,
    SIGN_IN_AGAIN_AFTER_S,
    STEPS,
    Answer,
    AskAgain,
    End,
    Go,
    Step,
    Verdict,
    books_now,
    may_sign_in,
    noticed_within_s,
    verdict,
    was_not_let_in,
)

PAGE = Answer(200, "text/html", text='<link href="/static/seiriken.css">')
FREE = {"days": [{"date": "2099-01-05", "slots": [{"slot_id": "7", "pairs": "many"}]}]}
TAKEN = {"days": [{"date": "2099-01-05", "slots": [{"slot_id": "7", "pairs": "none"}]}]}


def told(status: int, **content: Any) -> Answer:
    return Answer(status, "application/json", content)


GOOD: list[tuple[Step, Answer, Verdict]] = [
    ("landing", PAGE, Go("line")),
    ("line", told(200, state="lobby"), Go("sign_in")),
    ("line", told(404, code="not_found"), Go("sign_in")),
    ("sign_in", told(200, state="inside"), Go("availability")),
    ("sign_in", told(200, state="booked"), Go("clear")),
    ("clear", told(200, state="cancelled"), Go("availability")),
    ("clear", told(202, request_id="1"), AskAgain()),
    ("availability", told(200, **FREE), Go("book", "7")),
    ("book", told(201, state="booked"), Go("cancel")),
    ("book", told(200, state="booked"), Go("cancel")),
    ("book", told(202, request_id="1"), AskAgain()),
    ("cancel", told(202, request_id="1"), AskAgain()),
    ("cancel", told(200, state="cancelled"), End("ok")),
]

NO_FAILURES: list[tuple[Step, Answer, Verdict]] = [
    ("sign_in", told(200, state="lobby"), End("waiting")),
    ("sign_in", told(200, state="waiting"), End("waiting")),
    ("sign_in", told(200, state="your_turn"), End("waiting")),
    ("sign_in", told(409, code="not_open_yet"), End("waiting")),
    ("sign_in", told(410, code="release_closed"), End("closed")),
]

FAILURES: list[tuple[Step, Answer, str]] = [
    ("landing", Answer(500, "text/html", text="/static/"), "status_500"),
    ("landing", Answer(200, "text/html", text="Welcome to nginx!"), "not_understood"),
    ("landing", Answer(200, "text/plain", text="/static/"), "not_understood"),
    ("why", told(503, code="not_ready"), "not_ready"),
    ("why", told(200), "not_understood"),
    ("line", told(200), "not_understood"),
    ("line", told(503, code="away"), "away"),
    ("sign_in", told(401, code="identity_not_confirmed"), "identity_not_confirmed"),
    ("sign_in", told(200, state="dancing"), "not_understood"),
    ("clear", told(404), "status_404"),
    ("availability", told(200, **TAKEN), "no_slot"),
    ("availability", told(200, days=[]), "no_slot"),
    ("availability", told(200, days=[{"slots": [{"pairs": "many"}]}]), "no_slot"),
    ("availability", told(200, days=["?"]), "no_slot"),
    ("availability", told(200), "not_understood"),
    ("availability", told(403, code="not_inside"), "not_inside"),
    ("book", told(200, state="refused", code="no_first_dose"), "no_first_dose"),
    ("book", told(503, code="busy"), "busy"),
    ("cancel", told(200, state="booked"), "not_understood"),
    ("cancel", told(409, code="past_cut_off"), "past_cut_off"),
]


@pytest.mark.parametrize(("step", "answer", "then"), [*GOOD, *NO_FAILURES])
def test_a_good_answer_leads_on_and_a_true_no_is_no_failure(
    step: Step, answer: Answer, then: Verdict
) -> None:
    assert verdict(step, answer) == then


@pytest.mark.parametrize(("step", "answer", "reason"), FAILURES)
def test_any_other_answer_is_a_failure_with_its_reason(
    step: Step, answer: Answer, reason: str
) -> None:
    assert verdict(step, answer) == End("failed", reason)


@pytest.mark.parametrize("step", STEPS)
def test_planned_downtime_is_no_failure_in_any_step(step: Step) -> None:
    assert verdict(step, told(503, code="maintenance")) == End("maintenance")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", [400, 404, 429, 500, 502, 503, 504])
def test_no_step_takes_a_strange_answer_for_a_good_one(step: Step, status: int) -> None:
    expected = {("landing", 503): Go("why"), ("line", 404): Go("sign_in")}
    strange = Answer(status, "text/html", text="<h1>/static/</h1>")
    assert verdict(step, strange) == expected.get((step, status), End("failed", f"status_{status}"))


@pytest.mark.parametrize("code", [7, None, "Away!", "x" * 41])
def test_what_is_no_code_is_not_repeated(code: object) -> None:
    assert verdict("line", told(503, code=code)) == End("failed", "status_503")


def test_another_probe_that_was_quicker_is_no_failure() -> None:
    assert verdict("book", told(409, code="already_booked")) == Go("cancel")
    assert verdict("book", told(200, state="refused", code="already_booked")) == Go("cancel")
    assert verdict("cancel", told(404, code="no_booking")) == End("ok")
    assert verdict("clear", told(404, code="no_booking")) == Go("availability")


def test_a_run_that_does_not_book_ends_with_what_is_on_offer() -> None:
    assert verdict("availability", told(200, **FREE), books=False) == End("ok")
    assert [books_now(run, 3) for run in range(5)] == [True, False, False, True, False]
    assert all(books_now(run, 1) for run in range(3))


def test_a_ticket_that_is_not_known_does_not_use_up_the_tries() -> None:
    assert may_sign_in(None, 5.0)
    assert not may_sign_in(5.0, 5.0 + SIGN_IN_AGAIN_AFTER_S - 1)
    assert may_sign_in(5.0, 5.0 + SIGN_IN_AGAIN_AFTER_S)
    assert 3_600 / SIGN_IN_AGAIN_AFTER_S < 10  # What locks a ticket for an hour.
    assert was_not_let_in(End("failed", "identity_not_confirmed"))
    assert was_not_let_in(End("failed", "too_many_attempts"))
    assert not was_not_let_in(End("failed", "timeout"))


def test_an_outage_is_known_in_time_with_the_usual_settings() -> None:
    assert noticed_within_s(30.0, 25.0) <= NOTICED_S_MAX


def test_every_step_and_result_is_a_label_of_its_own() -> None:
    assert LABEL_VALUES["step"] == set(STEPS)
    ends = [then for _, _, then in [*GOOD, *NO_FAILURES] if isinstance(then, End)]
    assert {end.result for end in ends} | {"maintenance", "failed"} <= LABEL_VALUES["result"]
