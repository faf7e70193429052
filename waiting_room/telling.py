"""Tell those who wait: hold the promises, note what was told, and put the document together.

Rule 1: the rules are `waiting_room.promise`'s and `waiting_room.calibration`'s; this module
keeps their memories between two ticks, logs, counts, and writes the records to Redis.
Rule 2: after a wipe no promise is known, but what was told before is: it is written again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec
from redis import Redis
from redis.client import Pipeline

from monitoring import metrics
from monitoring.logs import get_logger
from waiting_room import calibration, keys
from waiting_room.calibration import Record
from waiting_room.plans import NextRelease, ReleasePlan, next_release
from waiting_room.promise import Circumstances, Kept, Memory, Seen, keep
from waiting_room.status import Moment, Status, Told, pace_now, site_time, status_of

log = get_logger()


class Telling:
    """What was promised and told of each release; `poll_budget_per_s` as in `status_of`."""

    def __init__(self, redis: Redis, poll_budget_per_s: float) -> None:
        self._redis = redis
        self._poll_budget_per_s = poll_budget_per_s
        self._memories: dict[str, Memory] = {}
        self._records: dict[str, tuple[Record, ...]] = {}
        self._written: dict[str, tuple[Record, ...]] = {}
        self._under_way: set[str] = set()

    def forget(self, release_id: str) -> None:
        """A line had to be restored: no promise is known, and Redis may have lost the records."""
        self._memories.pop(release_id, None)
        self._written.pop(release_id, None)

    def status(
        self, pipe: Pipeline, moment: Moment, at_s: float, plans: Mapping[str, ReleasePlan]
    ) -> Status:
        """Return the document of a release; `at_s` is on a clock that never jumps.

        Puts into `pipe` what has to be written.
        """
        release_id = moment.plan.release_id
        kept = Kept((), Memory(), None, ())
        if moment.state in ("open", "paused"):
            kept = keep(self._memories.get(release_id, Memory()), _seen(moment, at_s))
        self._memories[release_id] = kept.memory
        _report(release_id, kept)
        after = next_release(plans, moment.plan, moment.now)
        told = Told(
            eta=kept.eta,
            eta_raised=kept.memory.rises,
            next_release=None
            if after is None
            else NextRelease(after.release_id, site_time(after.opens_at)),
        )
        status = status_of(moment, self._poll_budget_per_s, told)
        is_told = moment.facts.opened and not moment.plan.is_for_probe
        if moment.admission is not None and is_told:
            self._note(pipe, moment, status)
        return status

    def done(self) -> None:
        """Say that what was put into the pipe is written."""
        self._under_way.clear()

    def _note(self, pipe: Pipeline, moment: Moment, status: Status) -> None:
        """Note what is told of the stock."""
        release_id = moment.plan.release_id
        if release_id not in self._records:
            self._records[release_id] = self._written[release_id] = self._read(release_id)
        before = self._records[release_id]
        at = int(moment.now.timestamp())
        records = calibration.noted(before, at, moment.facts.next_index, status.outlook)
        self._records[release_id] = records
        # What was under way when a tick broke off may be written or not: it is written anew.
        written = None if release_id in self._under_way else self._written.get(release_id)
        if records == written:
            return
        key = keys.told(release_id)
        if written is None or records[:-1] != written:
            pipe.delete(key)
            written = ()
        pipe.rpush(key, *(msgspec.json.encode(record) for record in records[len(written) :]))
        self._written[release_id] = records
        self._under_way.add(release_id)

    def _read(self, release_id: str) -> tuple[Record, ...]:
        return records_from(cast("list[Any]", self._redis.lrange(keys.told(release_id), 0, -1)))


def records_from(values: Iterable[bytes]) -> tuple[Record, ...]:
    """Return the records that the list in Redis holds."""
    return tuple(msgspec.json.decode(value, type=Record) for value in values)


def _seen(moment: Moment, at_s: float) -> Seen:
    facts, admission = moment.facts, moment.admission
    assert admission is not None, "an open line is admitted from"
    limit = admission.limit if moment.per_minute is None else float("inf")
    return Seen(
        serving=facts.serving,
        last_place=facts.next_index,
        pace=pace_now(moment),
        circumstances=Circumstances(
            running=moment.state == "open",
            per_minute=moment.per_minute,
            limit=limit if moment.cap is None else min(limit, float(moment.cap)),
            claimed=admission.claimed,
        ),
        at_s=at_s,
        now=site_time(moment.now),
    )


def _report(release_id: str, kept: Kept) -> None:
    """Log and count what rose, and how well sampled places were told."""
    for outcome in kept.outcomes:
        metrics.ETA_ERROR_SECONDS.labels(outcome.result).observe(outcome.error_s)
    if kept.rise is not None:
        metrics.ETA_RAISED.labels(kept.rise.reason).inc()
        log.warning(
            "eta_raised", release_id=release_id, reason=kept.rise.reason, by_s=kept.rise.by_s
        )
