from __future__ import annotations

from starlette.testclient import TestClient

from gateway import receipts
from gateway.parts import Parts


def test_key_is_one_line_of_text_that_may_be_kept(client: TestClient, parts: Parts) -> None:
    answer = client.get("/receipt-key.txt")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.text.endswith("\n")
    assert receipts.read_key(answer.text.strip()) == parts.receipts.public_key


def test_both_ways_to_the_key_give_the_same(client: TestClient) -> None:
    document = client.get("/api/v1/receipt-key").json()
    assert client.get("/receipt-key.txt").text.strip() == document["public_key"]
