"""What holds the line back is named: for the operators, of whom everybody asks it."""

from __future__ import annotations

from tests.unit.waiting_room.crowds import RULES, after, measured
from waiting_room.admission import Admission, Mark, Measured, start, step
from waiting_room.desk_lane import DeskLane
from waiting_room.held_by import held_by


def crowded(**changes: object) -> Admission:
    """Return a line of which 100 were called and are in, with calls saved up."""
    before = after(start(RULES), serving=100, called=(Mark(0.0, 100),), ran_s=RULES.grace_s)
    return after(before, **changes)


def held(before: Admission, seen: Measured) -> str:
    return held_by(step(before, seen, RULES), seen, RULES)


def test_nobody_waits() -> None:
    assert held(start(RULES), measured(joined=3)) == "nobody_waits"


def test_nobody_is_called_while_it_does_not_run() -> None:
    assert held(crowded(), measured(joined=5_000, running=False)) == "not_running"


def test_a_full_house_holds_the_line() -> None:
    seen = measured(joined=5_000, inside=200, entered=0, age_s=1.0)
    assert held(crowded(limit=200.0), seen) == "inside_limit"


def test_late_answers_hold_the_line() -> None:
    seen = measured(joined=5_000, inside=200, age_s=RULES.age_bad_s + 1)
    assert held(crowded(limit=200.0), seen) == "late_answers"


def test_the_operators_cap_holds_the_line() -> None:
    assert held(crowded(limit=500.0), measured(joined=5_000, inside=150, cap=150)) == (
        "operators_cap"
    )


def test_the_operators_rate_holds_the_line() -> None:
    seen = measured(joined=5_000, inside=100, per_minute=60)
    assert held(crowded(saved=0.0), seen) == "operators_rate"


def test_a_full_house_under_a_fixed_rate_is_the_limit_of_the_room() -> None:
    seen = measured(joined=5_000, inside=RULES.inside_max, per_minute=60, age_s=RULES.age_bad_s + 1)
    assert held(crowded(), seen) == "inside_limit"


def test_the_pace_of_calling_holds_the_line() -> None:
    assert held(crowded(limit=2_000.0, saved=0.0), measured(joined=5_000)) == "calling_speed"


def test_what_is_kept_for_the_desk_counts_as_full() -> None:
    desk = DeskLane(share=0.5, at_work=True, claimed=0, inside=0, waiting=5)
    seen = measured(joined=5_000, inside=100, age_s=1.0, desk=desk)
    assert held(crowded(limit=200.0), seen) == "inside_limit"
