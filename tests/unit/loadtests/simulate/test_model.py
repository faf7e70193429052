from __future__ import annotations

from collections.abc import Generator
from random import Random
from typing import Any

import msgspec
import pytest
import simpy

from loadtests.simulate.costs import Costs
from loadtests.simulate.model import Counted, Server, Surge, Town, wait_s

COSTS = Costs(
    way_in_s=0.004,
    files_s=0.003,
    poll_s=0.0002,
    enter_s=0.001,
    inside_s=0.012,
    choose_s=0.003,
    redis_way_in_s=0.0002,
    redis_inside_s=0.001,
    batch_s=0.005,
    batched_s=0.0001,
)


def town(**changes: Any) -> Town:
    usual: dict[str, Any] = {"people": 3_000, "pairs": 1_000, "lead_s": 60.0, "within_s": 120.0}
    return Town(**(usual | changes))


def played(**changes: Any) -> Counted:
    return Surge(town(**changes), COSTS).run()


@pytest.mark.parametrize("group", [1, 7])
@pytest.mark.parametrize("pairs", [1_000, 5_000])
def test_everybody_who_came_is_accounted_for(group: int, pairs: int) -> None:
    counted = played(group=group, pairs=pairs)
    assert counted.came == 3_000
    ends = counted.booked + counted.left + counted.refused + counted.unfinished
    assert ends == 3_000
    assert counted.booked == (1_000 if pairs == 1_000 else counted.booked) <= pairs


def test_same_town_gives_the_same_result_to_the_byte() -> None:
    one, other = (msgspec.json.encode(vars(played(seed=5))) for _ in range(2))
    assert one == other
    assert one != msgspec.json.encode(vars(played(seed=6)))


def test_never_more_are_inside_than_the_limit() -> None:
    rules = town().rules.__class__(inside_start=50, inside_max=100)
    counted = played(rules=rules, pairs=300)
    assert 90 < counted.inside_max <= 100


def test_more_seats_sell_sooner_and_more_cores_are_never_slower() -> None:
    rules = town().rules.__class__
    few, many = (played(rules=rules(inside_max=most)) for most in (200, 400))
    assert few.sold_out_s is not None
    assert many.sold_out_s is not None
    assert many.sold_out_s < few.sold_out_s
    one, four = (played(gateway_cores=cores) for cores in (1.0, 4.0))
    assert four.sold_out_s is not None
    assert one.sold_out_s is not None
    assert four.sold_out_s <= one.sold_out_s * 1.02
    assert max(four.way_in_late_s) <= max(one.way_in_late_s)


def test_groups_change_nothing_that_matters() -> None:
    apart, grouped = (played(people=6_000, pairs=2_000, group=group) for group in (1, 10))
    assert grouped.sold_out_s == pytest.approx(apart.sold_out_s, rel=0.1)
    assert wait_s(grouped, 0.5) == pytest.approx(wait_s(apart, 0.5), rel=0.1)


def test_without_an_edge_the_gateways_have_more_to_do() -> None:
    assert played(has_edge=False).busy_s["gateway"] > 1.2 * played().busy_s["gateway"]


def test_rooms_share_the_work_and_none_of_it_is_lost() -> None:
    one, two = (played(rooms=rooms) for rooms in (1, 2))
    assert two.busy_s["redis"] == pytest.approx(one.busy_s["redis"], rel=0.1)
    assert two.busy_s["allocator"] >= 0.9 * one.busy_s["allocator"]
    assert played(pairs=5_000).sold_out_s is None


def test_server_keeps_people_waiting_as_queueing_theory_says() -> None:
    """M/M/1: at a load of 0.7 the mean time in the queue is 0.7 / 0.3 services."""
    env, counted, chance = simpy.Environment(), Counted(), Random(1)  # noqa: S311
    server, waits = Server(env, "one", 2.0, counted), []

    def customer(service_s: float) -> Generator[Any, Any, None]:
        came_s = env.now
        yield from server.work(service_s * 2.0)
        waits.append(env.now - came_s - service_s)

    def customers() -> Generator[Any, Any, None]:
        for _ in range(40_000):
            yield env.timeout(chance.expovariate(0.7))
            env.process(customer(chance.expovariate(1.0)))

    env.process(customers())
    env.run()
    assert sum(waits) / len(waits) == pytest.approx(0.7 / 0.3, rel=0.1)


def test_wait_is_weighed_by_people() -> None:
    counted = Counted(waits_s=[(10.0, 1), (1.0, 9)])
    assert wait_s(counted, 0.5) == 1.0
    assert wait_s(counted, 0.95) == 10.0
    assert wait_s(Counted(), 0.5) == 0.0


def test_work_is_counted_in_the_minutes_in_which_it_was_done() -> None:
    counted = Counted()
    counted.note_busy("gateway", 150.0, ended_s=130.0, cores=2.0)
    assert counted.busy_by_minute_s == {"gateway": {0: 10.0, 1: 120.0, 2: 20.0}}
    assert counted.busy_s == {"gateway": 150.0}


def test_no_core_is_busier_than_all_the_time() -> None:
    counted = played(gateway_cores=0.2)
    minutes = counted.busy_by_minute_s["gateway"].values()
    assert sum(minutes) == pytest.approx(counted.busy_s["gateway"])
    assert max(minutes) == pytest.approx(0.2 * 60)


def test_where_the_last_pairs_are_hard_to_get_most_people_wait_less_and_the_last_longer() -> None:
    even, growing = played(choices=(2.5,)), played(choices=(1.0, 4.0))
    assert wait_s(growing, 0.4) < wait_s(even, 0.4)
    assert (growing.sold_out_s or 0) > 0.9 * (even.sold_out_s or 0)
