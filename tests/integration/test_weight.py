"""What the waiting page weighs over the wire, with nothing kept from before.

Counted is every byte of the answers, their heads included, as a browser asks for them: from a
gateway alone, and through the edge.
"""

from __future__ import annotations

import gzip
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.integration.city import City, running_city
from tests.integration.edge import running_edge
from tests.waiting import until

FIRST_VISIT_BYTES_MAX = 60 * 1024
SCRIPT_BYTES_MAX = 15 * 1024
POLL_BYTES_MAX = 1024
ACCEPT = "text/html,application/xhtml+xml,*/*;q=0.8"
LINKED = re.compile(r'<(?:link|script|img)[^>]* (?:href|src)="([^"]+)"')


@pytest.fixture
def city(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[City]:
    """A city in which everybody waits."""
    with running_city(database_url, redis_url, tmp_path) as city:
        city.order("pause")
        visitor = city.resident(0).http
        until(lambda: visitor.get("/queue/status.json").json()["state"] == "paused")
        yield city


def gets(netloc: str, path: str, cookie: str) -> bytes:
    """Ask as a browser does that has kept nothing; return all that comes over the wire."""
    host, _, port = netloc.partition(":")
    asked = (
        f"GET {path} HTTP/1.1\r\nHost: {netloc}\r\nAccept: {ACCEPT}\r\nAccept-Language: ja\r\n"
        f"Accept-Encoding: gzip, deflate, br\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(asked.encode())
        answer = b""
        while more := connection.recv(65_536):
            answer += more
    assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
    return answer


def page_of(answer: bytes) -> str:
    """Return the page in an answer, however it was sent."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        chunks = b""
        while body and (size := int(body.partition(b"\r\n")[0], 16)):
            body = body.partition(b"\r\n")[2]
            chunks, body = chunks + body[:size], body[size + 2 :]
        body = chunks
    return (gzip.decompress(body) if b"content-encoding: gzip" in head.lower() else body).decode()


def first_visit(netloc: str, cookie: str) -> dict[str, bytes]:
    """Return what the waiting page's first visit brings, by its path."""
    page = gets(netloc, "/wait", cookie)
    paths = LINKED.findall(page_of(page))
    assert all(path.startswith("/static/") and "?v=" in path for path in paths)
    return {"/wait": page} | {path: gets(netloc, path, cookie) for path in paths}


def is_light(netloc: str, cookie: str) -> dict[str, bytes]:
    """The first visit and the questions after it are light, and what is kept is kept for ever."""
    answers = first_visit(netloc, cookie)
    scripts = [len(sent) for path, sent in answers.items() if urlsplit(path).path.endswith(".js")]
    assert len(scripts) >= 4
    assert sum(scripts) <= SCRIPT_BYTES_MAX
    poll = gets(netloc, "/queue/spring/status.json", "")
    assert sum(map(len, answers.values())) + len(poll) <= FIRST_VISIT_BYTES_MAX
    assert len(poll) <= POLL_BYTES_MAX
    for path, sent in answers.items():
        head = sent.partition(b"\r\n\r\n")[0].lower()
        kept = b"cache-control: public, max-age=31536000, immutable" in head
        assert kept == (path != "/wait"), path
        assert b"cache-control: no-store" in head or kept
    return answers


@pytest.fixture
def cookie(city: City) -> str:
    """What the browser of somebody who waits sends."""
    resident = city.resident(1)
    assert resident.sign_in().json()["state"] == "waiting"
    return f"place={resident.http.cookies['place']}"


def test_first_visit_is_light_from_a_gateway_alone(city: City, cookie: str) -> None:
    is_light(urlsplit(city.url).netloc, cookie)


def test_first_visit_is_lighter_through_the_edge(city: City, cookie: str) -> None:
    gateway = urlsplit(city.url).netloc
    with running_edge([gateway], tls=None) as edge:
        answers = is_light(f"127.0.0.1:{edge.http_port}", cookie)
    assert len(answers["/wait"]) * 2 < len(gets(gateway, "/wait", cookie))
