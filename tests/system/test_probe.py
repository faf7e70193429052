"""L9: the synthetic resident of a whole stack notices an outage before 90 s are over."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from monitoring.probe_rules import NOTICED_S_MAX, SCRAPED_AND_JUDGED_S
from tests.system.stack import Stack, running_stack, seiriken
from tests.waiting import until

SHOWN_S_MAX = NOTICED_S_MAX - SCRAPED_AND_JUDGED_S
"""By then the metric says so; the rest is for Prometheus to ask and to judge."""


@pytest.fixture(scope="module")
def probed() -> Iterator[Stack]:
    """A stack as `seiriken up` starts it, with one gateway."""
    folder = Path(tempfile.mkdtemp(prefix="seiriken-system-", dir="/tmp"))
    folder.chmod(0o711)
    options = ("--probe", "--gateways", "1", "--people", "200")
    with running_stack(folder / "home", *options) as running:
        yield running
    shutil.rmtree(folder)


def value(stack: Stack, metric: str) -> float:
    """Return what the probe's process shows, 0 while it shows nothing."""
    port = stack.file.internal_ports["probe"]
    lines = httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=20).text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(metric + " ")), 0.0)


def is_up(stack: Stack) -> bool:
    return value(stack, "seiriken_probe_up") == 1


def has_just_been_well(stack: Stack) -> bool:
    """Say whether a good run has ended within a second: the worst moment for an outage."""
    ended_at = value(stack, "seiriken_probe_timestamp_seconds")
    return is_up(stack) and time.time() - ended_at < 1


def noticed_after_s(stack: Stack, process: str, step: str) -> float:
    """Stop a process at the worst moment, for as long as nobody notices; return how long."""
    until(lambda: has_just_been_well(stack), 90)
    failures = f'seiriken_probe_failures_total{{step="{step}"}}'
    before = value(stack, failures)
    pid, stopped_at_s = stack.pid(process), time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: not is_up(stack), NOTICED_S_MAX)
        took_s = time.monotonic() - stopped_at_s
    finally:
        os.kill(pid, signal.SIGCONT)
    assert value(stack, failures) == before + 1
    return took_s


def test_writer_that_hangs_and_gateway_that_hangs_are_noticed_in_time(probed: Stack) -> None:
    assert noticed_after_s(probed, "allocator", "book") <= SHOWN_S_MAX
    assert noticed_after_s(probed, "gateway_0", "landing") <= SHOWN_S_MAX


def test_operator_can_send_it_at_once_and_the_tables_stay_in_order(probed: Stack) -> None:
    at = ("--home", str(probed.home.path))
    shown = seiriken("probe", "run", *at)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stdout.splitlines()[-1] == "ok"
    assert "was enrolled already" in seiriken("probe", "enrol", *at).stdout
    assert seiriken("release", "check", *at).returncode == 0, "the only release is the city's"
    assert probed.status()["queue"]["release_id"].startswith("inzai-")
    assert seiriken("verify", *at).returncode == 0
    gone = seiriken("probe", "run", "--url", "http://127.0.0.1:9", *at, "--json")
    assert (gone.returncode, '"failed_at":"landing"' in gone.stdout) == (1, True)
