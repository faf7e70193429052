"""The AWS-compatible API while its line is away: what is refused, and by whom it may be called."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from pydantic import ValidationError
from starlette.testclient import TestClient

from gateway.app import create_app
from gateway.parts import assemble
from gateway.routes.vwr import RESULTS
from monitoring import metrics
from monitoring.secrets import create_rsa_key
from tests.unit.gateway.factories import NOW, make_settings

REQUEST_ID = "26a07142-098a-4bea-b67d-1fe5a098bf29"
ISSUER = "https://city.example/vwr"
GETS = ("queue_num", "queue_pos_expiry", "serving_num", "waiting_num", "public_key")
POSTS = ("assign_queue_num", "generate_token")
IDS = {"event_id": "Sample", "request_id": REQUEST_ID}


def caller(secrets_dir: Path, **changes: object) -> TestClient:
    """Return a foreign page's browser, calling a gateway that offers the API."""
    create_rsa_key(secrets_dir)
    needed = {"vwr_event_id": "Sample", "vwr_issuer": ISSUER}
    parts = assemble(make_settings(secrets_dir, **(needed | changes)), clock=lambda: NOW)
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://shop.example"}
    return TestClient(create_app(parts), headers=headers)


@pytest.mark.parametrize("path", [*GETS, *POSTS, "", "nothing"])
def test_every_path_is_unknown_while_the_api_is_switched_off(client: TestClient, path: str) -> None:
    foreign = TestClient(client.app)
    for method in ("GET", "POST", "OPTIONS"):
        answer = foreign.request(method, f"/vwr/{path}", params=IDS)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["queue_num", "queue_pos_expiry"])
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"event_id": "Sample"},
        {"request_id": REQUEST_ID},
        IDS | {"event_id": "other"},
        IDS | {"request_id": "1"},
        IDS | {"request_id": REQUEST_ID.upper()},
    ],
)
def test_query_with_a_wrong_event_or_request_is_refused_as_in_the_original(
    secrets_dir: Path, path: str, query: dict[str, str]
) -> None:
    answer = caller(secrets_dir).get(f"/vwr/{path}", params=query)
    assert answer.status_code == 400
    assert answer.json() == {"error": "Invalid event or request ID"}


@pytest.mark.parametrize("path", ["serving_num", "waiting_num"])
@pytest.mark.parametrize("query", [{}, {"event_id": ""}, {"event_id": "other"}])
def test_counter_of_another_event_is_refused_as_in_the_original(
    secrets_dir: Path, path: str, query: dict[str, str]
) -> None:
    answer = caller(secrets_dir).get(f"/vwr/{path}", params=query)
    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid event ID"})


def test_public_key_of_no_event_is_not_found_and_of_another_is_refused(secrets_dir: Path) -> None:
    foreign = caller(secrets_dir)
    statuses = [
        foreign.get("/vwr/public_key", params=query).status_code
        for query in ({}, {"event_id": "other"}, {"event_id": "Sample"})
    ]
    assert statuses == [404, 400, 200]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'"Sample"', b"{}", b'{"event_id": 7}', b'{"event_id": "other"}']
)
def test_body_that_names_no_event_of_ours_is_refused(secrets_dir: Path, content: bytes) -> None:
    foreign = caller(secrets_dir)
    answer = foreign.post("/vwr/assign_queue_num", content=content)
    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid event ID"})
    answer = foreign.post("/vwr/generate_token", content=content)
    assert answer.status_code == 400
    assert answer.json() == {"error": "Invalid event or request ID"}


@pytest.mark.parametrize("request_id", [None, 7, "", "1", {"a": 1}, REQUEST_ID.upper()])
def test_token_is_refused_for_what_is_no_request_id(secrets_dir: Path, request_id: object) -> None:
    body = {"event_id": "Sample", "request_id": request_id}
    answer = caller(secrets_dir).post("/vwr/generate_token", json=body)
    assert answer.status_code == 400
    assert answer.json() == {"error": "Invalid event or request ID"}


def test_body_beyond_the_limit_is_refused_in_json(secrets_dir: Path) -> None:
    answer = caller(secrets_dir).post("/vwr/assign_queue_num", content=b" " * 65_537)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_nobody_is_given_anything_while_redis_is_away(secrets_dir: Path) -> None:
    foreign = caller(secrets_dir)
    answers = [foreign.get(f"/vwr/{path}", params=IDS) for path in GETS[:-1]]
    answers += [foreign.post(f"/vwr/{path}", json=IDS) for path in POSTS]
    for answer in answers:
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json() == {"message": "Service Unavailable"}


def test_foreign_page_may_call_and_gets_no_cookie(secrets_dir: Path) -> None:
    foreign = caller(secrets_dir)
    answer = foreign.get("/vwr/public_key", params=IDS)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert foreign.post("/vwr/generate_token", json={}).status_code == 400
    assert foreign.post("/api/v1/sign-in", json={}).status_code == 403


@pytest.mark.parametrize("origin", ["*", "https://shop.example", "http://127.0.0.1:8000"])
def test_pages_of_the_origin_that_was_set_may_read_every_answer(
    secrets_dir: Path, origin: str
) -> None:
    foreign = caller(secrets_dir, vwr_allow_origin=origin)
    for path, status in (("public_key", 200), ("queue_num", 400), ("waiting_num", 503)):
        answer = foreign.get(f"/vwr/{path}", params={"event_id": "Sample"})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize(("path", "methods"), [("generate_token", "OPTIONS,POST")])
def test_browser_that_asks_first_is_told_what_may_be_called(
    secrets_dir: Path, path: str, methods: str
) -> None:
    answer = caller(secrets_dir, vwr_allow_origin="*").options(f"/vwr/{path}")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == methods
    assert "Content-Type" in answer.headers["access-control-allow-headers"]


def test_no_foreign_page_may_read_an_answer_unless_it_was_set(secrets_dir: Path) -> None:
    foreign = caller(secrets_dir)
    for answer in (foreign.get("/vwr/public_key", params=IDS), foreign.options("/vwr/queue_num")):
        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_wrong_method_is_told_which_there_are(secrets_dir: Path) -> None:
    answer = caller(secrets_dir).get("/vwr/generate_token")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "OPTIONS, POST"


def test_calls_are_counted_by_call_and_result(secrets_dir: Path) -> None:
    def count() -> float:
        labels = {"call": "queue_num", "result": "invalid"}
        return REGISTRY.get_sample_value("seiriken_vwr_calls_total", labels) or 0.0

    before = count()
    caller(secrets_dir).get("/vwr/queue_num")
    assert count() == before + 1


def test_every_call_and_result_is_a_label_of_its_own() -> None:
    assert metrics.LABEL_VALUES["call"] == {*GETS, *POSTS}
    assert set(RESULTS.values()) <= metrics.LABEL_VALUES["result"]


@pytest.mark.parametrize(
    "changes",
    [
        {"vwr_event_id": "a:b"},
        {"vwr_event_id": "a b"},
        {"vwr_issuer": ""},
        {"vwr_issuer": "city.example"},
        {"vwr_token_validity_s": 59},
        {"vwr_token_validity_s": 86_401},
        {"vwr_waiting_max": 0},
        {"vwr_allow_origin": "shop.example"},
        {"vwr_allow_origin": "https://shop.example/"},
        {"vwr_allow_origin": "https://a.example, https://b.example"},
        {"vwr_allow_origin": "*\r\nX: y"},
    ],
)
def test_settings_out_of_bounds_are_refused(secrets_dir: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        caller(secrets_dir, **changes)
