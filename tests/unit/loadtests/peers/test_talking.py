from __future__ import annotations

import pytest

from loadtests.peers.talking import read_head

HEAD = (
    "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nSet-Cookie: session=a=b; Path=/\r\n"
    "SET-COOKIE: place=c\r\nContent-Length: 12\r\n\r\n"
)


def test_head_gives_status_headers_and_cookies() -> None:
    status, headers, cookies = read_head(HEAD)
    assert status == 201
    assert headers == {"content-type": "application/json", "content-length": "12"}
    assert cookies == {"session": "a=b", "place": "c"}


@pytest.mark.parametrize("head", ["", "HTTP/1.1\r\n\r\n", "HTTP/1.1 fine\r\n\r\n"])
def test_what_is_no_head_is_refused(head: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        read_head(head)
