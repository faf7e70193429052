"""A Celery task for each booking. Run by `celery -A loadtests.peers.sites.booking.tasks worker`."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery

app = Celery("booking")
app.conf.update(
    broker_url=os.environ["PEER_BROKER_URL"],
    result_backend=os.environ["PEER_RESULTS_URL"],
    broker_connection_retry_on_startup=True,
)


@app.task(name="book_pair")
def book_pair_later(person_id: int, number: int, contact: dict[str, str]) -> dict[str, Any]:
    """Book both doses; the result is what the site answers."""
    from loadtests.peers.sites.booking.pairs import book_pair

    return book_pair(person_id, number, contact)
