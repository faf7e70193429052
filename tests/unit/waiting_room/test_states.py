"""The table of states: every row, and no move that is not in the diagram."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waiting_room.states import (
    MOVES,
    TABLE,
    ByHand,
    Phase,
    State,
    diagram,
    during_downtime,
    phase_of,
    state_of,
)

DOCUMENT = Path(__file__).parents[3] / "ARCHITECTURE.md"
LOBBY_AT = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
OPENS_AT = LOBBY_AT + timedelta(minutes=30)
CLOSES_AT = OPENS_AT + timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "phase"),
    [
        (LOBBY_AT - timedelta(seconds=1), "before_lobby"),
        (LOBBY_AT, "before_opening"),
        (OPENS_AT - timedelta(microseconds=1), "before_opening"),
        (OPENS_AT, "running"),
        (CLOSES_AT - timedelta(microseconds=1), "running"),
        (CLOSES_AT, "over"),
    ],
)
def test_a_limit_belongs_to_what_begins_with_it(moment: datetime, phase: Phase) -> None:
    assert phase_of(moment, LOBBY_AT, OPENS_AT, CLOSES_AT) == phase


def test_without_a_lobby_a_release_goes_from_scheduled_to_open() -> None:
    assert phase_of(OPENS_AT, OPENS_AT, OPENS_AT, CLOSES_AT) == "running"


def test_downtime_pauses_what_would_run_and_opens_nothing_that_was_closed() -> None:
    orders: list[ByHand] = ["none", "paused", "closed"]
    assert [during_downtime(order) for order in orders] == ["paused", "paused", "closed"]


def test_the_table_has_a_row_for_every_phase_and_order() -> None:
    assert set(TABLE) == {(p, h) for p in get_args(Phase) for h in get_args(ByHand)}


@pytest.mark.parametrize(
    ("phase", "by_hand", "state"),
    [
        ("before_lobby", "none", "scheduled"),
        ("before_opening", "none", "lobby"),
        ("before_opening", "paused", "lobby"),
        ("running", "none", "open"),
        ("running", "paused", "paused"),
        ("running", "closed", "closed"),
        ("before_lobby", "closed", "closed"),
        ("over", "none", "closed"),
        ("over", "paused", "closed"),
    ],
)
def test_clock_and_operator_give_the_state(phase: Phase, by_hand: ByHand, state: State) -> None:
    assert state_of(phase, by_hand, opened=False) == state


@pytest.mark.parametrize("phase", ["before_lobby", "before_opening"])
def test_a_lobby_that_was_drawn_never_comes_back(phase: Phase) -> None:
    assert state_of(phase, "none", opened=True) == "paused"


def test_nobody_is_let_into_a_release_that_is_over() -> None:
    for by_hand in get_args(ByHand):
        assert state_of("over", by_hand, opened=True) == "closed"


@given(
    st.lists(st.tuples(st.integers(-7_200, 90_000), st.sampled_from(get_args(ByHand))), min_size=2)
)
def test_every_move_while_the_clock_runs_is_in_the_diagram(
    steps: list[tuple[int, ByHand]],
) -> None:
    """An operator may order anything at any time; the clock only goes forward."""
    opened = False
    states: list[State] = []
    for offset_s, by_hand in sorted(steps, key=lambda s: s[0]):
        moment = OPENS_AT + timedelta(seconds=offset_s)
        state = state_of(phase_of(moment, LOBBY_AT, OPENS_AT, CLOSES_AT), by_hand, opened=opened)
        opened = opened or state in ("open", "paused")
        states.append(state)
    for before, after in pairwise(states):
        assert before == after or after in MOVES[before]


def test_diagram_in_the_documents_is_made_from_the_table() -> None:
    """To write it anew: `WRITE_DIAGRAM=1 pytest tests/unit/waiting_room/test_states.py`."""
    text = DOCUMENT.read_text("utf-8")
    before, rest = text.split("```mermaid\n", 1)
    _, behind = rest.split("\n```", 1)
    made = f"{before}```mermaid\n{diagram()}\n```{behind}"
    if os.environ.get("WRITE_DIAGRAM"):
        DOCUMENT.write_text(made, "utf-8")
    assert DOCUMENT.read_text("utf-8") == made
