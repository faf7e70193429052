"""What a worker shows of itself: its internal port, and the outbox's metrics.

Celery runs tasks in a child process, whose counters the parent cannot see: both share
a `Tally`, made before the child is. Results are counted by one child at a time
(`worker_concurrency` is 1), so that the counters need no lock, which a killed child
could leave locked.

Ready means: PostgreSQL answers, and the relay, which beat orders every second, went
through all of Celery within the last minute. So it is the canary too.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from multiprocessing.sharedctypes import RawArray, RawValue

from allocator.errors import StoreAway
from allocator.notices import RESULTS, Result
from allocator.outbox import Outbox
from monitoring import metrics
from monitoring.internal import InternalServer, serve_internal

CANARY_AGE_S_MAX = 60.0
LOOK_EVERY_S = 1.0


class Tally:
    """Counters that a parent and its child share."""

    def __init__(self) -> None:
        """Take shared memory; to be made before the child is."""
        self._counts = RawArray("Q", len(RESULTS))
        self._relayed_at_s = RawValue("d", -math.inf)

    def count(self, result: Result) -> None:
        """Note one result."""
        self._counts[RESULTS.index(result)] += 1

    def relayed(self) -> None:
        """Note that the relay ran now."""
        self._relayed_at_s.value = time.monotonic()

    def counts(self) -> dict[Result, int]:
        """Return how often each result came."""
        return dict(zip(RESULTS, self._counts, strict=True))

    def relay_age_s(self) -> float:
        """Return how long ago the relay ran last."""
        return time.monotonic() - float(self._relayed_at_s.value)


class Watch:
    """A thread of the parent that copies tally and backlog into the metrics each second."""

    def __init__(self, outbox: Outbox, tally: Tally) -> None:
        self._outbox = outbox
        self._tally = tally
        self._counted = dict.fromkeys(RESULTS, 0)
        self._store_answers = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._thread.join()
        self._outbox.close()

    def ready(self) -> Mapping[str, bool]:
        """Say what the worker has of what it needs."""
        relay_is_fresh = self._tally.relay_age_s() < CANARY_AGE_S_MAX
        return {"database": self._store_answers, "relay": relay_is_fresh}

    def look(self) -> None:
        """Copy what there is to see into the metrics, once."""
        for result, count in self._tally.counts().items():
            label = metrics.bounded("result", result)
            metrics.MAILS.labels(label).inc(count - self._counted[result])
            self._counted[result] = count
        try:
            backlog = self._outbox.backlog()
        except StoreAway:
            self._store_answers = False
            return
        self._store_answers = True
        metrics.OUTBOX_MESSAGES.set(backlog.messages)
        metrics.OUTBOX_OLDEST_AGE_SECONDS.set(backlog.oldest_age_s)

    def _run(self) -> None:
        self.look()
        while not self._stop.wait(LOOK_EVERY_S):
            self.look()


class WorkerProcess:
    """The parent of the worker's child: what it begins before, and ends after.

    Outside a worker (in beat, in a test) nothing was begun, and nothing is counted.
    """

    def __init__(self) -> None:
        self._tally: Tally | None = None
        self._watch: Watch | None = None
        self._server: InternalServer | None = None

    def begin(self) -> None:
        """Make what the child is to share; called before there is a child."""
        self._tally = Tally()

    def note(self, result: Result) -> None:
        """Count a result (in the child)."""
        if self._tally is not None:
            self._tally.count(result)

    def note_relay(self) -> None:
        """Note that the relay ran (in the child)."""
        if self._tally is not None:
            self._tally.relayed()

    def serve(self, outbox: Outbox, port: int, host: str) -> None:
        """Open the internal port; called when the worker is up, and after each reconnection."""
        if self._tally is None or self._watch is not None:
            return
        self._watch = Watch(outbox, self._tally)
        self._watch.start()
        self._server = serve_internal(port, self._watch.ready, host)

    def end(self) -> None:
        """Close the internal port."""
        if self._server is not None:
            self._server.close()
        if self._watch is not None:
            self._watch.close()
