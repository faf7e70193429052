"""The load test's own client for files and the public document, against a real server."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import pytest

from loadtests.plain_http import NoAnswer, PlainConnection

Talk: TypeAlias = "Callable[[socket.socket, bytes], None]"
"""What a server does with one request on a connection."""

WORDS = b'{"state":"open"}'
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(WORDS), WORDS)


@contextmanager
def server(talk: Talk) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one connection after another; return the address, and what was asked of it.

    Each connection is noted as an empty request.
    """
    asked: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            asked.append(b"")
            with connection:
                while request := connection.recv(4_096):
                    asked.append(request)
                    talk(connection, request)
                    if connection.fileno() < 0:
                        break

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def client(url: str, timeout_s: float = 60.0) -> PlainConnection:
    return PlainConnection(url, {"Accept-Language": "ja"}, timeout_s)


def test_kept_connection_is_used_again() -> None:
    with server(lambda connection, _: connection.sendall(PLAIN)) as (url, asked):
        asking = client(url)
        answers = [asking.ask("GET", "/one"), asking.ask("GET", "/two")]
        asking.close()
    assert [(answer.status, answer.content()) for answer in answers] == [(200, WORDS)] * 2
    assert [request.split()[1] for request in asked if request] == [b"/one", b"/two"]
    assert asked.count(b"") == 1
    assert f"Host: {url.removeprefix('http://')}\r\n".encode() in asked[1]


def test_connection_that_the_server_closed_meanwhile_is_opened_again() -> None:
    def answer_and_close(connection: socket.socket, _: bytes) -> None:
        connection.sendall(PLAIN)
        connection.close()

    with server(answer_and_close) as (url, asked):
        asking = client(url)
        assert [asking.ask("GET", "/").content() for _ in range(3)] == [WORDS] * 3
        asking.close()
    assert asked.count(b"") >= 3


def test_body_in_pieces_and_compressed_is_put_together() -> None:
    packed = gzip.compress(WORDS)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"

    def in_pieces(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        for part in (packed[:9], packed[9:], b""):
            connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))

    with server(in_pieces) as (url, _):
        asking = client(url)
        answer = asking.ask("GET", "/")
        asking.close()
    assert (answer.body, answer.content()) == (packed, WORDS)


def test_another_status_is_an_answer() -> None:
    said = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with server(lambda connection, _: connection.sendall(said)) as (url, _):
        assert client(url).ask("GET", "/").status == 503


@pytest.mark.parametrize("said", [b"", b"no http at all\r\n\r\n"])
def test_no_answer_is_said_to_be_none(said: bytes) -> None:
    def cut(connection: socket.socket, _: bytes) -> None:
        connection.sendall(said)
        connection.close()

    with server(cut) as (url, _), pytest.raises(NoAnswer):
        client(url).ask("GET", "/")


def test_server_that_is_away_or_silent_is_no_answer() -> None:
    with server(lambda *_: None) as (url, _), pytest.raises(NoAnswer):
        client(url, timeout_s=0.05).ask("GET", "/")
    with pytest.raises(NoAnswer):
        client(url).ask("GET", "/")
