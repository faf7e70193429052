"""A gateway that is set up wrongly does not start."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.unit.gateway.factories import make_settings


def test_city_is_named_in_the_readers_language(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    assert [settings.city_name("ja"), settings.city_name("en")] == ["印西市", "Inzai City"]


@pytest.mark.parametrize(
    "changes",
    [
        {"port": None},
        {"public_socket_fd": 0},
        {"session_idle_s": 3_601},
        {"gateway_id": "a b"},
        {"municipality_code": "12"},
        {"reply_wait_s": 0},
        {"redis_timeout_s": 1},
    ],
)
def test_contradictory_settings_are_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        make_settings(tmp_path, **changes)
