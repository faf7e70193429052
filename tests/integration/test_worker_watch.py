"""A worker whose canary is silent while Redis answers is taken to be stuck."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from prometheus_client import REGISTRY

from allocator.jobs import TASK_TIME_LIMIT_S
from allocator.migrate import create_login_roles, role_url
from allocator.outbox import Outbox
from allocator.worker_watch import (
    CANARY_AGE_S_MAX,
    ENDED_KEPT,
    LOOK_EVERY_S,
    SILENT_S_MAX,
    TASK_S_MAX,
    Tally,
    Watch,
)
from tests.integration.stored import Stored
from tests.waiting import until

LOOKS = int(SILENT_S_MAX / LOOK_EVERY_S)
"""So many looks may find the worker silent; the next one takes it to be stuck."""


class Watched:
    """A worker, its watch, and a clock that stands still but for `looks`."""

    def __init__(
        self, database_url: str = "", *, broker_answers: Callable[[], bool] = lambda: True
    ) -> None:
        self.now_s = 1_000.0
        self.ended: list[str] = []
        self.tally = Tally(lambda: self.now_s)
        self.watch = Watch(
            Outbox(database_url, contact_key=b""),
            self.tally,
            broker_answers=broker_answers,
            stuck=lambda: self.ended.append("stuck"),
            monotonic=lambda: self.now_s,
        )

    def looks(self, times: int) -> list[str]:
        """Listen so many times; return how often the worker was taken to be stuck by now."""
        for _ in range(times):
            self.now_s += LOOK_EVERY_S
            self.watch.listen()
        return self.ended


def test_silent_worker_is_ended_once_for_each_silence() -> None:
    worker = Watched()
    assert worker.looks(LOOKS) == []
    assert worker.looks(1) == ["stuck"]
    assert worker.looks(LOOKS) == ["stuck"]
    assert worker.looks(1) == ["stuck"] * 2


def test_worker_whose_tasks_end_is_left_alone() -> None:
    worker = Watched()
    for _ in range(10):
        worker.tally.ended("relay_outbox", failed=False)
        assert worker.looks(LOOKS) == []


def test_worker_is_not_silent_while_a_task_takes_long() -> None:
    worker = Watched()
    worker.tally.begun()
    assert worker.looks(int(TASK_S_MAX / LOOK_EVERY_S) - 1) == []
    assert not worker.watch.ready()["relay"]
    worker.tally.ended("relay_outbox", failed=False)
    assert worker.watch.ready()["relay"]
    assert worker.looks(LOOKS) == []
    assert worker.looks(LOOKS) == ["stuck"]
    worker.now_s += CANARY_AGE_S_MAX
    assert not worker.watch.ready()["relay"]


def test_worker_whose_task_takes_longer_than_it_may_is_silent() -> None:
    worker = Watched()
    worker.tally.begun()
    worker.looks(int(TASK_S_MAX / LOOK_EVERY_S))
    assert worker.looks(LOOKS) == ["stuck"]


def test_task_at_work_is_waited_for_as_long_as_celery_lets_it_be() -> None:
    assert TASK_S_MAX == TASK_TIME_LIMIT_S


def test_silence_does_not_count_while_redis_is_away() -> None:
    answers = [False]
    worker = Watched(broker_answers=lambda: answers[0])
    assert worker.looks(3 * LOOKS) == []
    answers[0] = True
    assert worker.looks(LOOKS) == []
    assert worker.looks(1) == ["stuck"]


def test_backlog_is_looked_at_all_the_while(database_url: str) -> None:
    with closing(Watched(database_url).watch) as watching:
        watching.start()
        until(lambda: watching.ready()["database"])


def test_people_whom_the_desk_has_to_tell_are_counted(database_url: str) -> None:
    create_login_roles(database_url, {"jobs": "jobs-password"})
    with closing(Stored(database_url, bytes(32))) as stored:
        for kind in ("booked", "moved", "listed"):
            stored.message(stored.book(), kind)
        stored.connection.execute(
            "UPDATE outbox SET result = 'no_address', done_at = now(), "
            "created_at = now() - interval '1 hour'"
        )
    watching = Watched(role_url(database_url, "jobs", "jobs-password")).watch
    watching.start()
    watching.close()
    assert REGISTRY.get_sample_value("seiriken_desk_untold_people") == 2
    age_s = REGISTRY.get_sample_value("seiriken_desk_untold_oldest_age_seconds")
    assert age_s is not None
    assert 3_600 <= age_s < 3_700


def test_tasks_that_ended_are_read_once_each() -> None:
    tally = Tally()
    tally.begun()
    tally.ended("send_notice", failed=False)
    tally.begun()
    tally.ended("send_notice", failed=True)
    tally.ended("of_somebody_else", failed=False)
    count, ended = tally.ended_since(0)
    assert [(one.task, one.failed) for one in ended] == [
        ("send_notice", False),
        ("send_notice", True),
        ("other", False),
    ]
    assert tally.ended_since(count) == (3, [])


def test_of_more_tasks_than_are_kept_the_latest_are_read() -> None:
    tally = Tally()
    for _ in range(ENDED_KEPT):
        tally.ended("relay_outbox", failed=False)
    tally.ended("send_notice", failed=False)
    count, ended = tally.ended_since(0)
    assert (count, len(ended)) == (ENDED_KEPT + 1, ENDED_KEPT)
    assert ended[-1].task == "send_notice"
    assert {one.task for one in ended[:-1]} == {"relay_outbox"}
