from __future__ import annotations

from itertools import pairwise

import pytest

from loadtests.chaos.plan import ACTIONS, CALM_S, LASTING_S, LEADER_PAUSED_S, RECOVERY_S, plan

HOUR_S = 3_600.0


def test_same_seed_gives_the_same_plan_and_another_seed_another() -> None:
    assert plan(7, 180, 5) == plan(7, 180, 5)
    assert plan(7, 180, 5) != plan(8, 180, 5)


def test_every_action_on_every_target_strikes_within_an_hour() -> None:
    kinds = {fault.kind for fault in plan(1, HOUR_S, 10)}
    assert kinds == {
        f"{action} {target}" for action, targets in ACTIONS.items() for target in targets
    }


@pytest.mark.parametrize("seed", range(20))
def test_three_minutes_see_every_action_and_far_more_than_ten_kinds(seed: int) -> None:
    faults = plan(seed, 180, 5)
    assert {fault.action for fault in faults} == set(ACTIONS)
    assert len({fault.kind for fault in faults}) >= 20


def test_long_run_has_at_least_two_hundred_faults() -> None:
    assert len(plan(7, 20 * 60, 5)) >= 200


@pytest.mark.parametrize("seed", range(20))
def test_part_that_was_struck_is_left_alone_until_it_is_back(seed: int) -> None:
    for part in {fault.part for fault in plan(seed, HOUR_S, 2)}:
        struck = [fault for fault in plan(seed, HOUR_S, 2) if fault.part == part]
        for first, second in pairwise(struck):
            assert second.at_s >= first.at_s + first.lasting_s + RECOVERY_S


def test_faults_come_in_order_after_a_calm_and_end_with_the_run() -> None:
    faults = plan(3, 300, 5)
    moments = [fault.at_s for fault in faults]
    assert moments == sorted(moments)
    assert moments[0] >= CALM_S
    assert all(fault.at_s + fault.lasting_s <= 300 for fault in faults)


def test_faults_last_within_their_bounds_and_a_leader_hangs_longer_than_its_lease() -> None:
    for fault in plan(5, HOUR_S, 5):
        shortest_s, longest_s = LASTING_S.get(fault.action, (0.0, 0.0))
        if fault.action == "pause" and fault.part == "allocator":
            shortest_s, longest_s = LEADER_PAUSED_S
            assert fault.lasting_s > 3.0
        assert shortest_s <= fault.lasting_s <= longest_s
        assert (fault.amount_s != 0) == (fault.action in {"skew", "delay"})


def test_what_this_machine_cannot_do_is_left_out() -> None:
    actions = {fault.action for fault in plan(1, HOUR_S, 10, left_out={"skew", "fill"})}
    assert actions == set(ACTIONS) - {"skew", "fill"}


def test_single_kind_is_put_off_until_its_part_is_back() -> None:
    faults = plan(1, 120, 1, left_out=set(ACTIONS) - {"wipe"})
    assert {fault.kind for fault in faults} == {"wipe redis"}
    assert len(faults) >= 10


def test_fault_is_told_in_a_line() -> None:
    lines = {fault.action: str(fault) for fault in plan(2, HOUR_S, 5)}
    assert lines["wipe"] == "wipe redis"
    assert lines["lose_answers"].startswith("lose answers ")
    assert " by " in lines["skew"]
    assert lines["skew"].endswith(" s")
