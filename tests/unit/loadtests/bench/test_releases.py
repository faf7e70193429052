from __future__ import annotations

from datetime import timedelta

import pytest

from allocator.model import Flexible
from loadtests.bench.releases import INTERVAL_DAYS, Wishes, plan_of, requests_of


@pytest.mark.parametrize("slots", [20, 1_000, 2_000, 10_000])
def test_every_first_dose_has_a_second_at_the_standard_interval(slots: int) -> None:
    plan = plan_of(slots, seats_per_slot=7)
    seconds = {(s.venue_id, s.starts_at) for s in plan.slots if s.capacities[1] == 7}
    firsts = [s for s in plan.slots if s.capacities[0] == 7]
    later = timedelta(days=INTERVAL_DAYS)
    assert len(plan.slots) == slots
    assert {(s.venue_id, s.starts_at + later) for s in firsts} == seconds


def test_the_same_seed_draws_the_same_wishes() -> None:
    slots = plan_of(1_000, 1).slots
    one, other = Wishes(slots, "mix"), Wishes(slots, "mix")
    assert [one.draw() for _ in range(50)] == [other.draw() for _ in range(50)]


def test_a_kind_draws_its_own_wishes_alone() -> None:
    slots = plan_of(1_000, 1).slots
    kinds = {
        kind: {isinstance(Wishes(slots, kind, seed).draw(), Flexible) for seed in range(30)}
        for kind in ("choices", "flexible", "mix")
    }
    assert kinds == {"choices": {False}, "flexible": {True}, "mix": {True, False}}


def test_requests_are_of_different_people_and_have_different_ids() -> None:
    people = [bytes([n]) * 16 for n in range(40)]
    asked = requests_of(people, Wishes(plan_of(1_000, 1).slots, "mix"), bytes(32))
    assert [request.person_key for request in asked] == people
    assert len({request.request_id for request in asked}) == 40
