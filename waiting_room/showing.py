"""What a tick shows as metrics: how the room stands, and what those who wait are told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from monitoring import metrics
from monitoring.labels import LABEL_VALUES
from waiting_room.readings import Pulse
from waiting_room.status import Moment, Status, people_waiting


def show(
    moments: Iterable[tuple[Moment, Status]], current: str | None, pulse: Pulse, now: float
) -> None:
    """Set every gauge of the room. `current` is the release shown now; `now` in unix seconds.

    The synthetic resident is not counted.
    """
    moments = [(moment, status) for moment, status in moments if not moment.plan.is_for_probe]
    metrics.INSIDE_PEOPLE.set(sum(moment.inside for moment, _ in moments))
    metrics.WAITING_PEOPLE.set(sum(people_waiting(moment.facts) for moment, _ in moments))
    metrics.DESK_WAITING_PEOPLE.set(sum(moment.desk_waiting for moment, _ in moments))
    metrics.INBOX_OLDEST_AGE_SECONDS.set(pulse.age_s)
    metrics.INBOX_REQUESTS.set(pulse.requests)
    metrics.CLOCK_SKEW_SECONDS.labels("redis").set(now - pulse.now)
    for moment, status in moments:
        if moment.plan.release_id == current:
            _show_release(moment, status)


def outlook_people(status: Status) -> Mapping[str, int]:
    """Return how many of those who wait are told what of their chances."""
    likely_to, borderline_to = status.outlook.likely_to_place, status.outlook.borderline_to_place
    if likely_to is None or borderline_to is None:
        return {"unknown": status.waiting}
    likely = min(max(0, likely_to - status.serving), status.waiting)
    borderline = min(max(0, borderline_to - status.serving), status.waiting) - likely
    return {
        "likely": likely,
        "borderline": max(0, borderline),
        "unlikely": status.waiting - likely - max(0, borderline),
    }


def _show_release(moment: Moment, status: Status) -> None:
    metrics.SERVING_PLACE.set(moment.facts.serving)
    metrics.ADMISSION_LIMIT_PEOPLE.set(moment.facts.limit)
    _show_one_of("state", moment.state)
    _show_one_of("held_by", moment.held_by)
    told = outlook_people(status)
    for outlook in LABEL_VALUES["outlook"]:
        metrics.OUTLOOK_PEOPLE.labels(outlook).set(told.get(outlook, 0))
    last = status.eta[-1] if status.eta else None
    unknown = math.nan if status.waiting else 0.0
    metrics.TOLD_WAIT_SECONDS.labels("low").set(last.low_s if last else unknown)
    metrics.TOLD_WAIT_SECONDS.labels("high").set(last.high_s if last else unknown)


def _show_one_of(label: str, value: str) -> None:
    """Set the gauge of the value to 1, and of all others to 0."""
    gauge = {"state": metrics.RELEASE_STATE, "held_by": metrics.ADMISSION_HELD_BY_STATE}[label]
    for one in LABEL_VALUES[label]:
        gauge.labels(one).set(one == value)
