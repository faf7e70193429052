from __future__ import annotations

import pytest

from allocator.post import mailbox


@pytest.mark.parametrize(
    ("email", "wanted"),
    [
        ("yuri.7@example.jp", "yuri.7@example.jp"),
        ("a..b@carrier.example", '"a..b"@carrier.example'),
        ("a.@carrier.example", '"a."@carrier.example'),
        (".a@carrier.example", '".a"@carrier.example'),
    ],
)
def test_addresses_of_mobile_carriers_are_quoted(email: str, wanted: str) -> None:
    assert mailbox(email) == wanted
