"""Ask the advisory databases about every locked dependency: `make audit`.

Exit status 0: nothing is known of any. 1: a weakness is known. 2: no database could be asked about
some of them, which is no proof of anything; with `--if-reachable` that is said, and is no failure.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOCKS = ("run", "dev")
SERVICES = ("pypi", "osv")
FOUND, NOT_ASKED = 1, 2
WAIT_S = 300


def main() -> int:
    """Ask one database after another until one answers; print what is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--if-reachable", action="store_true")
    asked = parser.parse_args()
    for service in SERVICES:
        dependencies = answer_of(service)
        lines = known(dependencies)
        print("\n".join(lines) or f"{service}: {summary(dependencies)}")
        if lines:
            return FOUND
        if dependencies and not skipped(dependencies):
            return 0
    return 0 if asked.if_reachable else NOT_ASKED


def answer_of(service: str) -> Sequence[Mapping[str, Any]]:
    """Return what a database says of each dependency; nothing if it cannot be reached."""
    command = [
        *(str(Path(sys.executable).with_name("pip-audit")), "--require-hashes", "--disable-pip"),
        *("--format", "json", "--progress-spinner", "off", "--vulnerability-service", service),
    ]
    for lock in LOCKS:
        command += ["--requirement", str(ROOT / "requirements" / f"{lock}.txt")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=WAIT_S)
    try:
        found: list[Mapping[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return ()
    return found


def known(dependencies: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each weakness that is known."""
    return [
        f"{one['name']} {one['version']}: {weakness['id']}, mended in {weakness['fix_versions']}"
        for one in dependencies
        for weakness in one.get("vulns", ())
    ]


def skipped(dependencies: Sequence[Mapping[str, Any]]) -> int:
    """Count the dependencies about which the database could not say anything."""
    return sum("skip_reason" in one for one in dependencies)


def summary(dependencies: Sequence[Mapping[str, Any]]) -> str:
    """Say of how many dependencies nothing is known, and how many could not be asked about."""
    if not dependencies:
        return "not reachable from here; nothing was audited"
    asked = len(dependencies) - skipped(dependencies)
    return f"no weakness is known of {asked}; {skipped(dependencies)} could not be asked about"


if __name__ == "__main__":
    sys.exit(main())
