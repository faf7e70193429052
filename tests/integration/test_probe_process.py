"""The synthetic resident as a process, in a city where there is nothing for residents yet."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from seiriken.home import PROBE_FILE
from seiriken.probe_enrolment import enrol
from seiriken.processes import free_ports
from tests.integration.city import City
from tests.waiting import until


@contextmanager
def probing(*, stderr: Path, **settings: object) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run the process; yield it and the address of its internal port."""
    (port,) = free_ports(1)
    environment = {
        "PATH": os.environ["PATH"],
        "PROBE_INTERNAL_PORT": str(port),
        **{f"PROBE_{name.upper()}": str(value) for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "monitoring.probe"]
    with (
        stderr.open("wb") as log,
        subprocess.Popen(command, env=environment, stderr=log) as process,
    ):
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            if process.poll() is None:
                process.kill()


def value(internal: str, metric: str) -> float | None:
    """Return what the process shows, None while it shows nothing."""
    try:
        lines = httpx2.get(f"{internal}/metrics", timeout=60).text.splitlines()
    except httpx2.TransportError:
        return None
    return next((float(line.split()[-1]) for line in lines if line.startswith(metric + " ")), None)


def test_it_shows_what_it_meets_and_notices_when_the_city_is_gone_and_back(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    city = City(database_url, redis_url, tmp_path)
    enrol(database_url, city.secrets_dir)
    log = tmp_path / "log"
    (city.port,) = free_ports(1)
    with (
        city.allocator(),
        city.waiting_room(),
        probing(
            stderr=log,
            url=f"http://127.0.0.1:{city.port}",
            resident_file=city.secrets_dir / PROBE_FILE,
            every_s=4,
            run_s=4,
            step_s=4,
        ) as (process, internal),
    ):
        until(lambda: value(internal, "seiriken_probe_timestamp_seconds"), 60)
        assert value(internal, "seiriken_probe_up") == 0
        assert value(internal, 'seiriken_probe_failures_total{step="landing"}')
        with city.gateway():
            until(lambda: value(internal, "seiriken_probe_up") == 1, 60)
            assert value(internal, 'seiriken_probe_step_seconds_count{step="cancel"}')
            assert value(internal, 'seiriken_probe_runs_total{result="ok"}')
            assert httpx2.get(f"{internal}/readyz", timeout=60).json() == {"ready": True}
            with httpx2.Client(base_url=city.url, timeout=60) as http:
                first = http.get("/", headers={"Accept-Language": "en"})
                assert (first.status_code, "自動点検" in first.text) == (200, False)
                assert http.get("/queue/status.json").status_code == 404
        until(lambda: value(internal, "seiriken_probe_up") == 0, 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    lines = log.read_text()
    assert '"step": "landing"' in lines or '"step":"landing"' in lines
    ticket = city.secrets_dir.joinpath(PROBE_FILE).read_text().split('"ticket_number":"')[1][:10]
    assert ticket not in lines


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"url": "http://a.example/page"}, "PROBE_URL"),
        ({"every_s": 60}, "noticed too late"),
        ({"step_s": 26}, "must not decrease"),
        ({"resident_file": "/nonexistent/probe-resident.json"}, "secret probe-resident.json"),
        ({"evry_s": 30}, "PROBE_EVRY_S"),
    ],
)
def test_what_it_cannot_start_with_is_named(
    tmp_path: Path, settings: dict[str, object], says: str
) -> None:
    resident = tmp_path / "probe-resident.json"
    resident.write_text(
        '{"municipality_code":"000000","ticket_number":"1","birth_date":"1800-01-01"}'
    )
    given: dict[str, object] = {"url": "https://a.example", "resident_file": resident}
    with probing(stderr=tmp_path / "log", **(given | settings)) as (process, _):
        assert process.wait(60) == 2
    assert says in (tmp_path / "log").read_text()
