"""Ask every process of a stack for its metrics, all at once, on their internal ports."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from time import monotonic

from prometheus_client.parser import text_string_to_metric_families

from seiriken.surge_figures import Readings, Scrape

WAIT_S_MAX = 2.0
"""A process that needs longer for its metrics counts as down."""


def scrape(ports: Mapping[str, int]) -> Scrape:
    """Return what the processes with these internal ports say now."""
    with ThreadPoolExecutor(max_workers=len(ports)) as threads:
        texts = threads.map(_metrics_text, ports.values())
        read = [None if text is None else readings(text) for text in texts]
    return Scrape(monotonic(), dict(zip(ports, read, strict=True)))


def readings(text: str) -> Readings:
    """Return the values of a process's metrics page, without the buckets of histograms."""
    lines = [line for line in text.splitlines() if "_bucket{" not in line]
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families("\n".join(lines) + "\n")
        for sample in family.samples
    }


def _metrics_text(port: int) -> str | None:
    connection = HTTPConnection("127.0.0.1", port, timeout=WAIT_S_MAX)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        return answer.read().decode() if answer.status == 200 else None
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
