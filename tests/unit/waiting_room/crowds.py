"""What a tick measures of made-up crowds."""

from __future__ import annotations

import msgspec

from waiting_room.admission import Admission, AdmissionRules, Measured
from waiting_room.desk_lane import DeskLane

RULES = AdmissionRules()
TICK_S = 0.5


def measured(
    joined: int,
    inside: int = 0,
    entered: int = 0,
    age_s: float = 0.0,
    *,
    elapsed_s: float = TICK_S,
    running: bool = True,
    per_minute: int | None = None,
    cap: int | None = None,
    desk: DeskLane = DeskLane(),  # noqa: B008 (frozen)
    queue: bool = True,
) -> Measured:
    return Measured(
        elapsed_s=elapsed_s,
        joined=joined,
        inside=inside,
        entered=entered,
        age_s=age_s,
        running=running,
        per_minute=per_minute,
        cap=cap,
        desk=desk,
        queue=queue,
    )


def after(admission: Admission, **changes: object) -> Admission:
    return msgspec.structs.replace(admission, **changes)
