"""Send a city what nobody would write, for as long as asked: `make fuzz ARGS='--minutes 10'`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest

SEARCH = Path(__file__).with_name("test_fuzzed_bodies.py")


def main() -> int:
    """Run the search for so many minutes, from a seed on; return pytest's exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    asked = parser.parse_args()
    os.environ |= {"FUZZ_MINUTES": str(asked.minutes), "FUZZ_SEED": str(asked.seed)}
    return pytest.main([str(SEARCH), "-q", "-s", "--timeout", "0", "--durations", "0"])


if __name__ == "__main__":
    sys.exit(main())
