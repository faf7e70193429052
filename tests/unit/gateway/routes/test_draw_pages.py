"""The draw's routes while Redis and PostgreSQL are away: the rules can be read all the same."""

from __future__ import annotations

from starlette.testclient import TestClient

from waiting_room.draw import RULES


def test_rules_are_served_to_the_byte_the_same_for_everybody(client: TestClient) -> None:
    answer = client.get("/draw-rules.txt")
    assert answer.status_code == 200
    assert answer.content == RULES.encode()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=300"


def test_page_of_a_draw_that_nobody_can_tell_of_now_says_so(client: TestClient) -> None:
    for path in ("/draw", "/draw/spring"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "set-cookie" not in answer.headers


def test_language_of_the_page_can_be_changed(client: TestClient) -> None:
    answer = client.get("/draw?language=en")
    assert (answer.status_code, answer.headers["location"]) == (303, "/draw")
