"""`seiriken up --staff` and `seiriken staff`, as operators use them, with an edge and without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from typing import Any

import httpx2
import psycopg
import pytest

from seiriken.home import Home
from tests.integration.staff import StaffDesk

# A test starts several stacks, each after those that other tests start at the same time.
pytestmark = pytest.mark.timeout(1800)

START_S_MAX = 240


@pytest.fixture
def home() -> Iterator[Home]:
    """A folder for one stack; whatever still runs there afterwards is stopped."""
    folder = Path(tempfile.mkdtemp(prefix="seiriken-test-", dir="/tmp"))
    yield Home(folder / "city")
    seiriken("down", "--home", str(folder / "city"))
    rmtree(folder)


def seiriken(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seiriken.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=START_S_MAX,
        env={**os.environ, **variables},
    )


def up(home: Home, *options: str, **variables: str) -> Any:
    small = ["--people", "40", "--gateways", "1", "--no-probe", "--no-monitoring", "--detach"]
    done = seiriken("up", "--home", str(home.path), *small, *options, "--json", **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_accounts_are_made_listed_reset_and_disabled_by_command(home: Home) -> None:
    city = up(home, "--staff")

    def staff(*words: str) -> Any:
        done = seiriken("staff", *words, "--home", str(home.path), "--json")
        return json.loads(done.stdout)

    first = staff("add", "mado1", "--role", "clerk")["first_password"]
    assert "error" in staff("add", "mado1", "--role", "auditor")
    assert "2 to 32" in staff("add", "Mado 2", "--role", "clerk")["error"]
    assert seiriken("staff", "add", "mado3", "--role", "king").returncode == 2
    assert staff("list")["accounts"] == [
        {"login": "mado1", "role": "clerk", "enrolled": False, "disabled": False}
    ]

    stack = home.read()
    assert stack is not None
    desk = StaffDesk(stack.database_url)
    desk.url = city["staff_url"]
    clerk = desk.returning("mado1", first).enrol()
    assert clerk.get("/caller").status_code == 200
    assert staff("list")["accounts"][0]["enrolled"] is True

    assert staff("sign-out", "mado1")["done"] == "signed out"
    assert clerk.get("/caller").headers["location"].startswith("/sign-in?")
    again = staff("reset", "mado1")["first_password"]
    assert again != first
    assert staff("disable", "mado1")["done"] == "disabled"
    assert desk.returning("mado1", again).sign_in().status_code == 401
    assert [staff(word, "nobody")["error"] for word in ("reset", "disable", "sign-out")] == [
        "there is no account of that name"
    ] * 3
    shown = seiriken("staff", "list", "--home", str(home.path)).stdout
    assert [line.split() for line in shown.splitlines()][1] == ["mado1", "clerk", "disabled"]

    processes = json.loads(seiriken("status", "--home", str(home.path), "--json").stdout)
    states = {one["name"]: one["state"] for one in processes["processes"]}
    assert states["staff_gateway"] == "running"
    assert httpx2.get(f"{city['url']}/caller", timeout=60).status_code == 404, (
        "not on the residents' port"
    )
    log = (home.log_dir / "staff_gateway.log").read_text("utf-8")
    assert "mado1" not in log
    desk.leave()


def test_behind_the_edge_the_allow_list_counts_and_the_journal_knows_the_address(
    home: Home,
) -> None:
    city = up(home, "--staff", "--edge")
    stack = home.read()
    assert stack is not None
    desk = StaffDesk(stack.database_url)
    desk.url = city["staff_url"]
    auditor = desk.colleague("auditor")
    spoofed = {"X-Real-IP": "192.0.2.9"}
    assert auditor.http.get("/journal", headers=spoofed).status_code == 200
    with psycopg.connect(stack.database_url) as connection:
        found = connection.execute("SELECT DISTINCT came_from FROM staff_look").fetchall()
    assert found == [("127.0.0.1",)]
    desk.leave()
    assert seiriken("down", "--home", str(home.path)).returncode == 0

    closed = up(home, "--staff", "--edge", EDGE_STAFF_ALLOWED='["192.0.2.0/24"]')
    assert httpx2.get(f"{closed['staff_url']}/sign-in", timeout=60).status_code == 403
    assert httpx2.get(closed["url"], timeout=60).status_code == 200
