"""The loop of the only writer: take, decide, commit, answer, acknowledge.

```
 (a) standby ─ lease taken ▶ (b) load ─▶ (c) take ▶ read ▶ decide ▶ COMMIT ▶ answer ▶ acknowledge
      ▲                          ▲                                    │
      │        (e) fenced        └───── (d) fault: forget all ◀───────┤
      └───────────────────────────────────────────────────────────────┘
```

Rule 1: after any fault the ledger is thrown away and read again, since whether the
batch was committed is unknown; entries that were not acknowledged are taken again
and, where decided, get the answer that is stored.
Rule 2: a constraint that fires is a bug or a second writer: the process stops.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from redis.exceptions import RedisError

from allocator.batch import JournalHead, batch_of
from allocator.core import Decision, Ledger, decide_batch
from allocator.errors import Fenced, StoreAway
from allocator.intake import Handed, Intake
from allocator.model import Book, Booking, Change
from allocator.publish import Publisher
from allocator.store import Store, Versions
from monitoring import metrics
from monitoring.logs import get_logger

log = get_logger()

IDLE_WAIT_S = 0.25
RETRY_AFTER_S = 0.5


class Writer:
    """The allocator's process. `clock` gives the present moment; `stopped` ends the loop."""

    def __init__(
        self,
        store: Store,
        intake: Intake,
        publisher: Publisher,
        *,
        instance: str,
        lease_s: float,
        clock: Callable[[], datetime],
        stopped: Callable[[float], bool],
    ) -> None:
        self._store = store
        self._intake = intake
        self._publisher = publisher
        self._instance = instance
        self._lease_s = lease_s
        self._clock = clock
        self._stopped = stopped
        self._epoch: int | None = None
        self._ledger: Ledger | None = None
        self._head = JournalHead()
        self._versions = Versions(0, 0)
        self._next_check_at = 0.0

    def is_ready(self) -> bool:
        """Say whether this process is the writer and has loaded its ledger."""
        return self._epoch is not None and self._ledger is not None

    def run(self) -> None:
        """Work until told to stop, then let another take over at once."""
        while not self._stopped(0.0):
            try:
                self._step()
            except Fenced:
                log.warning("writer_fenced", epoch=self._epoch)
                self._forget(lease_too=True)
            except (StoreAway, RedisError) as fault:
                log.warning("dependency_lost", error=type(fault).__name__)
                self._forget(lease_too=False)
                self._stopped(RETRY_AFTER_S)
        self._hand_over()

    def _step(self) -> None:
        if self._epoch is None and not self._take_lease():
            self._stopped(RETRY_AFTER_S)
            return
        if self._ledger is None:
            self._load()
        if time.monotonic() >= self._next_check_at:
            self._check()
        self._publisher.copy_piece()
        assert self._ledger is not None
        self._publisher.publish_offer(self._ledger, self._clock())
        if handed := self._intake.take(0.001 if self._publisher.work_is_waiting() else IDLE_WAIT_S):
            self._decide(handed)

    def _take_lease(self) -> bool:
        self._epoch = self._store.take_lease(self._instance, self._lease_s)
        if self._epoch is not None:
            metrics.WRITER_EPOCH.set(self._epoch)
            log.info("lease_taken", epoch=self._epoch)
        return self._epoch is not None

    def _load(self) -> None:
        self._versions = self._store.versions()
        self._ledger, self._head = self._store.load()
        self._intake.begin()
        self._publisher.begin(self._ledger)
        self._next_check_at = 0.0
        log.info("ledger_loaded", count=len(self._ledger.catalogue.slots), epoch=self._epoch)

    def _check(self) -> None:
        """Once a second: keep the lease, notice an operator's edit and a wiped Redis."""
        assert self._epoch is not None
        self._next_check_at = time.monotonic() + 1.0
        self._store.keep_lease(self._epoch)
        versions = self._store.versions()
        if versions.catalogue != self._versions.catalogue:
            self._ledger, self._head = self._store.load()
            self._publisher.publish_catalogue(self._ledger)
            log.info("catalogue_reloaded", version=versions.catalogue)
        self._versions = versions
        assert self._ledger is not None
        self._publisher.check(self._ledger, versions)

    def _decide(self, handed: list[Handed]) -> None:
        assert self._ledger is not None
        assert self._epoch is not None
        requests = [one.request for one in handed]
        facts = self._store.facts_of(requests)
        now = self._clock()
        with metrics.DECISION_SECONDS.time():
            decisions = decide_batch(self._ledger, facts, requests, now)
        batch = batch_of(decisions, self._ledger.catalogue, self._head, now)
        with metrics.COMMIT_SECONDS.time():
            self._store.write(batch, self._epoch, now)
        self._head = batch.journal_head
        answers = [(one, made.outcome) for one, made in zip(handed, decisions, strict=True)]
        self._publisher.note(decisions, facts)
        self._intake.answer(answers)
        _count(decisions)

    def _forget(self, *, lease_too: bool) -> None:
        self._ledger = None
        self._intake.again()
        if lease_too:
            self._epoch = None

    def _hand_over(self) -> None:
        if self._epoch is None:
            return
        try:
            self._store.give_up_lease(self._epoch)
            log.info("lease_given_up", epoch=self._epoch)
        except StoreAway:
            log.warning("lease_left_to_run_out", epoch=self._epoch)


def _count(decisions: list[Decision]) -> None:
    metrics.BATCH_REQUESTS.observe(len(decisions))
    for decision in decisions:
        if not decision.is_new:
            continue
        if isinstance(decision.outcome, Booking):
            metrics.BOOKINGS.labels(_command(decision)).inc()
        else:
            metrics.REFUSALS.labels(decision.outcome.value).inc()


def _command(decision: Decision) -> str:
    command = decision.request.command
    if isinstance(command, Book):
        return "book"
    return "change" if isinstance(command, Change) else "cancel"
