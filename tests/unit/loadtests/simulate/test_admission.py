"""The rule stated again, beside the city's own program of it."""

from __future__ import annotations

import pytest

from loadtests.simulate.admission import TICK_S, Admission, Rules
from waiting_room.admission import AdmissionRules, Measured, start, step


@pytest.mark.parametrize("field", list(Rules.__dataclass_fields__))
def test_usual_settings_are_the_rooms(field: str) -> None:
    assert getattr(Rules(), field) == getattr(AdmissionRules(), field)


def test_limit_grows_shrinks_and_holds_as_the_rooms_does() -> None:
    """A crowd that fills every seat at once, through quick and late answers."""
    ours, theirs = Admission(Rules()), start(AdmissionRules())
    inside, came, least = 0, 0, 2_000.0
    for number in range(400):
        age_s = 3.0 if 200 <= number < 240 else 1.0 if number < 20 else 0.1
        called = int(ours.tick(number * TICK_S, claimed=inside, inside=inside, age_s=age_s))
        ours.called(called)
        measured = Measured(
            elapsed_s=TICK_S, joined=1_000_000, inside=inside, entered=came, age_s=age_s
        )
        theirs = step(theirs, measured, AdmissionRules(grace_s=1e-9))
        if number > 0:
            assert ours.limit == pytest.approx(theirs.limit, rel=0.05), number
        inside = min(int(ours.limit), inside + called)
        came += called
        least = min(least, ours.limit) if number >= 200 else least
    assert least < 1_000
    assert ours.limit == 2_000


def test_nobody_is_called_beyond_the_limit_or_too_fast() -> None:
    admission = Admission(Rules())
    assert admission.tick(0, claimed=200, inside=200, age_s=0.6) == 0
    assert admission.tick(0, claimed=300, inside=200, age_s=0.6) == 0
    free = admission.tick(0, claimed=0, inside=0, age_s=0.6)
    assert free == Rules().called_per_s_max * Rules().burst_s
    admission.called(free)
    assert admission.tick(0, claimed=0, inside=0, age_s=0.6) == 50
