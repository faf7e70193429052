"""What is remembered of a line: there and back, and beyond all numbers after a wipe."""

from __future__ import annotations

import msgspec

from waiting_room.facts import FIELDS, MARGIN_MIN, LineFacts, as_fields, facts_from, rebuilt
from waiting_room.gaps import Gap, people_up_to

OPENED = LineFacts(
    next_index=500,
    lobby_count=300,
    serving=120,
    entered=100,
    booked=80,
    limit=225.5,
    claimed=20,
    gaps=(Gap(400, 50),),
    joined_at_once=40,
    beacon="第1234回 0815",
    beacon_source="宝くじ",
)


def test_facts_go_to_redis_and_come_back() -> None:
    fields = as_fields(OPENED)
    assert fields[::2] == list(FIELDS)
    back = facts_from([value.encode() for value in fields[1::2]])
    assert back == msgspec.structs.replace(OPENED, joined_at_once=0)


def test_an_empty_hash_holds_no_facts() -> None:
    assert facts_from([None] * len(FIELDS)) is None


def test_after_a_wipe_numbers_go_on_beyond_all_that_may_be_held() -> None:
    again = rebuilt(OPENED)
    assert again.next_index == 500 + MARGIN_MIN + 2 * 40
    assert people_up_to(again.next_index, again.gaps) == 450
    assert (again.serving, again.lobby_count) == (120, 300)
    assert (again.beacon, again.beacon_source) == ("第1234回 0815", "宝くじ")


def test_a_wiped_lobby_has_no_gap_for_its_order_is_not_drawn_yet() -> None:
    again = rebuilt(LineFacts(next_index=10))
    assert (again.next_index, again.gaps, again.opened) == (10 + MARGIN_MIN, (), False)


def test_a_wiped_lobby_in_order_of_arrival_has_a_gap_that_nobody_waits_for() -> None:
    again = rebuilt(LineFacts(next_index=10), to_be_drawn=False)
    assert (again.next_index, again.gaps) == (10 + MARGIN_MIN, (Gap(10, MARGIN_MIN),))
