"""The tables of docs/asvs.md are whole and name real tests; dependencies are locked and watched."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "asvs.md"
STATES = ("met", "deviation", "not applicable")

LEVEL_2 = {
    "1.1": 2,
    "1.2": 9,
    "1.3": 11,
    "1.4": 3,
    "1.5": 2,
    "2.1": 3,
    "2.2": 3,
    "2.3": 4,
    "2.4": 1,
    "3.2": 2,
    "3.3": 4,
    "3.4": 6,
    "3.5": 5,
    "3.7": 2,
    "4.1": 3,
    "4.2": 1,
    "4.3": 2,
    "4.4": 4,
    "5.1": 1,
    "5.2": 3,
    "5.3": 2,
    "5.4": 3,
    "6.1": 3,
    "6.2": 12,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
    "8.1": 2,
    "8.2": 3,
    "8.3": 1,
    "8.4": 1,
    "9.1": 3,
    "9.2": 4,
    "10.1": 2,
    "10.2": 2,
    "10.3": 4,
    "10.4": 11,
    "10.5": 5,
    "10.6": 2,
    "10.7": 3,
    "11.1": 2,
    "11.2": 3,
    "11.3": 3,
    "11.4": 4,
    "11.5": 1,
    "11.6": 1,
    "12.1": 3,
    "12.2": 2,
    "12.3": 4,
    "13.1": 1,
    "13.2": 5,
    "13.3": 2,
    "13.4": 5,
    "14.1": 2,
    "14.2": 4,
    "14.3": 3,
    "15.1": 3,
    "15.2": 3,
    "15.3": 7,
    "16.1": 1,
    "16.2": 5,
    "16.3": 4,
    "16.4": 3,
    "16.5": 3,
    "17.1": 1,
    "17.2": 4,
    "17.3": 2,
}
"""Sections of ASVS 5.0.0, and how many of their requirements, from the first on, are of level 1 or
2: those of level 3 come last in each section."""

WHOLE = 253
"""70 of level 1 and 183 of level 2."""


def rows() -> Iterator[list[str]]:
    """Yield the cells of every row of the tables."""
    for line in TABLE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if re.match(r"\| \d", line):
            yield [*cells, ""][:4] if len(cells) < 4 else cells


def requirements() -> list[list[str]]:
    return [row for row in rows() if re.match(r"\d+\.\d+\.\d+", row[0])]


@cache
def functions_of(path: Path) -> frozenset[str]:
    """Return the names of the test functions in a file."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    walked = ast.walk(ast.parse(path.read_text("utf-8")))
    return frozenset(node.name for node in walked if isinstance(node, kinds))


def test_every_requirement_of_level_2_stands_in_the_table_once() -> None:
    wanted = {f"{section}.{n}" for section, last in LEVEL_2.items() for n in range(1, last + 1)}
    assert len(wanted) == WHOLE
    told = Counter(number for row in requirements() for number in row[0].split(", "))
    assert set(told) == wanted
    assert set(told.values()) == {1}


def test_every_row_has_a_state_and_words_and_what_is_met_a_test() -> None:
    for numbers, state, words, shown in requirements():
        assert state in STATES, numbers
        assert words, numbers
        assert bool(shown) is (state == "met"), numbers


def test_counts_in_the_text_are_those_of_the_table() -> None:
    counted: Counter[str] = Counter()
    for row in requirements():
        counted[row[1]] += len(row[0].split(", "))
    met, deviations, others = (counted[state] for state in STATES)
    said = f"{met} are met, {deviations} are deviations with their reasons, {others} are not"
    assert said in TABLE.read_text("utf-8")


def named_tests() -> list[str]:
    return sorted({row[-1].strip("`") for row in rows()} - {""})


@pytest.mark.parametrize("named", named_tests())
def test_test_that_is_named_exists(named: str) -> None:
    file, _, name = named.partition("::")
    assert name in functions_of(ROOT / "tests" / file)


def test_all_eleven_classes_of_the_agency_are_answered() -> None:
    classes = [row for row in rows() if re.match(r"\d+ [A-Z]", row[0])]
    assert [int(row[0].split()[0]) for row in classes] == list(range(1, 12))
    assert all("::test_" in row[2] for row in classes)


@pytest.mark.parametrize("lock", ["run", "dev", "load"])
def test_every_locked_release_has_its_hash(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")
    releases = re.findall(r"^[a-z0-9].*?==.*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(releases) > 10
    assert all("--hash=sha256:" in release for release in releases)


def test_dependencies_are_watched() -> None:
    watched = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))
    kinds = {update["package-ecosystem"] for update in watched["updates"]}
    assert kinds == {"pip", "npm", "docker", "docker-compose", "github-actions"}
    for update in watched["updates"]:
        for folder in update.get("directories", [update.get("directory")]):
            assert (ROOT / folder.strip("/")).is_dir()
