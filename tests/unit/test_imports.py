"""Every import rule holds, and every one is seen to fail when it is broken.

The rules stand in pyproject.toml ([tool.importlinter]). Each breach below is one
line added to a copy of the source, so that a contract that has lost its teeth
(a renamed module, a wrong wildcard) is found.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LINTER = SETTINGS["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in LINTER["contracts"]}
PURE = ("pure", "pure-bulletin")
PURE_MODULES: list[str] = [module for name in PURE for module in CONTRACTS[name]["source_modules"]]

BREACHES = [
    ("layers", "monitoring/metrics.py", "import allocator.model"),
    ("layers", "waiting_room/line.py", "import allocator.model"),
    ("layers", "allocator/writer.py", "import waiting_room.states"),
    ("layers", "allocator/writer.py", "import gateway.forms"),
    ("layers", "gateway/forms.py", "import seiriken.cli"),
    ("gateway-hatches", "gateway/forms.py", "from allocator.core import decide"),
    ("gateway-hatches", "gateway/identity.py", "from allocator import store"),
    ("gateway-hatches", "gateway/routes/__init__.py", "def late():\n    import allocator.writer"),
    ("load-tests", "loadtests/__init__.py", "import gateway.forms"),
    ("load-tests", "loadtests/__init__.py", "from monitoring import metrics"),
    ("load-tests", "loadtests/__init__.py", "from allocator import core"),
    ("load-tests", "loadtests/__init__.py", "import seiriken.embedded_redis"),
    ("load-tests", "loadtests/bench/drain.py", "import gateway.forms"),
    ("load-tests", "loadtests/bench/drain.py", "import waiting_room.states"),
    ("load-tests", "loadtests/bench/drain.py", "import seiriken.stack"),
    ("top", "loadtests/__init__.py", "import seiriken"),
    ("top", "loadtests/bench/servers.py", "import seiriken.stack"),
    ("top", "monitoring/metrics.py", "import seiriken.stack"),
    ("dashboards", "monitoring/metrics.py", "import monitoring.grafana.boards"),
    ("dashboards", "monitoring/bulletin/herald.py", "import grafana_foundation_sdk"),
    ("dashboards", "seiriken/cli.py", "import monitoring.grafana.boards"),
    *[
        (name, module.replace(".", "/") + ".py", "import time")
        for name in PURE
        for module in CONTRACTS[name]["source_modules"]
    ],
    ("pure", "allocator/model.py", "from redis import Redis"),
    ("pure", "allocator/model.py", "from random import randint"),
    ("pure", "waiting_room/draw.py", "import secrets"),
    ("pure", "waiting_room/draw.py", "import monitoring.metrics"),
    ("pure", "gateway/forms.py", "from starlette.requests import Request"),
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy our packages to where a line may be broken."""
    copy = tmp_path_factory.mktemp("source")
    for package in LINTER["root_packages"]:
        ignored = shutil.ignore_patterns("__pycache__", "static", "locale")
        shutil.copytree(ROOT / package, copy / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def lint(root: Path, *contracts: str) -> str:
    """Return what import-linter says of a tree: its verdict on each contract."""
    chosen = [option for contract in contracts for option in ("--contract", contract)]
    finished = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache", *chosen],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.stdout + finished.stderr


def test_every_import_rule_holds() -> None:
    verdict = lint(ROOT)
    assert "0 broken" in verdict, verdict


def test_every_contract_has_a_breach() -> None:
    assert {contract for contract, _, _ in BREACHES} == CONTRACTS.keys()


@pytest.mark.parametrize(
    ("contract", "file", "line"), BREACHES, ids=lambda value: str(value).split("\n")[0]
)
def test_a_breach_breaks_its_contract(source: Path, contract: str, file: str, line: str) -> None:
    path = source / file
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\n\n{line}\n", encoding="utf-8")
    try:
        verdict = lint(source, contract)
    finally:
        path.write_text(text, encoding="utf-8")
    assert f"{CONTRACTS[contract]['name']} BROKEN" in verdict, verdict


def test_the_untouched_copy_breaks_nothing(source: Path) -> None:
    verdict = lint(source)
    assert "0 broken" in verdict, verdict


def test_the_pure_modules_are_those_that_coverage_gates() -> None:
    assert SETTINGS["tool"]["coverage"]["run"]["source_pkgs"] == PURE_MODULES
