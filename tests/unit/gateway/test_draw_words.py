"""What the page of the draw shows, before it and after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest

from allocator.model import SITE_TIMEZONE
from gateway.draw_words import DrawShown, draw_shown, is_drawn

OPENS_AT = datetime(2021, 6, 1, 9, 30, tzinfo=SITE_TIMEZONE)
COMMITTED: Mapping[str, object] = {"commitment": "ab" * 32, "rules_url": "/draw-rules.txt"}
REVEALED = {**COMMITTED, "revealed_seed": "cd" * 32, "lobby_count": 12, "beacon": "0815"}


def status(draw: Mapping[str, object]) -> dict[str, object]:
    return {"release_id": "r1", "opens_at": "2021-06-01T09:30:00+09:00", "draw": draw}


def test_before_the_draw_only_the_promise_is_shown() -> None:
    shown = draw_shown(status(COMMITTED), "第1回", current=True)
    assert shown == DrawShown("before", "第1回", opens_at=OPENS_AT, commitment="ab" * 32)


def test_after_the_draw_all_is_shown_that_proves_it() -> None:
    shown = draw_shown(status(REVEALED | {"beacon_source": "宝くじ"}), "", current=False)
    assert shown.status_url == "/queue/r1/status.json"
    assert (shown.stage, shown.revealed_seed, shown.lobby_count) == ("drawn", "cd" * 32, 12)
    assert (shown.beacon, shown.beacon_source, shown.beacon_default) == ("0815", "宝くじ", False)


def test_the_default_is_shown_as_what_it_is_and_not_as_a_source() -> None:
    told = REVEALED | {"beacon_source": "none was given", "beacon_default": True}
    shown = draw_shown(status(told), "", current=True)
    assert (shown.beacon_source, shown.beacon_default) == ("", True)


@pytest.mark.parametrize("mode", ["fifo", "none"])
def test_a_line_without_a_draw_is_told_from_one_with(mode: str) -> None:
    undrawn = status({**COMMITTED, "mode": mode})
    assert draw_shown(undrawn, "", current=True).stage == "undrawn"
    assert not is_drawn(undrawn)
    assert is_drawn(status(COMMITTED))
    assert is_drawn(None)
    assert is_drawn({"release_id": "r1"})
