"""Copy to Redis what gateways and the waiting room must know without asking PostgreSQL.

Rule 1: everything here can be rebuilt. The key `published` is written last; while
it is missing (a new Redis, a wiped one) nobody is let in, and all is copied again.
Rule 2: every write says whose it is, and hears whose the one before was. A leader that hung, and
was overtaken, can finish one write when it goes on; the leader hears the other's name, with its
own next write at the latest, and copies all again.
Rule 3: holders, roster and offer are copied in pieces between two batches, so that a
large city does not keep a booking waiting.

Redis: `roster` HASH person key -> birth check, and behind it the check of the PIN of who has
one; `pins` there while anybody has; `holders:{campaign}` SET of person
keys (`publishing:holders:{campaign}` while it is copied, `publishing` with the mark
that `published` gets in the end); `catalogue` JSON;
`availability:{release}` MessagePack; `stock:{release}` pairs left; `published` city,
database and version of the roster; `publisher` the epoch of who wrote last; `commit` how long
the latest commit took (s) and when it was (unix s), for the waiting room.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ResponseError

from allocator.eligibility import is_holder
from allocator.ledger import Decision, Facts, HolderKey, Ledger, people_of
from allocator.model import PROBE_ID, Booking
from allocator.offer import (
    Availability,
    OpenSlot,
    first_dose_slots,
    pairs_of_calendar,
    second_dose_slots,
    slots_of,
)
from allocator.reads import CATALOGUE_KEY, PINS_KEY, availability_key
from allocator.sealing import CHECK_BYTES
from allocator.store import Store, Versions
from monitoring import metrics
from monitoring.logs import get_logger

log = get_logger()

PUBLISHED_KEY = "published"
PUBLISHER_KEY = "publisher"
COMMIT_KEY = "commit"
COPYING_KEY = "publishing"
ROSTER_KEY = "roster"
PIECE_PEOPLE = 5_000
PIECE_SLOTS = 250
_NO_MORE = object()
_COST_SHARE_MAX = 0.1
"""At most this share of the allocator's time goes into counting what is left."""

_OFFER_WAIT_S_MAX = 5.0
"""The next time is never later: a process that hung meanwhile cost nothing."""


def holders_key(campaign_id: str) -> str:
    """Return the key of the set of people who hold a booking."""
    return f"holders:{campaign_id}"


def _copying_key(campaign_id: str) -> str:
    return f"{COPYING_KEY}:{holders_key(campaign_id)}"


def stock_key(release_id: str) -> str:
    """Return the key of the number of pairs a release has left."""
    return f"stock:{release_id}"


