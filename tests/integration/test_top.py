"""`seiriken top` beside real internal ports; a whole stack is looked at in tests/system."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from monitoring.internal import serve_internal
from seiriken.top_scraping import scrape
from tests.waiting import until

COMMAND = [sys.executable, "-m", "seiriken.cli", "top"]


def test_processes_are_asked_and_one_that_is_away_is_down() -> None:
    with socket.socket() as unserved, serve_internal(0, lambda: {"redis": False}) as server:
        unserved.bind(("127.0.0.1", 0))
        ports = {"waiting_room": server.port, "herald": unserved.getsockname()[1]}
        # On a busy machine even an answer from within this process may be too late for one look.
        read = until(lambda: scrape(ports).processes["waiting_room"])
        assert scrape(ports).processes["herald"] is None
    assert read is not None
    assert read["seiriken_need_up", frozenset({("need", "redis")})] == 0
    assert read["process_resident_memory_bytes", frozenset()] > 0


def test_without_a_stack_it_says_so(tmp_path: Path) -> None:
    for options in (["--once"], ["--json"], []):
        done = subprocess.run(
            [*COMMAND, "--home", str(tmp_path), *options],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1
        assert done.stderr == (
            f"seiriken: no stack runs in {tmp_path}; start one with `seiriken up`, or name it with"
            " --home\n"
        )
