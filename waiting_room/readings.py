"""What one tick asks Redis of a release: a fixed number of small answers, whatever the crowd."""

from __future__ import annotations

from typing import Any

import msgspec
from redis.client import Pipeline

from waiting_room import keys
from waiting_room.admission import Admission, AdmissionRules, awaited_from
from waiting_room.desk_lane import DeskLane
from waiting_room.facts import FIELDS, LineFacts, facts_from
from waiting_room.gaps import place_after
from waiting_room.orders import Orders, orders_from
from waiting_room.plans import ReleasePlan


class Reading(msgspec.Struct, frozen=True):
    """What one tick read of one release.

    `inside` counts whom we saw lately (`AdmissionRules.seat_idle_s`), without the phone
    desk's people.
    """

    facts: LineFacts | None
    inside: int
    entered: int
    orders: Orders
    pairs_left: int | None
    desk: DeskLane


class Pulse(msgspec.Struct, frozen=True):
    """How the allocator does, and what time Redis has (`now`, unix seconds).

    `age_s` of the oldest undecided request, of `requests` in all; how long the latest commit took.
    """

    age_s: float
    commit_s: float
    requests: int
    now: float


COMMIT_KNOWN_S = 10.0
"""An older commit says nothing about now."""

READS_OF_PULSE = 4


def ask_pulse(pipe: Pipeline) -> None:
    """Ask for what `pulse_from` needs (READS_OF_PULSE commands)."""
    pipe.time()
    pipe.xrange(keys.INBOX, count=1)
    pipe.get(keys.COMMIT)
    pipe.xlen(keys.INBOX)


def pulse_from(answers: list[Any]) -> Pulse:
    """Return the answers to `ask_pulse`."""
    (seconds, micros), oldest, commit, requests = answers
    now = seconds + micros / 1e6
    age_s = max(0.0, now - int(oldest[0][0].split(b"-")[0]) / 1e3) if oldest else 0.0
    took_s, at_s = map(float, commit.split()) if commit else (0.0, 0.0)
    commit_s = took_s if now - at_s < COMMIT_KNOWN_S else 0.0
    return Pulse(age_s, commit_s, requests, now)


READS_PER_RELEASE = 13


def ask(
    pipe: Pipeline,
    plan: ReleasePlan,
    facts: LineFacts,
    admission: Admission | None,
    rules: AdmissionRules,
    now: float,
) -> None:
    """Ask for all that a reading holds (READS_PER_RELEASE commands)."""
    release_id = plan.release_id
    active, desk_called = keys.active(release_id), keys.desk_called(release_id)
    awaited = awaited_from(admission, rules) if admission else 0
    above = place_after(awaited, facts.gaps) if admission else facts.serving
    pipe.hmget(keys.meta(release_id), list(FIELDS))
    pipe.zremrangebyscore(keys.inside(release_id), "-inf", now)
    pipe.zremrangebyscore(active, "-inf", now - rules.seat_idle_s)
    pipe.zcard(active)
    pipe.zcount(keys.entered(release_id), f"({above}", facts.serving)
    pipe.get(keys.rate(release_id))
    pipe.get(keys.cap(release_id))
    pipe.get(keys.stock(release_id))
    pipe.zremrangebyscore(desk_called, "-inf", now)
    pipe.zcard(desk_called)
    pipe.zinter([desk_called, active])  # At most the desk's share.
    pipe.zcard(keys.desk_line(release_id))
    pipe.exists(keys.desk_at_work(release_id))


def reading_from(plan: ReleasePlan, answers: list[Any]) -> Reading:
    """Return the answers to `ask`."""
    fields, _, _, inside, entered, rate, cap, stock, _, claimed, desk_inside, waiting, rung = (
        answers
    )
    desk = DeskLane(
        share=plan.desk_share,
        at_work=bool(rung or claimed or waiting),
        claimed=claimed,
        inside=len(desk_inside),
        waiting=waiting,
    )
    return Reading(
        facts=facts_from(fields),
        inside=inside - desk.inside,
        entered=entered,
        orders=orders_from(rate, cap),
        pairs_left=None if stock is None else int(stock),
        desk=desk,
    )
