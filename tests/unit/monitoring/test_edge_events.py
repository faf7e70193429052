from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitoring.edge_events import KINDS, kind_of
from monitoring.labels import LABEL_VALUES

TEMPLATE = Path(__file__).parents[3] / "deploy" / "edge" / "nginx.conf.template"


def test_a_line_of_the_edge_is_counted_by_its_status() -> None:
    line = b'<190>Nov 28 17:00:00 edge: {"at":"1.5","method":"TRACE","path":"/","status":405}'
    assert kind_of(line) == "refused_method"


@pytest.mark.parametrize(
    "datagram", [b"", b"{", b"<190>x", b'{"status":"405"}', b'{"status":200}', b"\xff{]", b"{}"]
)
def test_anything_else_is_no_event(datagram: bytes) -> None:
    assert kind_of(datagram) is None


def test_every_kind_is_a_value_of_the_label() -> None:
    assert set(KINDS.values()) <= LABEL_VALUES["kind"]


def test_the_edge_tells_of_just_these() -> None:
    found = re.search(r'"~\^\(([0-9|]+)\):\$" 1;', TEMPLATE.read_text("utf-8"))
    assert found is not None
    assert {int(status) for status in found[1].split("|")} == set(KINDS)
