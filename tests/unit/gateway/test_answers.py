"""Programs are answered in JSON and people with pages, each in their language."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/queue/x.json", "/api/v1/me/"])
def test_program_is_told_of_an_unknown_path_in_json(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


def test_person_is_told_of_an_unknown_path_by_a_page(client: TestClient) -> None:
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/queue/status.json", "GET, HEAD"),
        ("OPTIONS", "/api/v1/booking", "DELETE, GET, HEAD, PUT"),
        ("PATCH", "/api/v1/booking", "DELETE, GET, HEAD, PUT"),
        ("GET", "/api/v1/sign-in", "POST"),
        ("TRACE", "/api/v1/me", "GET, HEAD"),
    ],
)
def test_unknown_method_is_told_which_there_are(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert answer.json()["code"] == "method_not_allowed"


def test_head_has_the_status_of_get_and_no_body(client: TestClient) -> None:
    answer = client.head("/healthz")
    assert (answer.status_code, answer.text) == (200, "")


def test_words_are_in_the_callers_language(client: TestClient) -> None:
    english = client.get("/api/v1/me", headers={"Accept-Language": "en-GB"}).json()
    japanese = client.get("/api/v1/me", headers={"Accept-Language": "ja"}).json()
    assert english["code"] == japanese["code"] == "not_signed_in"
    assert english["title"] != japanese["title"]
    client.cookies.set("language", "en")
    assert client.get("/api/v1/me").json()["title"] == english["title"]


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{}", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b"{", "application/json", 422, "invalid_input"),
        (b"[]", "application/json; charset=utf-8", 422, "invalid_input"),
        (b"{}", "application/vnd.seiriken+json", 422, "invalid_input"),
    ],
)
def test_body_that_is_no_json_object_is_refused(
    client: TestClient, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = client.post("/api/v1/sign-in", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_faults_are_told_at_their_fields_without_repeating_what_was_sent(
    client: TestClient,
) -> None:
    body = {"ticket_number": "98765", "birth_date": "31.12.1950", "secret-name": "x"}
    answer = client.post("/api/v1/sign-in", json=body, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    found = {(error["field"], error["code"]) for error in answer.json()["errors"]}
    assert found == {
        ("body", "unknown_field"),
        ("ticket_number", "wrong_length"),
        ("birth_date", "not_a_date"),
    }
    for typed in ("98765", "31.12.1950", "secret-name"):
        assert typed not in answer.text


def test_nothing_is_let_through_while_redis_is_away(client: TestClient) -> None:
    body = {"ticket_number": "1234567890", "birth_date": "1950-01-02"}
    answer = client.post("/api/v1/sign-in", json=body)
    assert answer.status_code == 503
    assert answer.json()["code"] == "not_ready"


def test_readiness_and_metrics_are_not_on_the_public_port(client: TestClient) -> None:
    assert [client.get(path).status_code for path in ("/readyz", "/metrics")] == [404, 404]
    assert client.get("/healthz").json() == {"alive": True}


def test_receipt_key_is_public(client: TestClient) -> None:
    answer = client.get("/api/v1/receipt-key")
    assert answer.json()["algorithm"] == "Ed25519"
    assert len(answer.json()["public_key"]) == 43


def test_static_file_with_a_digest_is_kept_for_ever(client: TestClient) -> None:
    kept = client.get("/static/seiriken.css?v=1").headers["cache-control"]
    assert kept == "public, max-age=31536000, immutable"
    assert client.get("/static/seiriken.css").headers["cache-control"] == "public, max-age=300"


def test_static_file_is_compressed_for_whoever_understands_it(client: TestClient) -> None:
    plain = client.get("/static/seiriken.css?v=1", headers={"Accept-Encoding": "identity"})
    packed = client.get("/static/seiriken.css?v=1", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) * 2 < len(plain.content)
    for answer in (plain, packed):
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].startswith("text/css")


def test_static_file_that_has_not_changed_is_not_sent_again(client: TestClient) -> None:
    packed = client.get("/static/seiriken.css", headers={"Accept-Encoding": "gzip"})
    known = {"If-None-Match": packed.headers["etag"], "Accept-Encoding": "gzip"}
    answer = client.get("/static/seiriken.css", headers=known)
    assert (answer.status_code, answer.content) == (304, b"")


def test_small_static_file_is_sent_as_it_is(client: TestClient) -> None:
    answer = client.get("/static/mark.svg", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/static/nothing.css", "/static/../app.py", "/static/"])
def test_static_folder_gives_nothing_else(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
