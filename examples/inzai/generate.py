"""Make the files of a made-up city: `residents.csv` and `release.yaml`.

    python examples/inzai/generate.py --people 105000 --seed 7 --out /tmp/inzai

The people never were: ticket numbers and birth dates come from a random number
generator, and the same seed gives the same files. Load them with
`seiriken roster import` and `seiriken release load`.
"""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from pathlib import Path

from allocator.model import SITE_TIMEZONE
from seiriken.demo_city import PEOPLE_USUAL, SEED_USUAL, people, release_yaml, roster_csv


def main() -> None:
    """Write both files."""
    tomorrow = datetime.now(SITE_TIMEZONE).replace(hour=9, minute=0, second=0, microsecond=0)
    tomorrow += timedelta(days=1)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--people", type=int, default=PEOPLE_USUAL, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=SEED_USUAL, help="(%(default)s)")
    parser.add_argument("--out", type=Path, default=Path(), help="the folder to write to")
    parser.add_argument(
        "--opens-at",
        type=datetime.fromisoformat,
        default=tomorrow,
        metavar="TIME",
        help="with offset, 2021-09-04T09:00+09:00 (tomorrow at 9)",
    )
    asked = parser.parse_args()
    if asked.opens_at.tzinfo is None:
        parser.error("--opens-at needs an offset, such as +09:00")
    asked.out.mkdir(parents=True, exist_ok=True)
    those = tuple(people(asked.people, asked.seed, asked.opens_at.date()))
    (asked.out / "residents.csv").write_bytes(roster_csv(those))
    (asked.out / "release.yaml").write_bytes(release_yaml(len(those), asked.opens_at))
    print(f"{asked.out}/residents.csv and {asked.out}/release.yaml, {len(those):,} people")


if __name__ == "__main__":
    main()
