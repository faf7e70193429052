"""The states of a release: one table, from the clock and the operator's last order.

scheduled → lobby → open ⇄ paused → closed

Rule 1: every rule about which state a release is in stands in `TABLE` and `state_of`.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

scheduled: identity can be confirmed, nobody has a place. lobby: people join, the
order is not drawn, nobody enters. open: places are called. paused: people join,
nobody is called or enters, those inside go on. closed: nobody joins or enters.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

State = Literal["scheduled", "lobby", "open", "paused", "closed"]
Phase = Literal["before_lobby", "before_opening", "running", "over"]
ByHand = Literal["none", "paused", "closed"]

TABLE: Final[dict[tuple[Phase, ByHand], State]] = {
    ("before_lobby", "none"): "scheduled",
    ("before_lobby", "paused"): "scheduled",
    ("before_lobby", "closed"): "closed",
    ("before_opening", "none"): "lobby",
    ("before_opening", "paused"): "lobby",
    ("before_opening", "closed"): "closed",
    ("running", "none"): "open",
    ("running", "paused"): "paused",
    ("running", "closed"): "closed",
    ("over", "none"): "closed",
    ("over", "paused"): "closed",
    ("over", "closed"): "closed",
}
"""The clock's phase and the operator's order give the state. Closing by hand can be
taken back until the release is over; what is over stays closed."""

MOVES: Final[dict[State, frozenset[State]]] = {
    "scheduled": frozenset({"lobby", "open", "paused", "closed"}),
    "lobby": frozenset({"open", "paused", "closed"}),
    "open": frozenset({"paused", "closed"}),
    "paused": frozenset({"open", "closed"}),
    "closed": frozenset({"scheduled", "lobby", "open", "paused"}),
}
"""Which states can follow which while the clock runs forward. Nobody who was in an
opened release sees a lobby again. The diagram in the documents is made from this."""


def diagram() -> str:
    """Return the moves as a Mermaid state diagram, for the documents."""
    moves = [f"    {before} --> {after}" for before, to in MOVES.items() for after in sorted(to)]
    return "\n".join(["stateDiagram-v2", "    [*] --> scheduled", *moves])


def phase_of(now: datetime, lobby_at: datetime, opens_at: datetime, closes_at: datetime) -> Phase:
    """Return which part of its life the clock gives a release. The limits belong to what begins."""
    if now >= closes_at:
        return "over"
    if now >= opens_at:
        return "running"
    return "before_opening" if now >= lobby_at else "before_lobby"


def during_downtime(by_hand: ByHand) -> ByHand:
    """Return what planned downtime makes of the operator's order: what would run is paused."""
    return "paused" if by_hand == "none" else by_hand


def state_of(phase: Phase, by_hand: ByHand, *, opened: bool) -> State:
    """Return the state of a release.

    `opened` says that its lobby was drawn already. Then a later opening time cannot
    bring the lobby back (its order is known): the release is paused until that time.
    """
    state = TABLE[phase, by_hand]
    if opened and state in ("scheduled", "lobby"):
        return "paused"
    return state
