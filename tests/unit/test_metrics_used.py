"""What is measured is looked at, and what is looked at is measured.

Every metric in a dashboard or a rule is one that code of ours emits, or one of `FOREIGN`;
every metric of ours is in a dashboard or a rule, or in `UNUSED` with its reason.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from monitoring import metrics
from monitoring.labels import LABEL_VALUES

ROOT = Path(__file__).parents[2]
PACKAGES = ("allocator", "gateway", "monitoring", "seiriken", "waiting_room")
DASHBOARDS = sorted((ROOT / "monitoring/grafana/json").glob("*.json"))
RULES = sorted((ROOT / "monitoring/prometheus/rules").glob("*.yml"))

UNUSED: Mapping[str, str] = {}
"""Metrics of ours that no dashboard and no rule shows, each with its reason."""

FOREIGN: Mapping[str, str] = {
    "up": "Prometheus: whether it reached the process",
    "alertmanager_notifications_failed_total": "Alertmanager, of itself",
    "prometheus_notifications_dropped_total": "Prometheus, of itself",
    "prometheus_rule_evaluation_failures_total": "Prometheus, of itself",
    "process_cpu_seconds_total": "prometheus_client, in every process",
    "process_max_fds": "prometheus_client, in every process",
    "process_open_fds": "prometheus_client, in every process",
    "process_resident_memory_bytes": "prometheus_client, in every process",
    "process_start_time_seconds": "prometheus_client, in every process",
}
"""Metrics that others emit, by whom."""

OTHERS_LABELS = {"job", "instance", "le"}
MATCHED = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
LABELS_NAMED = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
SELECTED = re.compile(r"\{[^}]*\}|\[[^\]]*\]")
GROUPED = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
WORD = re.compile(r"(?<![\w.$])[a-zA-Z_:][\w:]*\b(?!\s*\()")
KEYWORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan", "group_left", "group_right"}


def names_in(query: str) -> set[str]:
    """Return the metrics that a query of PromQL reads."""
    bare = GROUPED.sub(" ", SELECTED.sub(" ", QUOTED.sub('""', query)))
    return {word for word in WORD.findall(bare) if word.lower() not in KEYWORDS}


def queries_of(board: Mapping[str, Any]) -> Iterator[str]:
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def rules_in(text: str) -> list[Mapping[str, Any]]:
    loaded = yaml.safe_load(text)
    return [rule for group in loaded["groups"] for rule in group["rules"]]


@lru_cache
def used() -> frozenset[str]:
    """Return every metric that a dashboard or a rule reads, but for what rules record."""
    rules = [rule for path in RULES for rule in rules_in(path.read_text(encoding="utf-8"))]
    recorded = {rule["record"] for rule in rules if "record" in rule}
    return frozenset(name for query in queries() for name in names_in(query)) - recorded


def defined() -> dict[str, MetricWrapperBase]:
    """Return every metric of ours by the name of its variable."""
    kinds = (Counter, Gauge, Histogram)
    return {name: one for name, one in vars(metrics).items() if isinstance(one, kinds)}


def shown_by(metric: MetricWrapperBase) -> set[str]:
    """Return the names under which Prometheus knows a metric."""
    (described,) = metric.describe()
    name = described.name
    match metric:
        case Counter():
            return {f"{name}_total"}
        case Histogram():
            return {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
        case _:
            return {name}


@lru_cache
def referred_to() -> frozenset[str]:
    """Return the variables of `monitoring.metrics` that code of ours reads elsewhere."""
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if path != ROOT / "monitoring/metrics.py":
                found |= _metrics_in(path.read_text(encoding="utf-8"))
    return frozenset(found)


def _metrics_in(text: str) -> set[str]:
    if "metrics" not in text:
        return set()
    return {
        node.attr
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "metrics"
    }


def queries() -> list[str]:
    boards = [json.loads(path.read_text(encoding="utf-8")) for path in DASHBOARDS]
    rules = [rule for path in RULES for rule in rules_in(path.read_text(encoding="utf-8"))]
    return [
        *(query for board in boards for query in queries_of(board)),
        *(str(rule["expr"]) for rule in rules),
    ]


def unknown_labels(query: str) -> set[str]:
    """Return the labels, and values of labels, in a query that no metric of ours can have."""
    ours = {label for metric in defined().values() for label in metric._labelnames}
    named = {one.strip() for found in LABELS_NAMED.findall(query) for one in found.split(",")}
    matched = MATCHED.findall(query)
    unknown = (named | {label for label, _ in matched}) - ours - OTHERS_LABELS - {""}
    for label, values in matched:
        if label in LABEL_VALUES:
            unknown |= set(values.split("|")) - LABEL_VALUES[label]
    return unknown


def test_there_are_dashboards() -> None:
    assert DASHBOARDS


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (
            'sum by (le, route) (rate(a_bucket{route="b"}[$__rate_interval])) or vector(0)',
            "a_bucket",
        ),
        ("max(a) / on (instance) group_left (job) b offset 5m > bool 3", "a b"),
        ('label_replace(vector(0), "c", "d e", "", "") unless on() (a == 1)', "a"),
        ("histogram_quantile(0.95, rate(a:b[5m])) and time() - up < Inf", "a:b up"),
    ],
)
def test_metrics_of_a_query_are_found(query: str, names: str) -> None:
    assert names_in(query) == set(names.split())


@pytest.mark.parametrize("name", sorted(used()))
def test_every_metric_that_is_looked_at_is_emitted(name: str) -> None:
    emitted = {
        shown
        for variable, metric in defined().items()
        if variable in referred_to()
        for shown in shown_by(metric)
    }
    assert name in emitted | FOREIGN.keys()


@pytest.mark.parametrize("variable", sorted(defined()))
def test_every_metric_is_emitted_and_looked_at_or_there_is_a_reason(variable: str) -> None:
    (described,) = defined()[variable].describe()
    assert variable in referred_to(), "no code sets it"
    is_used = bool(shown_by(defined()[variable]) & used())
    assert is_used != (described.name in UNUSED), "unused without a reason, or a reason too many"


def test_no_foreign_metric_is_listed_for_nothing() -> None:
    assert FOREIGN.keys() <= used()
    ours = {one.name for metric in defined().values() for one in metric.describe()}
    assert UNUSED.keys() <= ours


def test_every_label_in_a_query_is_one_that_a_metric_can_have() -> None:
    assert {query: found for query in queries() if (found := unknown_labels(query))} == {}


@pytest.mark.parametrize(
    "query",
    [
        'rate(seiriken_mails_total{result="sennt"}[5m])',
        'max(seiriken_need_up{need=~"redis|databse"})',
        'max(seiriken_need_up{needs="redis"})',
        "sum by (resutl) (seiriken_mails_total)",
    ],
)
def test_misspelt_label_is_found(query: str) -> None:
    assert unknown_labels(query)
