"""A worker whose canary is silent while Redis answers is taken to be stuck."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

from prometheus_client import REGISTRY

from allocator.jobs import TASK_TIME_LIMIT_S
from allocator.migrate import create_login_roles, role_url
from allocator.outbox import Outbox
from allocator.worker_watch import ENDED_KEPT, TASK_S_MAX, Tally, Watch
from tests.integration.stored import Stored
from tests.waiting import until

SILENT_S_MAX = 0.1


def watch(
    database_url: str, tally: Tally, ended: list[str], broker_answers: Callable[[], bool]
) -> Watch:
    """Return a watch that notes when it takes the worker to be stuck."""
    return Watch(
        Outbox(database_url, contact_key=b""),
        tally,
        broker_answers=broker_answers,
        stuck=lambda: ended.append("stuck"),
        silent_s_max=SILENT_S_MAX,
    )


def listen_until(watching: Watch, condition: Callable[[], bool]) -> None:
    """Listen again and again until a condition holds."""

    def listened() -> bool:
        watching.listen()
        return condition()

    until(listened)


def test_silent_worker_is_ended_once_for_each_silence(database_url: str) -> None:
    ended: list[str] = []
    watching = watch(database_url, Tally(), ended, lambda: True)
    listen_until(watching, lambda: ended == ["stuck"])
    watching.listen()
    assert ended == ["stuck"]
    listen_until(watching, lambda: ended == ["stuck"] * 2)


def test_worker_whose_tasks_end_is_left_alone(database_url: str) -> None:
    ended: list[str] = []
    tally = Tally()
    watching = watch(database_url, tally, ended, lambda: True)
    listened: list[int] = []

    def enough() -> bool:
        tally.ended("relay_outbox", failed=False)
        listened.append(1)
        return len(listened) > 3 * SILENT_S_MAX / 0.02

    listen_until(watching, enough)
    assert ended == []


def test_worker_is_not_silent_while_a_task_takes_long(database_url: str) -> None:
    ended: list[str] = []
    tally = Tally()
    watching = watch(database_url, tally, ended, lambda: True)
    tally.begun()
    until_s = time.monotonic() + 3 * SILENT_S_MAX
    listen_until(watching, lambda: time.monotonic() > until_s)
    assert ended == []
    assert not watching.ready()["relay"]
    tally.ended("relay_outbox", failed=False)
    assert watching.ready()["relay"]
    listen_until(watching, lambda: ended == ["stuck"])


def test_task_at_work_is_waited_for_as_long_as_celery_lets_it_be() -> None:
    assert TASK_S_MAX == TASK_TIME_LIMIT_S


def test_silence_does_not_count_while_redis_is_away(database_url: str) -> None:
    ended: list[str] = []
    answers = [False]
    asked: list[int] = []

    def broker_answers() -> bool:
        asked.append(1)
        return answers[0]

    watching = watch(database_url, Tally(), ended, broker_answers)
    listen_until(watching, lambda: len(asked) > 3 * SILENT_S_MAX / 0.02)
    assert ended == []
    answers[0] = True
    listen_until(watching, lambda: ended == ["stuck"])


def test_backlog_is_looked_at_all_the_while(database_url: str) -> None:
    with closing(Outbox(database_url, contact_key=b"")):
        watching = watch(database_url, Tally(), [], lambda: True)
        watching.start()
        until(lambda: watching.ready()["database"])
        watching.close()


def test_people_whom_the_desk_has_to_tell_are_counted(database_url: str) -> None:
    create_login_roles(database_url, {"jobs": "jobs-password"})
    with closing(Stored(database_url, bytes(32))) as stored:
        for kind in ("booked", "moved", "listed"):
            stored.message(stored.book(), kind)
        stored.connection.execute(
            "UPDATE outbox SET result = 'no_address', done_at = now(), "
            "created_at = now() - interval '1 hour'"
        )
    watching = watch(role_url(database_url, "jobs", "jobs-password"), Tally(), [], lambda: True)
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
