from __future__ import annotations

from pathlib import Path

import pytest

from seiriken.errors import CommandError
from seiriken.home import Home
from seiriken.target import find_target
from tests.unit.seiriken.test_home import STACK

VARIABLES = ("DATABASE_URL", "REDIS_URL", "SECRETS_DIR")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_running_stack_is_found_by_its_folder(tmp_path: Path) -> None:
    home = Home(tmp_path / "city")
    home.make()
    home.write(STACK)
    found = find_target(home.path)
    assert (found.database_url, found.secrets_dir) == (STACK.database_url, home.secrets_dir)


def test_usual_folder_is_looked_at_when_none_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path / "var" / "demo")
    home.make()
    home.write(STACK)
    assert find_target(None).redis_url == STACK.redis_url


def test_folder_where_nothing_runs_is_said() -> None:
    with pytest.raises(CommandError, match="no stack runs in"):
        find_target(None)


def test_environment_names_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, f"/{name}")
    found = find_target(None)
    assert (found.database_url, found.redis_url) == ("/DATABASE_URL", "/REDIS_URL")
    assert (found.secrets_dir, found.home) == (Path("/SECRETS_DIR"), None)


def test_environment_that_says_only_a_part_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///city")
    with pytest.raises(CommandError, match="not REDIS_URL and SECRETS_DIR"):
        find_target(None)
