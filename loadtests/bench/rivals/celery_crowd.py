"""Let a Celery worker of sixteen processes work off a queue of bookings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import psutil
from celery import Celery

from allocator.jobs_settings import broker_url
from loadtests.bench.errors import BenchStopped
from loadtests.bench.rivals.celery_tasks import BROKER_VARIABLE, DATABASE_VARIABLE, TASK
from loadtests.bench.rivals.crowd import CONNECTIONS
from loadtests.bench.rivals.stage import SEATS_PLENTY, RivalBooks, build_stage, check_rival, wishes
from loadtests.bench.servers import Servers
from loadtests.bench.waiting import until

_BEGIN_S_MAX = 300.0
_LOOK_EVERY_S = 0.25
_STOP_S_MAX = 10.0


def celery_per_s(servers: Servers, *, slots: int, tasks: int, lasting_s_max: float) -> float:
    """Queue tasks, then start a worker; return bookings a second between first and last."""
    servers.settle()
    database = servers.empty_database()
    url = servers.postgres.url(database)
    build_stage(url, slots, SEATS_PLENTY)
    broker = broker_url(servers.redis_url)
    _queue(broker, slots, tasks)

    def is_over() -> RivalBooks | None:
        books = check_rival(url)
        is_enough = books.bookings >= tasks or books.lasting_s >= lasting_s_max
        return books if is_enough else None

    with _worker(servers, broker, url):
        until("the tasks are done", is_over, _BEGIN_S_MAX, _LOOK_EVERY_S)
    books = check_rival(url)
    servers.drop(database)
    if books.bookings < 2:
        raise BenchStopped("Celery booked nothing")
    return (books.bookings - 1) / books.lasting_s


def _queue(broker: str, slots: int, tasks: int) -> None:
    with Celery("rival", broker=broker) as app, app.producer_pool.acquire(block=True) as producer:
        for wish in islice(wishes(slots, seed=1), tasks):
            arguments = {
                "booking_id": str(wish["booking_id"]),
                "person_key": wish["person_key"].hex(),
                "first_seat_id": wish["first_seat_id"],
                "second_seat_id": wish["second_seat_id"],
                "contact": wish["contact"].hex(),
            }
            app.send_task(TASK, kwargs=arguments, producer=producer)


@contextmanager
def _worker(servers: Servers, broker: str, database_url: str) -> Iterator[None]:
    environment = {**os.environ, BROKER_VARIABLE: broker, DATABASE_VARIABLE: database_url}
    command = [sys.executable, "-m", "celery", "-A", "loadtests.bench.rivals.celery_tasks"]
    command += ["worker", f"--concurrency={CONNECTIONS}", "--loglevel=WARNING"]
    with (
        (servers.folder / "celery.log").open("ab") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            yield
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the worker at once, tasks and all (a warm shutdown may wait long), and its children."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGQUIT)
    try:
        process.wait(_STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
    for child in children:
        if child.is_running():
            child.kill()
