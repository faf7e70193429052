from __future__ import annotations

import pytest

from loadtests.peers.doors.visiting import POLLS_MAX, POLLS_S, expect, pauses_s
from loadtests.peers.talking import Answer, TalkFailed


def test_pauses_grow_and_end_in_a_fault() -> None:
    pauses = pauses_s()
    first = [next(pauses) for _ in POLLS_S]
    assert first == sorted(first)
    assert {next(pauses) for _ in range(POLLS_MAX)} == {POLLS_S[-1]}
    with pytest.raises(TalkFailed, match="in vain"):
        next(pauses)


def test_an_answer_of_another_status_is_a_fault_that_names_the_call() -> None:
    assert expect(Answer(200, {"a": 1}), 200, "look") == {"a": 1}
    with pytest.raises(TalkFailed, match="look: 503"):
        expect(Answer(503, {"code": "busy"}), 200, "look")
