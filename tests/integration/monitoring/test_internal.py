from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any

import pytest

from monitoring import metrics
from monitoring.internal import serve_internal


def ask(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def ask_json(ready: Mapping[str, bool], path: str) -> tuple[int, Any]:
    with serve_internal(0, lambda: ready) as server:
        status, body = ask(server.port, path)
    return status, json.loads(body)


def test_a_process_that_runs_is_alive_even_when_it_lacks_everything() -> None:
    assert ask_json({"redis": False}, "/healthz") == (200, {"alive": True})


def test_a_process_with_all_it_needs_is_ready() -> None:
    assert ask_json({"redis": True, "roster": True}, "/readyz") == (200, {"ready": True})


def test_readiness_says_what_is_missing() -> None:
    ready = {"roster": False, "postgres": True, "catalogue": False}
    expected = {"ready": False, "missing": ["catalogue", "roster"]}
    assert ask_json(ready, "/readyz") == (503, expected)


def test_a_check_that_fails_is_itself_missing(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> Mapping[str, bool]:
        raise LookupError("row (Inzai Taro)")

    with serve_internal(0, broken) as server:
        status, body = ask(server.port, "/readyz")
    assert (status, json.loads(body)["missing"]) == (503, ["readiness_check"])


def test_metrics_are_prometheus_text() -> None:
    metrics.BOOKINGS.labels(command="book").inc()
    with serve_internal(0, dict) as server:
        status, body = ask(server.port, "/metrics?name=any")
    assert status == 200
    assert 'seiriken_bookings_total{command="book"}' in body


def test_there_is_nothing_else_on_the_internal_port() -> None:
    assert ask_json({}, "/") == (404, {"code": "not_found"})


def test_nothing_can_be_changed_through_the_internal_port() -> None:
    with serve_internal(0, dict) as server:
        assert ask(server.port, "/metrics", method="POST")[0] == 501


def test_a_closed_port_is_free_again() -> None:
    with serve_internal(0, dict) as server:
        port = server.port
    with serve_internal(port, dict) as again:
        assert again.port == port


def test_a_port_that_is_taken_is_an_error() -> None:
    with serve_internal(0, dict) as server, pytest.raises(OSError, match="in use"):
        serve_internal(server.port, dict)


def test_what_a_process_needs_is_among_its_metrics() -> None:
    with serve_internal(0, lambda: {"redis": True, "database": False}) as server:
        _, body = ask(server.port, "/metrics")
    assert 'seiriken_need_up{need="redis"} 1.0' in body
    assert 'seiriken_need_up{need="database"} 0.0' in body
    assert 'seiriken_need_up{need="readiness_check"} 1.0' in body
