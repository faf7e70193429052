from __future__ import annotations

import pytest

from loadtests.chaos.client import booking_told, noted
from loadtests.chaos.history import LOST, Act, Answer
from loadtests.chaos.wire import Reply

BOOKED = {
    "booking_number": "B-1",
    "state": "booked",
    "doses": [{"dose": 1, "slot_id": "11"}, {"dose": 2, "slot_id": "21"}],
}
PAIR = Answer("booked", "B-1", "11", "21")


@pytest.mark.parametrize(
    ("act", "reply", "answer"),
    [
        ("book", Reply(201, BOOKED), PAIR),
        ("change", Reply(200, BOOKED), PAIR),
        ("outcome", Reply(200, BOOKED), PAIR),
        ("book", Reply(409, {"code": "no_first_dose"}), Answer("no_first_dose")),
        (
            "outcome",
            Reply(200, {"state": "refused", "code": "no_first_dose"}),
            Answer("no_first_dose"),
        ),
        ("cancel", Reply(200, {"state": "cancelled"}), Answer("cancelled")),
        ("outcome", Reply(200, BOOKED | {"state": "cancelled"}), Answer("cancelled")),
    ],
)
def test_decision_is_the_same_however_it_was_told(act: Act, reply: Reply, answer: Answer) -> None:
    assert noted(1, act, "r-1", 0.0, 1.0, reply).answer == answer


@pytest.mark.parametrize(
    "reply",
    [
        Reply(LOST),
        Reply(202, {"request_id": "r-1"}),
        Reply(503, {"code": "away"}),
        Reply(403, {"code": "not_inside"}),
        Reply(404, {"code": "not_found"}),
    ],
)
def test_what_is_not_known_is_no_answer(reply: Reply) -> None:
    assert noted(1, "book", "r-1", 0.0, 1.0, reply).answer is None


def test_place_and_serving_are_noted_from_whatever_tells_them() -> None:
    refused = noted(
        1, "enter", "", 0.0, 1.0, Reply(409, {"code": "not_your_turn", "place": 9, "serving": 4})
    )
    assert (refused.place, refused.serving, refused.answer) == (9, 4, None)
    signed_in = noted(1, "sign_in", "", 0.0, 1.0, Reply(200, {"state": "waiting", "place": 9}))
    assert (signed_in.place, signed_in.code) == (9, "waiting")


def test_lobby_serves_nobody_yet() -> None:
    lobby = Reply(200, {"state": "lobby", "serving": 0})
    assert noted(1, "status", "", 0.0, 1.0, lobby).serving is None
    assert (
        noted(1, "status", "", 0.0, 1.0, Reply(200, {"state": "open", "serving": 0})).serving == 0
    )


def test_journal_and_resident_say_a_booking_in_the_same_words() -> None:
    journal = BOOKED | {"doses": [{"dose": 1, "slot_id": 11}, {"dose": 2, "slot_id": 21}]}
    assert booking_told(journal) == booking_told(BOOKED) == PAIR
