"""The model's service times, from `seiriken/unit-costs.json` (`make costs`).

Units: seconds of one core for one resident. What an edge or a CDN answers costs the city nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNIT_COSTS = Path(__file__).parents[2] / "seiriken" / "unit-costs.json"
WAY_IN = ("first_page", "sign_in_page", "sign_in", "waiting_page")
INSIDE = ("details", "choose", "booking", "booked_page")
FILES_PER_RESIDENT = 6


@dataclass(frozen=True)
class Costs:
    """Seconds of a core: at a gateway for each part of the way, and elsewhere for a booking."""

    way_in_s: float
    files_s: float
    poll_s: float
    enter_s: float
    inside_s: float
    choose_s: float
    redis_way_in_s: float
    redis_inside_s: float
    batch_s: float
    """Of the writer, for a batch of one: deciding, committing, answering, one after the other."""
    batched_s: float
    """Of the writer, for each booking of a large batch."""


def costs_from(document: Mapping[str, Any]) -> Costs:
    """Read the costs out of the measured document."""
    steps: Mapping[str, Mapping[str, float]] = document["steps"]

    def seconds(process: str, names: tuple[str, ...]) -> float:
        return sum(steps[name].get(process, 0.0) for name in names) / 1e6

    return Costs(
        way_in_s=seconds("gateway", WAY_IN),
        files_s=FILES_PER_RESIDENT * seconds("gateway", ("file",)),
        poll_s=seconds("gateway", ("poll",)),
        enter_s=seconds("gateway", ("enter",)),
        inside_s=seconds("gateway", INSIDE),
        choose_s=seconds("gateway", ("choose",)),
        redis_way_in_s=seconds("redis", WAY_IN),
        redis_inside_s=seconds("redis", ("enter", *INSIDE)),
        batch_s=seconds("allocator", ("booking",)) + seconds("postgres", ("booking",)),
        batched_s=1.0 / float(document["grows"]["drained_per_s"]),
    )


def read_costs() -> Costs:
    """Return the costs of the tree."""
    return costs_from(json.loads(UNIT_COSTS.read_text(encoding="utf-8")))
