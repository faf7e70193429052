"""Play surges as a model: `python -m loadtests.simulate [--people N ...] [--scale] [--validate]`.

Without options one town; `--scale` plays all sizes and writes docs/scale.md; `--validate`
plays a real city, too, and compares.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from loadtests.bench.errors import BenchStopped
from loadtests.city import CityFailed
from loadtests.simulate.admission import Rules
from loadtests.simulate.costs import UNIT_COSTS, read_costs
from loadtests.simulate.document import growth_table, keep, keep_scenarios, validation_table
from loadtests.simulate.model import Town
from loadtests.simulate.scenarios import Scenario, play, scenarios, table
from loadtests.simulate.validation import validate


def main() -> int:
    """Play and print. Exit code 1: the model and the real run differ too much, or one failed."""
    arguments = _parser().parse_args()
    if arguments.validate:
        return _validate(arguments.people, record=arguments.record)
    if arguments.scale:
        return _scale()
    town = Town(
        people=arguments.people,
        pairs=arguments.pairs or arguments.people // 3,
        lead_s=30 * arguments.minutes,
        within_s=60 * arguments.minutes,
        gateway_cores=arguments.cores,
        rooms=arguments.rooms,
        has_edge=arguments.edge,
        rules=Rules(inside_max=arguments.inside),
        group=max(1, arguments.people // 50_000),
        seed=arguments.seed,
    )
    outcome = play(Scenario("asked for", town, "as asked for"), read_costs())
    if arguments.json:
        told = {name: value for name, value in vars(outcome).items() if name != "scenario"}
        sys.stdout.write(msgspec.json.encode(told | {"town": town}).decode() + "\n")
    else:
        sys.stdout.write("\n".join(table([outcome])) + "\n")
    return 0


def _scale() -> int:
    costs, outcomes = read_costs(), []
    for scenario in scenarios():
        sys.stderr.write(f"{scenario.name}: {scenario.remedy}\n")
        outcomes.append(play(scenario, costs))
    keep_scenarios(outcomes)
    keep({"growth": growth_table(json.loads(UNIT_COSTS.read_text(encoding="utf-8")))})
    sys.stdout.write("\n".join(table(outcomes)) + "\n")
    return 0


def _validate(people: int, *, record: bool) -> int:
    try:
        compared = validate(people)
    except (CityFailed, BenchStopped) as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    date = f"{datetime.now(ZoneInfo('Asia/Tokyo')):%Y-%m-%d}"
    lines = validation_table(people, compared, date)
    sys.stdout.write("\n".join(lines) + "\n")
    if record:
        keep({"validation": lines})
    return int(not all(one.is_within for one in compared))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests.simulate")
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--pairs", type=int, help="a third of the people if not said")
    parser.add_argument("--minutes", type=float, default=10.0, help="within which all come")
    parser.add_argument("--cores", type=float, default=2.0, help="of the gateways")
    parser.add_argument("--rooms", type=int, default=1, help="the release split by venue")
    parser.add_argument("--inside", type=float, default=2_000.0, help="seats inside")
    parser.add_argument("--edge", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--scale", action="store_true", help="all sizes; writes docs/scale.md")
    parser.add_argument("--validate", action="store_true", help="beside a real run of --people")
    parser.add_argument("--record", action="store_true", help="keep the validation, too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
