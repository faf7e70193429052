"""The loop of the only writer: take, decide, commit, answer, acknowledge.

```
 (a) standby ─ lease taken ▶ (b) load ─▶ (c) take ▶ read ▶ decide ▶ wait for N-1 ▶ start COMMIT of N
      ▲                          ▲                                       │
      │                          │                (d) answer and acknowledge N-1 ─▶ (c) with N+1
      └────── (f) fenced         └──── (e) fault or edit: forget all ◀───┘
```

While batch N is being committed, batch N+1 is taken, read and decided on what N will
have left; its commit starts once N is committed.

Rule 1: after any fault the ledger is thrown away and read again, since whether the
batch was committed is unknown, and with it what was decided on it; entries that were
not acknowledged are taken again and, where decided, get the answer that is stored.
Rule 2: a constraint that fires is a bug or a second writer: the process stops.
Rule 3: at most one commit is under way, and none while the lease is kept, the ledger
is read or the process hands over. An answer is sent only after its commit.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from redis.exceptions import RedisError

from allocator.batch import Batch, JournalHead, batch_of
from allocator.commands import Request
from allocator.core import decide_batch, expirations
from allocator.errors import Fenced, Outdated, StoreAway
from allocator.intake import Handed
from allocator.ledger import Decision, Facts, Ledger
from allocator.model import PROBE_ID, Refusal
from allocator.overlay import lay_over
from allocator.ports import Commits, Notices, Queue, Tables
from monitoring import metrics
from monitoring.logs import get_logger

log = get_logger()

IDLE_WAIT_S = 0.25
STANDBY_WAIT_S = 0.25
RETRY_AFTER_S = 0.5
CHECK_EVERY_S = 1.0
DECIDE_S_MAX = 0.5
"""Deciding one batch takes no longer, but for its last request: far below the lease."""


class DecidedBatch(msgspec.Struct, frozen=True):
    """A batch that was decided: whom to answer, what to commit, and the facts at its end.

    The allocator's own commands come first among the decisions; nobody waits for them.
    """

    handed: list[Handed]
    decisions: list[Decision]
    facts: Facts
    batch: Batch
    decided_at: datetime


class Writer:
    """The allocator's process, one step at a time.

    `clock` gives the present moment, `monotonic` counts seconds; `stopped` waits for
    so many seconds, or less if the process is to stop, and says whether it is.
    """

    def __init__(
        self,
        store: Tables,
        intake: Queue,
        publisher: Notices,
        commits: Commits,
        *,
        instance: str,
        lease_s: float,
        clock: Callable[[], datetime],
        stopped: Callable[[float], bool],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._intake = intake
        self._publisher = publisher
        self._commits = commits
        self._instance = instance
        self._lease_s = lease_s
        self._clock = clock
        self._stopped = stopped
        self._monotonic = monotonic
        self._epoch: int | None = None
        self._stands_by = False
        self._ledger: Ledger | None = None
        self._head = JournalHead()
        self._next_check_at = 0.0
        self._our_own: list[Request] = []
        self._left_over: list[Handed] = []
        self._under_way: DecidedBatch | None = None
        self._commit_began_at = 0.0
        self._committed_in_s = 0.0
        self._there: dict[str, bool] = {}

    def is_ready(self) -> bool:
        """Say whether this process is the writer and has loaded its ledger."""
        return self._epoch is not None and self._ledger is not None

    def needs(self) -> Mapping[str, bool]:
        """Say what it has of what it needs; a server that was not asked yet is left out."""
        return {**self._there, "ledger": self.is_ready()}

    def run(self) -> None:
        """Work until told to stop, then let another take over at once."""
        while not self._stopped(0.0):
            self.turn()
        self.hand_over()

    def turn(self) -> None:
        """Do one step; after a fault, forget what may be wrong, and wait where it may last."""
        try:
            self.step()
            self._there["database"] = True
            if self._epoch is not None:
                self._there["redis"] = True
        except Fenced:
            self._fall_back()
        except Outdated:
            log.info("batch_outdated", epoch=self._epoch)
            self._forget()
        except (StoreAway, RedisError) as fault:
            log.warning("dependency_lost", error=type(fault).__name__)
            self._there["database" if isinstance(fault, StoreAway) else "redis"] = False
            self._forget()
            self._stopped(RETRY_AFTER_S)

    def step(self) -> None:
        """Do the next piece of work, and decide at most one batch. Raises every fault."""
        if self._epoch is None and not self._take_lease():
            self._stopped(STANDBY_WAIT_S)
            return
        if self._ledger is None:
            self._load()
        if self._monotonic() >= self._next_check_at:
            self._land()
            self._check()
        self._publisher.copy_piece()
        assert self._ledger is not None
        self._publisher.publish_offer(self._ledger, self._clock())
        handed = self._left_over or self._intake.take(self._wait_s())
        if handed or self._our_own:
            self._launch(self._decide(handed))
        else:
            self._land()

    def hand_over(self) -> None:
        """Finish what is under way, and let another writer take over at once."""
        try:
            self._land()
            if self._epoch is not None:
                self._store.give_up_lease(self._epoch)
                log.info("lease_given_up", epoch=self._epoch)
        except (Fenced, Outdated, StoreAway, RedisError):
            log.warning("lease_left_to_run_out", epoch=self._epoch)
            self._forget()
        self._resign()

    def _take_lease(self) -> bool:
        self._epoch = self._store.take_lease(self._instance, self._lease_s)
        if self._epoch is not None:
            metrics.WRITER_EPOCH.set(self._epoch)
            metrics.LEADING_ALLOCATORS.set(1)
            log.info("lease_taken", epoch=self._epoch, instance=self._instance)
        elif not self._stands_by:
            log.info("standby_begun", instance=self._instance)
        self._stands_by = self._epoch is None
        return self._epoch is not None

    def _load(self) -> None:
        """Read all anew, as a writer that still is the writer: see `Store.keep_lease`."""
        assert self._epoch is not None
        self._store.keep_lease(self._epoch)
        self._ledger, self._head = self._store.load()
        self._intake.begin()
        self._publisher.begin(self._ledger, self._epoch)
        self._next_check_at = self._monotonic()
        log.info("ledger_loaded", count=len(self._ledger.catalogue.slots), epoch=self._epoch)

    def _check(self) -> None:
        """Once a second: keep the lease, notice edits, lost requests and a wiped Redis."""
        assert self._epoch is not None
        assert self._ledger is not None
        self._next_check_at = self._monotonic() + CHECK_EVERY_S
        self._store.keep_lease(self._epoch)
        if not self._left_over:
            self._intake.claim_left()
        versions = self._store.versions()
        if versions.now is not None:
            ahead = self._clock() - versions.now
            metrics.CLOCK_SKEW_SECONDS.labels("database").set(ahead.total_seconds())
        if versions.catalogue != self._ledger.catalogue.version:
            self._ledger, self._head = self._store.load()
            self._publisher.publish_catalogue(self._ledger)
            log.info("catalogue_reloaded", version=versions.catalogue)
        self._publisher.check(self._ledger, versions)
        self._our_own = expirations(self._ledger, self._clock())

    def _wait_s(self) -> float:
        """Return how long to wait for requests: not at all while anything else is to do."""
        if self._under_way is not None or self._our_own or self._publisher.work_is_waiting():
            return 0.0
        return IDLE_WAIT_S

    def _decide(self, handed: list[Handed]) -> DecidedBatch:
        """Decide the next batch on what the one under way will have left.

        A writer that hung and was overtaken must not decide on facts that are newer
        than its ledger.
        """
        assert self._ledger is not None
        assert self._epoch is not None
        our_own, self._our_own = self._our_own, []
        requests = [*our_own, *(one.request for one in handed)]
        with metrics.READ_SECONDS.time():
            facts = self._store.facts_of(requests)
            self._store.check_lease(self._epoch)
        if self._under_way is not None:
            lay_over(facts, self._under_way.decisions, self._under_way.facts)
        now = self._clock()
        with metrics.DECISION_SECONDS.time():
            decisions = decide_batch(self._ledger, facts, self._in_time(requests), now)
            batch = batch_of(decisions, self._ledger.catalogue, self._head, now)
        self._head = batch.journal_head
        decided = max(0, len(decisions) - len(our_own))
        handed, self._left_over = handed[:decided], handed[decided:]
        return DecidedBatch(handed, decisions, facts, batch, now)

    def _in_time(self, requests: Sequence[Request]) -> Iterator[Request]:
        """Yield requests until their time is over, one at least; the rest is left over.

        Else costly requests could keep the writer from its lease; the next one would
        take the same batch, and nothing would ever be decided.
        """
        ends_at = self._monotonic() + DECIDE_S_MAX
        for number, request in enumerate(requests):
            if number > 0 and self._monotonic() >= ends_at:
                return
            yield request

    def _launch(self, decided: DecidedBatch) -> None:
        """Commit a batch once the one before it is committed; then answer that one."""
        assert self._epoch is not None
        landed = self._wait()
        self._commit_began_at = self._monotonic()
        self._commits.start(decided.batch, self._epoch, decided.decided_at)
        self._under_way = decided
        if landed is not None:
            self._answer(landed)

    def _land(self) -> None:
        """Wait for the commit that is under way, if any, and answer its batch."""
        if (landed := self._wait()) is not None:
            self._answer(landed)

    def _wait(self) -> DecidedBatch | None:
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            self._commits.finish()
            self._committed_in_s = self._monotonic() - self._commit_began_at
        return under_way

    def _answer(self, landed: DecidedBatch) -> None:
        """Tell everybody what was committed."""
        assert self._ledger is not None
        with metrics.ANSWER_SECONDS.time():
            if any(decision.edits for decision in landed.decisions):
                self._publisher.publish_catalogue(self._ledger)
            took_s, at = self._committed_in_s, landed.decided_at
            self._publisher.note(landed.decisions, landed.facts, took_s, at)
            if landed.handed:
                theirs = landed.decisions[-len(landed.handed) :]
                told = zip(landed.handed, theirs, strict=True)
                self._intake.answer([(one, made.outcome) for one, made in told])
        _count(landed.decisions)

    def _forget(self) -> None:
        """Throw away what may be wrong, after the end of what is under way."""
        try:
            self._wait()
        except (Fenced, Outdated, StoreAway) as fault:
            log.info("batch_lost", error=type(fault).__name__)
        self._ledger = None
        self._our_own, self._left_over = [], []
        self._intake.again()

    def _fall_back(self) -> None:
        """Stand by, since another writer took over."""
        log.warning("writer_fenced", epoch=self._epoch, instance=self._instance)
        self._forget()
        self._resign()

    def _resign(self) -> None:
        self._epoch = None
        metrics.LEADING_ALLOCATORS.set(0)


def _count(decisions: list[Decision]) -> None:
    metrics.BATCH_REQUESTS.observe(len(decisions))
    new = [decision for decision in decisions if decision.is_new]
    refusals = Counter(one.outcome for one in new if isinstance(one.outcome, Refusal))
    for refusal, count in refusals.items():
        metrics.REFUSALS.labels(refusal.value).inc(count)
    kinds = Counter(
        str(one.request.command.__struct_config__.tag)
        for one in new
        if not isinstance(one.outcome, Refusal) and not _is_probes(one)
    )
    for kind, count in kinds.items():
        metrics.BOOKINGS.labels(metrics.bounded("command", kind)).inc(count)


def _is_probes(decision: Decision) -> bool:
    """Say whether a decision was about the synthetic resident, who is in no figure of the city."""
    return any(move.after.campaign_id == PROBE_ID for move in decision.moves)
