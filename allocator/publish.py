"""Copy to Redis what gateways and the waiting room must know without asking PostgreSQL.

Rule 1: everything here can be rebuilt. The key `published` is written last; while
it is missing (a new Redis, a wiped one) nobody is let in, and all is copied again.
Rule 2: the roster is copied in pieces between two batches, so that a large city
does not keep a booking waiting.

Redis: `roster` HASH person key -> birth check; `holders:{campaign}` SET of person
keys; `catalogue` JSON; `availability:{release}` MessagePack; `stock:{release}`
pairs left; `published` city, database and version of the roster.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from redis import Redis
from redis.exceptions import ResponseError

from allocator.core import Decision, Facts, Ledger
from allocator.model import Booking
from allocator.offer import Availability, first_dose_slots, pairs_left, second_dose_slots
from allocator.reads import CATALOGUE_KEY, availability_key
from allocator.store import Store, Versions
from monitoring.logs import get_logger

log = get_logger()

PUBLISHED_KEY = "published"
COPYING_KEY = "publishing"
ROSTER_KEY = "roster"
ROSTER_PIECE_PEOPLE = 5_000
_COST_SHARE_MAX = 0.1
"""At most this share of the allocator's time goes into counting what is left."""


def holders_key(campaign_id: str) -> str:
    """Return the key of the set of people who hold a booking."""
    return f"holders:{campaign_id}"


def stock_key(release_id: str) -> str:
    """Return the key of the number of pairs a release has left."""
    return f"stock:{release_id}"


class Publisher:
    """What the writer lets others see. Redis errors pass through to the loop."""

    def __init__(self, redis: Redis, store: Store, every_s: float) -> None:
        self._redis = redis
        self._store = store
        self._every_s = every_s
        self._next_offer_at = 0.0
        self._offer_is_stale = True
        self._roster_pieces: Iterator[int] | None = None

    def check(self, ledger: Ledger, versions: Versions) -> None:
        """See whether Redis still has everything; if not, begin to copy it again."""
        if self._roster_pieces is not None:
            return
        place = f"{self._store.city}-{versions.database}"
        mark = f"{place}-{versions.roster}"
        published: Any = self._redis.get(PUBLISHED_KEY)
        if published == mark.encode():
            return
        if published is None or not published.startswith(f"{place}-".encode()):
            self._redis.delete(PUBLISHED_KEY, ROSTER_KEY)  # Of another city, or of none.
        self.begin(ledger)
        self._roster_pieces = self._copy_roster(mark)

    def begin(self, ledger: Ledger) -> None:
        """Publish what a writer that has just loaded its ledger knows better than Redis.

        A writer that died, or Redis's absence, may have kept holders from being noted.
        """
        self._roster_pieces = None
        self.publish_catalogue(ledger)
        self._publish_holders(ledger)

    def publish_catalogue(self, ledger: Ledger) -> None:
        """Publish what is on offer, after a load or an operator's edit."""
        self._redis.set(CATALOGUE_KEY, msgspec.json.encode(ledger.catalogue))
        self._offer_is_stale = True

    def work_is_waiting(self) -> bool:
        """Say whether the roster is still being copied."""
        return self._roster_pieces is not None

    def copy_piece(self) -> None:
        """Copy the next piece of the roster, if any is left."""
        if self._roster_pieces is not None and next(self._roster_pieces, None) is None:
            self._roster_pieces = None

    def note(self, decisions: list[Decision], facts: Facts) -> None:
        """Keep the holders' sets true after a batch, of which `facts` tell the end.

        To be called before the requests are acknowledged: what is cut short is
        then done again, for requests that were answered before, too.
        """
        pipeline = self._redis.pipeline(transaction=False)
        for decision in decisions:
            if isinstance(decision.outcome, Booking):
                self._offer_is_stale = True
                campaign_id, person_key = decision.outcome.campaign_id, decision.request.person_key
                holds = (campaign_id, person_key) in facts.held
                change = pipeline.sadd if holds else pipeline.srem
                change(holders_key(campaign_id), person_key)
        pipeline.execute()

    def publish_offer(self, ledger: Ledger, now: datetime) -> None:
        """Publish what is left, if it changed and the last time is long enough ago."""
        started = time.monotonic()
        if not self._offer_is_stale or started < self._next_offer_at:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for release_id in ledger.catalogue.releases:
            offer = _availability(ledger, release_id, now)
            pipeline.set(availability_key(release_id), msgspec.msgpack.encode(offer))
            pipeline.set(stock_key(release_id), pairs_left(ledger, release_id, now))
        pipeline.execute()
        self._offer_is_stale = False
        cost_s = time.monotonic() - started
        self._next_offer_at = started + max(self._every_s, cost_s / _COST_SHARE_MAX)

    def _publish_holders(self, ledger: Ledger) -> None:
        releases = ledger.catalogue.releases.values()
        people: dict[str, list[bytes]] = {release.campaign_id: [] for release in releases}
        for campaign_id, person_key in self._store.holders():
            people.setdefault(campaign_id, []).append(person_key)
        pipeline = self._redis.pipeline(transaction=True)
        for campaign_id, keys in people.items():
            pipeline.delete(holders_key(campaign_id))
            for start in range(0, len(keys), ROSTER_PIECE_PEOPLE):
                pipeline.sadd(holders_key(campaign_id), *keys[start : start + ROSTER_PIECE_PEOPLE])
        pipeline.execute()

    def _copy_roster(self, mark: str) -> Iterator[int]:
        """Yield the number of people copied so far, after each piece.

        If Redis is wiped meanwhile, its mark of the copy is gone: then nothing is
        published, and the next check begins again.
        """
        started, copied, after = time.monotonic(), 0, b""
        self._redis.set(COPYING_KEY, mark)
        while people := self._store.roster_after(after, ROSTER_PIECE_PEOPLE):
            self._redis.hset(ROSTER_KEY, mapping=dict(people))
            after = people[-1][0]
            copied += len(people)
            yield copied
        try:
            self._redis.rename(COPYING_KEY, PUBLISHED_KEY)
        except ResponseError:
            return
        log.info("roster_published", count=copied, duration_s=round(time.monotonic() - started, 3))


def _availability(ledger: Ledger, release_id: str, now: datetime) -> Availability:
    slots = tuple(first_dose_slots(ledger, release_id, now))
    second_only = tuple(second_dose_slots(ledger, release_id, now))
    content = msgspec.msgpack.encode((ledger.catalogue.version, slots, second_only))
    etag = hashlib.sha256(content).hexdigest()[:16]
    return Availability(release_id, now, etag, slots, second_only)
