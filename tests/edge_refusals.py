"""What a stack's edge refused by itself, as the herald counted it."""

from __future__ import annotations

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from monitoring.edge_events import KINDS
from seiriken.home import StackFile


def refused_by_the_edge(running: StackFile) -> dict[str, float]:
    """Return how many requests the edge of a running stack refused by itself, by kind."""
    url = f"http://127.0.0.1:{running.internal_ports['herald']}/metrics"
    text = httpx2.get(url, timeout=60).text
    counted = (
        (sample.labels["kind"], sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "seiriken_security_events_total"
    )
    return {kind: count for kind, count in counted if kind in KINDS.values() and count}
