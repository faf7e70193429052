"""What a worker shows of itself: its internal port, and the outbox's metrics.

Celery runs tasks in a child process, whose counters the parent cannot see: both share
a `Tally`, made before the child is. Results are counted by one child at a time
(`worker_concurrency` is 1), so that the counters need no lock, which a killed child
could leave locked.

Ready means: PostgreSQL answers, and a task went through all of Celery within the last minute.
Beat orders the relay every second, so it is the canary; behind a long queue of notices
(a slow mail server, a machine that is full) these show as well that the worker works.

A worker can stop consuming for good when its connection to Redis breaks in the middle
of an acknowledgement (celery issue 10302). Then the canary is silent although Redis
answers, and the process ends itself: whoever supervises it starts another, and the
outbox loses nothing.
"""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.sharedctypes import RawArray, RawValue

import msgspec

from allocator.errors import StoreAway
from allocator.notices import RESULTS, Result
from allocator.outbox import Outbox
from monitoring import metrics
from monitoring.internal import InternalServer, serve_internal
from monitoring.labels import LABEL_VALUES, OTHER
from monitoring.logs import get_logger

log = get_logger()

CANARY_AGE_S_MAX = 60.0
END_WITHIN_S = 10.0
LOOK_EVERY_S = 1.0
PEOPLE_EVERY_S = 15.0
"""Whom the desk has to tell is counted less often: it is more to read, and nobody is so quick."""

TASKS = tuple(sorted(LABEL_VALUES["task"]))
SILENT_S_MAX = 15.0
"""So long may no task begin or end while Redis answers and none is at work."""

ENDED_KEPT = 4_096
"""So many ended tasks are kept for the parent, who reads them each second."""

TASK_S_MAX = 30.0
"""A task that is at work is ended by Celery after so long (`jobs.TASK_TIME_LIMIT_S`)."""


class Ended(msgspec.Struct, frozen=True):
    """One task that ended, after so many seconds."""

    task: str
    took_s: float
    failed: bool


class Tally:
    """Counters that a parent and its child share."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take shared memory; to be made before the child is. `monotonic` counts seconds."""
        self._monotonic = monotonic
        self._counts = RawArray("Q", len(RESULTS))
        self._ended = RawArray("d", ENDED_KEPT)
        self._ended_tasks = RawArray("b", ENDED_KEPT)
        self._ended_count = RawValue("Q", 0)
        self._begun_at_s = RawValue("d", -math.inf)
        self._ended_at_s = RawValue("d", -math.inf)

    def count(self, result: Result) -> None:
        """Note one result."""
        self._counts[RESULTS.index(result)] += 1

    def begun(self) -> None:
        """Note that a task begins now."""
        self._begun_at_s.value = self._monotonic()

    def ended(self, task: str, *, failed: bool) -> None:
        """Note that a task has ended now, well or not."""
        now = self._monotonic()
        slot = self._ended_count.value % ENDED_KEPT
        self._ended[slot] = (-1.0 if failed else 1.0) * (now - float(self._begun_at_s.value))
        self._ended_tasks[slot] = TASKS.index(task) if task in TASKS else len(TASKS)
        self._ended_count.value += 1
        self._ended_at_s.value = now

    def ended_since(self, count: int) -> tuple[int, list[Ended]]:
        """Return how many tasks have ended in all, and those of them after the `count`-th.

        The oldest of more than ENDED_KEPT are lost.
        """
        now = int(self._ended_count.value)
        slots = [number % ENDED_KEPT for number in range(max(count, now - ENDED_KEPT), now)]
        names = (*TASKS, OTHER)
        return now, [
            Ended(names[self._ended_tasks[slot]], abs(took_s), failed=took_s < 0)
            for slot in slots
            for took_s in (float(self._ended[slot]),)
        ]

    def counts(self) -> dict[Result, int]:
        """Return how often each result came."""
        return dict(zip(RESULTS, self._counts, strict=True))

    def ended_ago_s(self) -> float:
        """Return how long ago a task ended last."""
        return self._monotonic() - float(self._ended_at_s.value)

    def silent_s(self) -> float:
        """Return how long nothing has begun or ended; 0 while a task is at work as it may."""
        begun_s, ended_s = float(self._begun_at_s.value), float(self._ended_at_s.value)
        silent_s = self._monotonic() - max(begun_s, ended_s)
        return 0.0 if begun_s > ended_s and silent_s < TASK_S_MAX else silent_s


