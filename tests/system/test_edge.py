"""A stack behind its edge and firewall: residents meet nginx, gateways only through it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from seiriken.edge_front import left_behind
from seiriken.supervision import Supervisor
from tests.edge_refusals import refused_by_the_edge
from tests.integration.edge import FIND_EDGE, FIND_WAF
from tests.system.stack import Stack, running_stack, seiriken
from tests.waiting import until

PEOPLE = 600


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One stack for all tests; what they break they mend."""
    for find in (FIND_EDGE, FIND_WAF):
        subprocess.run(["sh", str(find)], check=True, capture_output=True)
    folder = Path(tempfile.mkdtemp(prefix="seiriken-edge-stack-", dir="/tmp"))
    folder.chmod(0o711)
    with running_stack(folder / "home", "--firewall", "--people", str(PEOPLE)) as running:
        yield running
    shutil.rmtree(folder)


def get(stack: Stack, path: str, **headers: str) -> httpx2.Response:
    headers = {"Accept-Language": "en", **headers}
    return httpx2.get(f"{stack.file.url}{path}", headers=headers, timeout=60)


def test_static_files_and_the_status_page_come_from_the_edge_itself(stack: Stack) -> None:
    until((stack.home.status_dir / "index.html").exists)
    for path in ("/static/seiriken.css", "/status/", "/status/en.html"):
        answer = get(stack, path)
        assert answer.status_code == 200, path
        assert answer.headers["server"] == "nginx"
    assert get(stack, "/readyz").status_code == 404


def test_residents_book_through_it(stack: Stack) -> None:
    done = seiriken(
        *("rehearse", "--home", str(stack.home.path), "--people", "500"),
        *("--arrive-within", "3", "--json"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert refused_by_the_edge(stack.file) == {}


def test_attack_is_stopped_at_the_edge_and_counted(stack: Stack) -> None:
    attack = get(stack, "/sign-in?back=<script>alert(1)</script>")
    assert attack.status_code == 403
    assert "Your place in the line and your booking are kept" in attack.text
    until(lambda: refused_by_the_edge(stack.file) == {"blocked": 1.0})


def test_the_page_that_says_so_is_there_while_every_gateway_is_away(stack: Stack) -> None:
    supervisor = Supervisor(stack.file.supervisor_socket)
    known = get(stack, "/queue/status.json")
    assert known.status_code == 200
    supervisor.stop_group("gateway")
    page = get(stack, "/")
    assert (page.status_code, page.headers["retry-after"]) == (503, "10")
    assert "0476-00-0000" in page.text
    assert get(stack, "/queue/status.json").status_code == 200, "an old one is served"
    assert get(stack, "/status/").status_code == 200
    supervisor.start_group("gateway")
    until(lambda: get(stack, "/").status_code == 200)


def test_a_killed_supervisor_leaves_no_edge_in_the_way(stack: Stack) -> None:
    edge = psutil.Process(stack.pid("edge"))
    assert [process.pid for process in left_behind(Path(stack.file.run_dir))] == [edge.pid]
    os.kill(stack.file.supervisor_pid, signal.SIGKILL)
    assert seiriken("down", "--home", str(stack.home.path)).returncode == 0
    # It is nobody's child any more: whoever adopted it takes note of its end in their own time.
    until(lambda: not psutil.pid_exists(edge.pid))