class Publisher:
    """What the writer lets others see. Redis errors pass through to the loop."""

    def __init__(
        self,
        redis: Redis,
        store: Store,
        every_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis
        self._store = store
        self._every_s = every_s
        self._monotonic = monotonic
        self._next_offer_at = 0.0
        self._offer_is_stale = True
        self._offer: Iterator[None] | None = None
        self._offer_cost_s = 0.0
        self._name = b""
        self._is_overwritten = False
        self._pieces: Iterator[None] | None = None
        self._campaign_copied: str | None = None

    def check(self, ledger: Ledger, versions: Versions) -> None:
        """See whether Redis still has everything; if not, begin to copy it again.

        If Redis is wiped meanwhile, the mark of the copy is gone, too: then nothing
        is published in the end, and the next check begins again.
        """
        if self._pieces is not None:
            return
        place = f"{self._store.city}-{versions.database}"
        mark = f"{place}-{versions.roster}"
        published: Any = self._redis.get(PUBLISHED_KEY)
        is_ours = self._redis.get(PUBLISHER_KEY) == self._name and not self._is_overwritten
        if published == mark.encode() and is_ours:
            return
        if published is None or not published.startswith(f"{place}-".encode()):
            self._deleted(PUBLISHED_KEY, ROSTER_KEY)  # Of another city, or of none.
        pipeline = self._signed()
        pipeline.set(COPYING_KEY, mark)
        self._write(pipeline)
        self._is_overwritten = False  # What is written over from here on is copied once more.
        self.publish_catalogue(ledger)
        self._pieces = chain(self._copy_holders(_campaigns(ledger)), self._copy_roster())

    def begin(self, ledger: Ledger, epoch: int) -> None:
        """Publish what the writer of this epoch, who has just loaded, knows better than Redis.

        A writer that died, or Redis's absence, may have kept holders from being noted.
        """
        self._name = str(epoch).encode()
        self.publish_catalogue(ledger)
        self._is_overwritten = False  # The one before was the former leader's, as it should be.
        self._pieces = self._copy_holders(_campaigns(ledger))

    def publish_catalogue(self, ledger: Ledger) -> None:
        """Publish what is on offer, after a load or an edit."""
        pipeline = self._signed()
        pipeline.set(CATALOGUE_KEY, msgspec.json.encode(ledger.catalogue))
        self._write(pipeline)
        self._offer, self._offer_is_stale = None, True

    def _signed(self) -> Pipeline:
        """Return a transaction that says whose it is, and asks whose the one before was."""
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.get(PUBLISHER_KEY)
        pipeline.set(PUBLISHER_KEY, self._name)
        return pipeline

    def _write(self, pipeline: Pipeline) -> None:
        """Carry a transaction out, and hear whose the one before was."""
        self._hear(pipeline.execute()[0])

    def _hear(self, before: bytes | None) -> None:
        if before != self._name:
            self._is_overwritten = True

    def work_is_waiting(self) -> bool:
        """Say whether holders, roster or offer are still being copied."""
        return self._pieces is not None or self._offer is not None

    def copy_piece(self) -> None:
        """Copy the next piece of holders or roster, if any is left."""
        if self._pieces is not None and next(self._pieces, _NO_MORE) is _NO_MORE:
            self._pieces = None

    def note(
        self,
        decisions: Sequence[Decision],
        facts: Facts,
        committed_in_s: float = 0.0,
        at: datetime | None = None,
    ) -> None:
        """Keep the holders' sets true after a batch, of which `facts` tell the end.

        Where it is known when the batch was decided, say how long its commit took.
        To be called before the requests are acknowledged: what is cut short is
        then done again, for requests that were answered before, too.
        """
        changes: dict[tuple[str, bool], list[bytes]] = {}
        for campaign_id, person_key in sorted({k for made in decisions for k in _people(made)}):
            held = facts.held.get((campaign_id, person_key))
            holds = held is not None and is_holder(held)
            changes.setdefault((campaign_id, holds), []).append(person_key)
        if not changes:
            return
        self._offer_is_stale = True
        pipeline = self._signed()
        if at is not None:
            pipeline.set(COMMIT_KEY, f"{committed_in_s:.3f} {at.timestamp():.0f}")
        for (campaign_id, holds), people in changes.items():
            change = pipeline.sadd if holds else pipeline.srem
            change(holders_key(campaign_id), *people)
            if campaign_id == self._campaign_copied:
                change(_copying_key(campaign_id), *people)
        self._write(pipeline)

    def publish_offer(self, ledger: Ledger, now: datetime) -> None:
        """Count the next piece of what is left, and publish it after the last one.

        Begun when something changed and the last time is long enough ago.
        """
        started = self._monotonic()
        if self._offer is None:
            if not self._offer_is_stale or started < self._next_offer_at:
                return
            self._offer_is_stale, self._offer_cost_s = False, 0.0
            self._offer = self._count_offer(ledger, now)
        is_over = next(self._offer, _NO_MORE) is _NO_MORE
        self._offer_cost_s += self._monotonic() - started
        if is_over:
            self._offer = None
            wait_s = max(self._every_s, self._offer_cost_s / _COST_SHARE_MAX)
            self._next_offer_at = started + min(wait_s, _OFFER_WAIT_S_MAX)

    def _count_offer(self, ledger: Ledger, now: datetime) -> Iterator[None]:
        """Count what is left, and publish it; yield after each piece.

        What is decided between two pieces shows in the later one, and next time in both.
        """
        pipeline = self._signed()
        by_kind: Counter[tuple[str, str]] = Counter()
        for release_id in list(ledger.catalogue.releases):
            first_doses: list[OpenSlot] = []
            second_doses: list[OpenSlot] = []
            slots = slots_of(ledger, release_id)
            for start in range(0, len(slots), PIECE_SLOTS):
                piece = slots[start : start + PIECE_SLOTS]
                first_doses += first_dose_slots(ledger, piece, now)
                second_doses += second_dose_slots(piece, now)
                yield
            pairs = 0
            for calendar in ledger.seats.calendars_of(release_id, None, None):
                _, venue_id, product_id = calendar.key
                left = pairs_of_calendar(calendar, ledger.catalogue.products[product_id], now)
                pairs += left
                by_kind[venue_id, product_id] += left
                yield
            version = ledger.catalogue.version
            offer = _availability(release_id, now, version, first_doses, second_doses)
            pipeline.set(availability_key(release_id), msgspec.msgpack.encode(offer))
            pipeline.set(stock_key(release_id), pairs)
        self._write(pipeline)
        _show(by_kind, ledger)

    def _copy_holders(self, campaign_ids: Sequence[str]) -> Iterator[None]:
        """Replace each campaign's set by what the table says; yield after each piece.

        What is committed meanwhile is in the pieces still to be read, or is noted in
        both sets.
        """
        for campaign_id in campaign_ids:
            copying, after = _copying_key(campaign_id), b""
            self._deleted(copying)
            self._campaign_copied = campaign_id
            while people := self._store.holders_after(campaign_id, after, PIECE_PEOPLE):
                pipeline = self._signed()
                pipeline.sadd(copying, *people)
                self._write(pipeline)
                after = people[-1]
                yield
            self._campaign_copied = None
            if not self._renamed(copying, holders_key(campaign_id)):
                self._deleted(holders_key(campaign_id))

    def _copy_roster(self) -> Iterator[None]:
        """Copy the roster, then say that all is published; yield after each piece."""
        started, copied, after, has_pins = self._monotonic(), 0, b"", False
        while people := self._store.roster_after(after, PIECE_PEOPLE):
            here = {person: checks for person, checks in people if checks is not None}
            left = [person for person, checks in people if checks is None]
            pipeline = self._signed()
            if here:
                pipeline.hset(ROSTER_KEY, mapping=here)  # type: ignore[arg-type]
            if left:
                pipeline.hdel(ROSTER_KEY, *left)
            self._write(pipeline)
            after = people[-1][0]
            copied += len(here)
            has_pins = has_pins or any(len(checks) > CHECK_BYTES for checks in here.values())
            yield
        if has_pins:
            pipeline = self._signed()
            pipeline.set(PINS_KEY, 1)
            self._write(pipeline)
        else:
            self._deleted(PINS_KEY)
        if self._renamed(COPYING_KEY, PUBLISHED_KEY):
            duration_s = round(self._monotonic() - started, 3)
            log.info("roster_published", count=copied, duration_s=duration_s)

    def _deleted(self, *keys: str) -> None:
        pipeline = self._signed()
        pipeline.delete(*keys)
        self._write(pipeline)

    def _renamed(self, old: str, new: str) -> bool:
        """Rename a key; say whether it was there."""
        pipeline = self._signed()
        pipeline.rename(old, new)
        before, _, renamed = pipeline.execute(raise_on_error=False)
        self._hear(before)
        return not isinstance(renamed, ResponseError)


def _campaigns(ledger: Ledger) -> list[str]:
    return sorted({release.campaign_id for release in ledger.catalogue.releases.values()})


def _people(decision: Decision) -> Iterator[HolderKey]:
    """Yield whose bookings a decision moved, and whom it was about."""
    for move in decision.moves:
        yield from people_of(move)
    if isinstance(decision.outcome, Booking):
        yield decision.outcome.campaign_id, decision.request.person_key


def _show(left: Mapping[tuple[str, str], int], ledger: Ledger) -> None:
    """Show what is left, and the standby lists, as metrics."""
    for (venue_id, product_id), pairs in left.items():
        if venue_id != PROBE_ID:
            metrics.LEFT_PAIRS.labels(venue_id, product_id).set(pairs)
    metrics.STANDBY_PEOPLE.set(ledger.standby.people())
    metrics.OFFERED_PAIRS.set(ledger.standby.offered())


def _availability(
    release_id: str,
    now: datetime,
    version: int,
    first_doses: Sequence[OpenSlot],
    second_doses: Sequence[OpenSlot],
) -> Availability:
    slots, second_only = tuple(first_doses), tuple(second_doses)
    content = msgspec.msgpack.encode((version, slots, second_only))
    etag = hashlib.sha256(content).hexdigest()[:16]
    return Availability(release_id, now, etag, slots, second_only)
