"""What the line answers: where a person stands, and whether they may come in.

Rule 1: a "no" is a value here, never an exception.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Units: a place is 1-based (place 1 is called first); an index is the 0-based
order of arrival, lobby and later arrivals in one count; moments are unix seconds.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from waiting_room.states import State

Word = Literal["not_open_yet", "lobby", "waiting", "your_turn", "inside", "booked", "closed"]


class Standing(msgspec.Struct, frozen=True):
    """Where a person stands in one release.

    `index` is None without a place in the line; `place` also in the lobby, where
    the order is not drawn yet. `serving` is the greatest place called so far; the phone
    desk calls its own people (`called_by_desk`).
    """

    release_id: str
    campaign_id: str
    state: State
    index: int | None
    place: int | None
    serving: int
    inside: bool
    booked: bool
    called_by_desk: bool = False

    @property
    def word(self) -> Word:
        """Return the one word for it, as the JSON contract says it."""
        if self.booked:
            return "booked"
        if self.state == "closed":
            return "closed"
        if self.inside:
            return "inside"
        if self.state == "scheduled":
            return "not_open_yet"
        if self.state == "lobby":
            return "lobby"
        in_line = self.place is not None and self.place <= self.serving
        called = in_line or self.called_by_desk
        return "your_turn" if called and self.state == "open" else "waiting"


class SignedIn(msgspec.Struct, frozen=True):
    """The person is who they say. `standing` is None when no release was asked about."""

    standing: Standing | None


class NotConfirmed(msgspec.Struct, frozen=True):
    """Unknown ticket, wrong birth date or wrong PIN: the same answer for all."""


class TooManyAttempts(msgspec.Struct, frozen=True):
    """This ticket or this network has failed too often; not checked at all."""

    retry_after_s: int


class ProofNeeded(msgspec.Struct, frozen=True):
    """Not checked without a proof of work: too much has failed (`waiting_room.attempts`)."""


SignInAnswer = SignedIn | NotConfirmed | TooManyAttempts | ProofNeeded


class Session(msgspec.Struct, frozen=True):
    """A live session. `identity` is sealed by the gateway; the room cannot read it.

    `until` is when it ends unless it is used; `ends_at` when it ends in any case.
    """

    person_key: bytes
    release_id: str
    campaign_id: str
    identity: bytes
    kind: Literal["inside", "booked"]
    until: float
    ends_at: float


class Entered(msgspec.Struct, frozen=True):
    """The person is in: inside to book, or as the holder of a booking.

    `returned` says that they had been in before, and came again at the front.
    """

    session: Session
    returned: bool = False


class AtDesk(msgspec.Struct, frozen=True):
    """Somebody who rang the phone desk: called in, or behind so many others of its lane."""

    called: bool
    before: int


class NotYourTurn(msgspec.Struct, frozen=True):
    """Before their turn, or nobody is let in now (`state` says which)."""

    place: int | None
    serving: int
    state: State


class ReleaseClosed(msgspec.Struct, frozen=True):
    """The release is over; nobody enters any more."""


EnterAnswer = Entered | NotYourTurn | ReleaseClosed
