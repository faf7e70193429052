from __future__ import annotations

import re
from typing import get_args

import pytest
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from allocator.commands import Command
from allocator.model import Refusal
from monitoring import metrics

UNITS = (
    *("_seconds", "_people", "_requests", "_messages", "_place", "_epoch", "_allocators"),
    *("_incidents", "_maintenances", "_pairs", "_bytes", "_findings", "_state", "_up"),
    "_backups",
)
BOUNDED_ELSEWHERE = {"route", "venue", "product"}


def defined() -> list[MetricWrapperBase]:
    return [m for m in vars(metrics).values() if isinstance(m, Counter | Gauge | Histogram)]


@pytest.mark.parametrize("metric", defined(), ids=lambda metric: metric.describe()[0].name)
def test_name_is_ours_and_ends_with_its_unit(metric: MetricWrapperBase) -> None:
    (described,) = metric.describe()
    assert re.fullmatch(r"seiriken_[a-z_]+", described.name)
    assert isinstance(metric, Counter) or described.name.endswith(UNITS)
    assert described.documentation.endswith(".")


@pytest.mark.parametrize("metric", defined(), ids=lambda metric: metric.describe()[0].name)
def test_every_label_is_bounded(metric: MetricWrapperBase) -> None:
    labels = set(metric._labelnames)
    assert labels <= metrics.LABEL_VALUES.keys() | BOUNDED_ELSEWHERE


def test_an_unknown_value_becomes_other() -> None:
    assert metrics.bounded("command", "book") == "book"
    assert metrics.bounded("command", "0123456789") == "other"


def test_every_refusal_is_a_reason_of_its_own() -> None:
    assert metrics.LABEL_VALUES["reason"] == {refusal.value for refusal in Refusal}


def test_every_command_is_a_label_of_its_own() -> None:
    commands = {str(command.__struct_config__.tag) for command in get_args(Command)}
    assert metrics.LABEL_VALUES["command"] == commands
