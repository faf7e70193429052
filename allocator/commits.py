"""Run the transaction of one batch while the next batch is decided.

Rule 1: at most one transaction is under way.
Rule 2: what a transaction came to is told once, by `finish`.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from allocator.batch import Batch
from allocator.errors import Fenced, Outdated, StoreAway
from allocator.store import Store
from monitoring import metrics

_RESULTS: Mapping[type[Exception], str] = {
    Fenced: "fenced",
    Outdated: "outdated",
    StoreAway: "lost",
}


class ThreadedCommits:
    """Commits in a thread of its own, on a connection that nothing else uses."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commits")
        self._under_way: Future[None] | None = None

    def start(self, batch: Batch, epoch: int, decided_at: datetime) -> None:
        """Begin to commit a batch."""
        assert self._under_way is None, "two commits would be under way at once"
        self._under_way = self._thread.submit(_write, self._store, batch, epoch, decided_at)

    def finish(self) -> None:
        """Wait for the end of what was started. Raises as `Store.write`."""
        assert self._under_way is not None, "nothing was started"
        under_way, self._under_way = self._under_way, None
        under_way.result()

    def close(self) -> None:
        """Wait for what is under way, and drop the connection."""
        self._thread.shutdown()
        self._store.close()


def _write(store: Store, batch: Batch, epoch: int, decided_at: datetime) -> None:
    try:
        with metrics.COMMIT_SECONDS.time():
            store.write(batch, epoch, decided_at)
    except (Fenced, Outdated, StoreAway) as fault:
        metrics.BATCHES.labels(_RESULTS[type(fault)]).inc()
        raise
    metrics.BATCHES.labels("committed").inc()
