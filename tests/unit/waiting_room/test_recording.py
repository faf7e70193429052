"""What is due is sent once, and again when Redis may have lost it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from redis import Redis
from redis.client import Pipeline

from waiting_room.facts import LineFacts
from waiting_room.plans import ReleasePlan
from waiting_room.recording import Recorder
from waiting_room.status import Moment

OPENS_AT = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
PLAN = ReleasePlan(
    "spring", "covid", OPENS_AT - timedelta(hours=1), OPENS_AT, OPENS_AT + timedelta(hours=8)
)
SCHEDULED = Moment(
    plan=PLAN,
    state="scheduled",
    facts=LineFacts(),
    seed=b"s" * 32,
    admission=None,
    inside=0,
    pairs_left=None,
    per_minute=None,
    called_per_s_max=100.0,
    now=OPENS_AT - timedelta(days=1),
)
OPEN = msgspec.structs.replace(
    SCHEDULED,
    state="open",
    facts=LineFacts(next_index=9, lobby_count=9, beacon="0815", beacon_source="lottery"),
)


@pytest.fixture
def pipe() -> Pipeline:
    """A pipeline that is never sent."""
    return Redis.from_url("redis://127.0.0.1:9/0").pipeline(transaction=False)


def sent(recorder: Recorder, pipe: Pipeline, moment: Moment) -> int:
    """Return how many records one tick sends."""
    before = len(pipe)
    recorder.begin()
    recorder.send(pipe, [moment])
    return len(pipe) - before


def test_each_record_is_sent_once(pipe: Pipeline) -> None:
    recorder = Recorder()
    counts = []
    for moment in (SCHEDULED, SCHEDULED, OPEN, OPEN):
        counts.append(sent(recorder, pipe, moment))
        recorder.done()
    assert counts == [1, 0, 1, 0]


def test_what_a_tick_sent_that_was_not_finished_is_sent_again(pipe: Pipeline) -> None:
    recorder = Recorder()
    assert sent(recorder, pipe, OPEN) == 2
    assert sent(recorder, pipe, OPEN) == 2
    recorder.done()
    assert sent(recorder, pipe, OPEN) == 0


def test_after_a_wipe_everything_is_sent_again(pipe: Pipeline) -> None:
    recorder = Recorder()
    assert sent(recorder, pipe, OPEN) == 2
    recorder.done()
    recorder.forget()
    assert sent(recorder, pipe, OPEN) == 2
