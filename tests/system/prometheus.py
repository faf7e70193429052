"""A real Prometheus that scrapes a stack every second, for as long as a block runs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import yaml

from seiriken.processes import free_ports
from seiriken.watching import job_of
from tests.waiting import until

SCRAPE_EVERY_S = 1


class Prometheus:
    """A running one, asked by its HTTP API."""

    def __init__(self, url: str) -> None:
        self._url = url

    def query(self, query: str) -> list[Any]:
        """Return what a query yields now."""
        return self._ask("query", {"query": query})

    def query_range(self, query: str, start_s: float, end_s: float) -> list[Any]:
        """Return what a query yielded each second of a time (unix seconds)."""
        return self._ask(
            "query_range",
            {"query": query, "start": f"{start_s}", "end": f"{end_s}", "step": "1"},
        )

    def is_ready(self) -> bool:
        """Say whether it answers."""
        try:
            return httpx2.get(f"{self._url}/-/ready", timeout=5).status_code == 200
        except httpx2.TransportError:
            return False

    def _ask(self, call: str, parameters: Mapping[str, str]) -> list[Any]:
        answer = httpx2.post(f"{self._url}/api/v1/{call}", data=dict(parameters), timeout=20).json()
        assert answer["status"] == "success", (answer, parameters["query"])
        result: list[Any] = answer["data"]["result"]
        return result


@contextmanager
def running_prometheus(folder: Path, internal_ports: Mapping[str, int]) -> Iterator[Prometheus]:
    """Start one that scrapes these ports, with the labels of `seiriken.watching`."""
    program = shutil.which("prometheus")
    assert program is not None, "prometheus is missing (Debian: apt-get install prometheus)"
    processes = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"job": job_of(name), "instance": name}}
        for name, port in internal_ports.items()
    ]
    config = {
        "global": {"scrape_interval": f"{SCRAPE_EVERY_S}s"},
        "scrape_configs": [{"job_name": "seiriken", "static_configs": processes}],
    }
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    (port,) = free_ports(1)
    command = [
        program,
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with subprocess.Popen(command) as process:
        try:
            prometheus = Prometheus(f"http://127.0.0.1:{port}")
            until(prometheus.is_ready, within_s=60)
            yield prometheus
        finally:
            process.terminate()
