"""Who waits for a provider that does not answer, and for how long."""

from __future__ import annotations

from itertools import pairwise

import pytest

from allocator.resting import (
    ASKED_REST_S_MAX,
    CODES_REST_S,
    REST_S_MAX,
    REST_S_MIN,
    SPREAD_S,
    Channel,
    Lane,
    Rests,
)

NOW_S = 1_000.0


def silent(channel: Channel = "sms", jitter: float = 1.0) -> Rests:
    """Return a channel that rests since NOW_S."""
    rests = Rests()
    assert not rests.note_silence(channel, NOW_S - 8, jitter)
    assert rests.note_silence(channel, NOW_S, jitter)
    return rests


@pytest.mark.parametrize("lane", ["notices", "reminders", "codes"])
def test_provider_that_answers_or_was_silent_once_is_asked(lane: Lane) -> None:
    rests = Rests()
    assert rests.wait_s("sms", lane, NOW_S) == 0
    rests.note_silence("sms", NOW_S, 1.0)
    assert rests.wait_s("sms", lane, NOW_S) == 0


@pytest.mark.parametrize(("jitter", "rest_s"), [(0.0, REST_S_MIN), (1.0, REST_S_MAX)])
def test_provider_that_was_silent_twice_rests(jitter: float, rest_s: float) -> None:
    rests = silent(jitter=jitter)
    assert rests.wait_s("sms", "notices", NOW_S) == rest_s
    assert rests.wait_s("sms", "reminders", NOW_S + rest_s - 1) > 1
    assert rests.wait_s("sms", "notices", NOW_S + rest_s) == 0


def test_other_provider_is_asked_all_the_while() -> None:
    assert silent("sms").wait_s("mail", "notices", NOW_S) == 0


def test_silence_between_answers_rests_nobody() -> None:
    rests = Rests()
    for _ in range(5):
        assert not rests.note_silence("mail", NOW_S, 1.0)
        rests.note_answer("mail")
    assert rests.wait_s("mail", "notices", NOW_S) == 0


def test_one_message_asks_after_the_rest_and_its_silence_begins_another() -> None:
    rests = silent()
    after_s = NOW_S + REST_S_MAX
    assert rests.wait_s("sms", "notices", after_s) == 0
    assert rests.note_silence("sms", after_s + 8, 1.0)
    assert rests.wait_s("sms", "notices", after_s + 8) == REST_S_MAX


def test_answer_ends_the_rest() -> None:
    rests = silent()
    rests.note_answer("sms")
    assert rests.wait_s("sms", "notices", NOW_S) == 0


def test_those_who_wait_come_back_one_after_the_other() -> None:
    rests = silent()
    waits = [rests.wait_s("sms", "notices", NOW_S) for _ in range(1_000)]
    assert waits[0] == REST_S_MAX
    assert [b - a for a, b in pairwise(waits)] == pytest.approx([SPREAD_S] * 999)


def test_code_asks_sooner_and_takes_nobodys_turn() -> None:
    rests = silent()
    assert rests.wait_s("sms", "codes", NOW_S) == CODES_REST_S
    assert rests.wait_s("sms", "codes", NOW_S + CODES_REST_S) == 0
    assert rests.wait_s("sms", "notices", NOW_S) == REST_S_MAX


@pytest.mark.parametrize("lane", ["notices", "reminders", "codes"])
@pytest.mark.parametrize(("asked_s", "rest_s"), [(120.0, 120.0), (float("inf"), ASKED_REST_S_MAX)])
def test_provider_that_says_when_is_asked_then(lane: Lane, asked_s: float, rest_s: float) -> None:
    rests = Rests()
    assert rests.note_request("sms", NOW_S, asked_s) == rest_s
    assert rests.wait_s("sms", lane, NOW_S) == rest_s
    assert rests.wait_s("mail", lane, NOW_S) == 0
    assert rests.wait_s("sms", lane, NOW_S + rest_s) == 0
