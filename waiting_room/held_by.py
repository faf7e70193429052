"""What holds the line back: the operators ask it before anything else.

Rule: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from typing import Literal

from waiting_room.admission import Admission, AdmissionRules, Measured, ceiling_of, line_seats
from waiting_room.desk_lane import kept

HeldBy = Literal[
    "nobody_waits",
    "not_running",
    "inside_limit",
    "late_answers",
    "operators_cap",
    "operators_rate",
    "calling_speed",
]
"""What keeps the line from being called further."""


def held_by(after: Admission, measured: Measured, rules: AdmissionRules) -> HeldBy:
    """Return what held the line back in the step that led to `after`.

    `late_answers` is said for a grace time after the limit was lowered, while it binds.
    """
    if not measured.running:
        return "not_running"
    if after.serving >= measured.joined:
        return "nobody_waits"
    ceiling = ceiling_of(after, measured, rules)
    if line_seats(after, measured, rules) < ceiling - kept(measured.desk, ceiling):
        return "calling_speed" if measured.per_minute is None else "operators_rate"
    if ceiling == measured.cap:
        return "operators_cap"
    is_lowered = after.ran_s - after.decreased_at_s < rules.grace_s
    return "late_answers" if is_lowered and measured.per_minute is None else "inside_limit"
