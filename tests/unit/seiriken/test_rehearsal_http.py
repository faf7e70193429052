from __future__ import annotations

import pytest

from seiriken.rehearsal_http import Origin


@pytest.mark.parametrize(
    ("url", "authority", "is_tls"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080", False),
        ("http://city.example", "city.example", False),
        ("https://city.example/path", "city.example", True),
        ("https://city.example:8443", "city.example:8443", True),
        ("http://[::1]:8080", "[::1]:8080", False),
    ],
)
def test_origin_is_taken_from_a_url(url: str, authority: str, is_tls: bool) -> None:
    origin = Origin.of(url)
    assert origin.authority == authority
    assert (origin.tls is not None) == is_tls


@pytest.mark.parametrize("url", ["", "city.example", "ftp://city.example", "http://"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not an http"):
        Origin.of(url)