class Watch:
    """A thread of the parent that copies tally and backlog into the metrics each second."""

    def __init__(
        self,
        outbox: Outbox,
        tally: Tally,
        *,
        broker_answers: Callable[[], bool],
        stuck: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`stuck` is called when the worker must be taken to have stopped consuming.

        `monotonic` counts seconds, as the tally's does.
        """
        self._outbox = outbox
        self._tally = tally
        self._broker_answers = broker_answers
        self._stuck = stuck
        self._monotonic = monotonic
        self._silent_since_s = monotonic()
        self._counted = dict.fromkeys(RESULTS, 0)
        self._ended_counted = 0
        self._store_answers = False
        self._people_due_s = -math.inf
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
        canary_is_fresh = self._tally.ended_ago_s() < CANARY_AGE_S_MAX
        return {"database": self._store_answers, "relay": canary_is_fresh}

    def look(self) -> None:
        """Copy what there is to see into the metrics, once."""
        for result, count in self._tally.counts().items():
            label = metrics.bounded("result", result)
            metrics.MAILS.labels(label).inc(count - self._counted[result])
            self._counted[result] = count
        self._ended_counted, ended = self._tally.ended_since(self._ended_counted)
        for one in ended:
            metrics.TASKS.labels(one.task, "failed" if one.failed else "ok").inc()
            metrics.TASK_SECONDS.labels(one.task).observe(one.took_s)
        try:
            backlog = self._outbox.backlog()
        except StoreAway:
            self._store_answers = False
            return
        self._store_answers = True
        metrics.OUTBOX_MESSAGES.set(backlog.messages)
        metrics.OUTBOX_OLDEST_AGE_SECONDS.set(backlog.oldest_age_s)
        metrics.OUTBOX_UNTOLD_MESSAGES.set(backlog.untold)
        if time.monotonic() >= self._people_due_s:
            self._people_due_s = time.monotonic() + PEOPLE_EVERY_S
            self._look_at_people()

    def _look_at_people(self) -> None:
        try:
            to_be_told = self._outbox.to_be_told()
        except StoreAway:
            return
        metrics.DESK_UNTOLD_PEOPLE.set(to_be_told.people)
        metrics.DESK_UNTOLD_OLDEST_AGE_SECONDS.set(to_be_told.oldest_age_s)

    def listen(self) -> None:
        """See whether the canary sings; silence counts only while Redis answers."""
        now = self._monotonic()
        if self._tally.silent_s() < SILENT_S_MAX / 3 or not self._broker_answers():
            self._silent_since_s = now
        elif now - self._silent_since_s > SILENT_S_MAX:
            self._silent_since_s = now
            self._stuck()

    def _run(self) -> None:
        self.look()
        while not self._stop.wait(LOOK_EVERY_S):
            self.look()
            self.listen()


def end_this_worker() -> None:
    """Stop as if told to, and be gone for certain a little later."""
    log.error("worker_stuck_ended")
    os.kill(os.getpid(), signal.SIGTERM)
    last_word = threading.Timer(END_WITHIN_S, os._exit, (1,))
    last_word.daemon = True
    last_word.start()


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

    def note_begun(self) -> None:
        """Note that a task begins (in the child)."""
        if self._tally is not None:
            self._tally.begun()

    def note_ended(self, task: str, *, failed: bool) -> None:
        """Note that a task has ended, well or not (in the child)."""
        if self._tally is not None:
            self._tally.ended(task, failed=failed)

    def serve(
        self, outbox: Outbox, port: int, host: str, broker_answers: Callable[[], bool]
    ) -> None:
        """Open the internal port; called when the worker is up, and after each reconnection."""
        if self._tally is None or self._watch is not None:
            return
        self._watch = Watch(
            outbox, self._tally, broker_answers=broker_answers, stuck=end_this_worker
        )
        self._watch.start()
        self._server = serve_internal(port, self._watch.ready, host)

    def end(self) -> None:
        """Close the internal port."""
        if self._server is not None:
            self._server.close()
        if self._watch is not None:
            self._watch.close()
