"""One Celery task for each booking, which books by row locks. Run by a real Celery worker.

    celery -A loadtests.bench.rivals.celery_tasks worker

The worker is given its broker and its database by the environment.
"""

from __future__ import annotations

import os
from functools import cache
from uuid import UUID

import psycopg
from celery import Celery

from loadtests.bench.rivals import row_locks
from loadtests.bench.rivals.stage import Connection

BROKER_VARIABLE = "BENCH_RIVAL_BROKER_URL"
DATABASE_VARIABLE = "BENCH_RIVAL_DATABASE_URL"
TASK = "book_pair"

app = Celery("rival", broker=os.environ.get(BROKER_VARIABLE))
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)


@app.task(name=TASK)
def book_pair(
    booking_id: str, person_key: str, first_seat_id: int, second_seat_id: int, contact: str
) -> bool:
    """Book one pair."""
    wish = {
        "booking_id": UUID(booking_id),
        "person_key": bytes.fromhex(person_key),
        "first_seat_id": first_seat_id,
        "second_seat_id": second_seat_id,
        "contact": bytes.fromhex(contact),
    }
    return row_locks.book_pair(_connection(), wish)


@cache
def _connection() -> Connection:
    """Connect once in each process of the worker, as Django and others do."""
    return psycopg.connect(os.environ[DATABASE_VARIABLE], autocommit=True)
