from __future__ import annotations

from importlib.resources import files

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seiriken.size import (
    INSIDE,
    WAY_IN,
    Assumptions,
    UnitCosts,
    read_costs,
    seats_borne,
    size,
)
from seiriken.size_command import COSTS_FILE

COSTS = read_costs(files("seiriken").joinpath(COSTS_FILE).read_bytes())


def costs(**us: float) -> UnitCosts:
    """Unit costs in which each step costs each of these processes so many microseconds."""
    step = us | {"bytes_in": 100.0, "bytes_out": 1_000.0, "calls": 1.0}
    names = (*WAY_IN, *INSIDE, "file", "poll")
    grows = {"wal_bytes_per_booking": 1_000.0, "postgres_bytes_per_booking": 2_000.0}
    grows |= {"redis_bytes_per_booking": 500.0}
    processes = ("gateway_0", "allocator", "redis", "waiting_room", "worker", "postgres")
    grows |= {f"memory_{name}": 1e6 for name in processes}
    small = {"people": 1_000.0, "postgres_bytes": 1e6, "wal_bytes": 0.0, "redis_bytes": 1e6}
    rosters = [small | {"memory_allocator": 1e6}]
    large = {name: value + 100_000.0 for name, value in rosters[0].items()}
    rosters.append(large | {"people": 2_000.0})
    return UnitCosts("2026-11-27", "m", "c", dict.fromkeys(names, step), grows, rosters)


def test_cores_are_arrivals_and_admissions_times_their_cost() -> None:
    assumed = Assumptions(
        comes_share=0.6, within_minutes=10, peak_factor=1, inside_max=100, inside_s=10,
        choices=1, busy_max=1,
    )  # fmt: skip
    found = size(100_000, costs(gateway=1_000), assumed)
    way_in = 100 * len(WAY_IN) * 0.001
    inside = 10 * len(INSIDE) * 0.001
    assert found.cores["gateway"] == pytest.approx(way_in + inside + 0.001, abs=0.01)
    assert found.admitted_per_s == 10
    assert found.sell_out_s == 1_900


def test_stores_grow_with_roster_and_bookings() -> None:
    found = size(10_000, costs(gateway=1), Assumptions(pairs_share=0.1))
    assert found.database_bytes == 1e6 + 100 * 10_000 + 2_000 * 1_000
    assert found.log_bytes == 100 * 10_000 + 1_000 * 1_000
    assert found.memory_bytes["redis"] == 1e6 + 100 * 10_000 + 500 * 5_700


def test_cdn_takes_what_all_share() -> None:
    found = size(10_000, costs(gateway=1), Assumptions())
    assert found.network_peak_behind_cdn_bytes_per_s < found.network_peak_bytes_per_s


def test_seats_are_what_the_cores_bear_beside_the_way_in() -> None:
    assumed = Assumptions(
        comes_share=0.6, within_minutes=10, peak_factor=1, inside_s=50, choices=1, busy_max=1
    )
    way_in = 100 * len(WAY_IN) * 0.001
    seats = seats_borne(100_000, way_in + 1, costs(gateway=1_000), assumed)
    assert seats == pytest.approx(50 / (len(INSIDE) * 0.001), rel=0.01)
    assert seats_borne(100_000, way_in / 2, costs(gateway=1_000), assumed) == 0
    borne = Assumptions(inside_max=seats_borne(105_000, 4.0, COSTS, Assumptions()))
    assert sum(size(105_000, COSTS, borne).cores.values()) == pytest.approx(4.0, abs=0.1)


def test_process_of_one_thread_that_needs_more_is_warned_of() -> None:
    found = size(1_000, costs(gateway=1, redis=50_000), Assumptions(peak_factor=10))
    assert any(text.startswith("redis needs") for text in found.warnings)
    assert size(1_000, costs(gateway=1, redis=1), Assumptions()).warnings == []


def test_what_was_not_measured_is_warned_of() -> None:
    found = size(3_000, costs(gateway=1), Assumptions(inside_max=3_000))
    assert len(found.warnings) == 2


def test_bookings_that_are_decided_together_cost_less() -> None:
    alone = costs(gateway=1, allocator=1_000)
    rows = [(1, 100.0, 500.0), (10, 600.0, 300.0), (1_000, 10_000.0, 100.0)]
    batches = [
        {"size": float(size), "bookings_per_s": per_s, "allocator_us": us}
        for size, per_s, us in rows
    ]
    batched = msgspec.structs.replace(alone, batches=batches)
    assert batched.batched_share("gateway", 600) == 1
    unseen = [batches[0] | {"allocator_us": 0.0}, *batches[1:]]
    assert msgspec.structs.replace(alone, batches=unseen).batched_share("allocator", 600) == 1
    assert [batched.batched_share("allocator", per_s) for per_s in (1, 100, 350, 600, 1e6)] == [
        *(1, 1, 0.8, 0.6, 0.2),
    ]
    assumed = Assumptions(inside_max=6_000, inside_s=10, choices=1, busy_max=1)
    fewer = 600 * 0.001 * (1 - batched.batched_share("allocator", 600))
    cores = [size(100_000, one, assumed).cores["allocator"] for one in (alone, batched)]
    assert cores[0] - cores[1] == pytest.approx(fewer, abs=0.02)


@given(st.integers(1, 10_000_000), st.integers(1, 10_000_000))
def test_larger_city_never_needs_less(one: int, other: int) -> None:
    small, large = (size(people, COSTS, Assumptions()) for people in sorted((one, other)))
    assert small.cores_in_all <= large.cores_in_all
    assert small.gateways <= large.gateways
    assert small.memory_in_all_bytes <= large.memory_in_all_bytes
    assert small.database_bytes <= large.database_bytes
    assert small.network_peak_bytes_per_s <= large.network_peak_bytes_per_s


def test_costs_in_the_tree_have_every_step_and_say_where_they_are_from() -> None:
    assert {*WAY_IN, *INSIDE, "file", "poll"} <= set(COSTS.steps)
    assert COSTS.command == "make costs"
    assert len(COSTS.rosters) == 3


def test_costs_of_another_form_are_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        read_costs(b'{"steps": 1}')
