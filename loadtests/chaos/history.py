"""What one client did and was told, and what the tables say: the checker's two inputs.

Times in seconds on one clock, that of the load. A status of 0 means that no answer came.
Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Act = Literal["sign_in", "enter", "status", "book", "change", "cancel", "outcome", "reuse"]
"""What a client does. `reuse` sends a known request id with other content."""

LOST = 0
REFUSED = 409


@dataclass(frozen=True)
class Answer:
    """What a request came to: a booking, a cancellation, or a refusal with its code.

    Of a cancellation residents are told the state alone, so that nothing else counts.
    """

    state: str
    booking_number: str = ""
    dose1_slot: str = ""
    dose2_slot: str = ""

    @classmethod
    def of(cls, state: str, number: str, dose1_slot: str, dose2_slot: str) -> Answer:
        """Return it with no more than residents are told."""
        if state == "cancelled":
            return cls(state)
        return cls(state, number, dose1_slot, dose2_slot)

    def __str__(self) -> str:
        """Say it in a line."""
        seats = f" in slots {self.dose1_slot} and {self.dose2_slot}" if self.dose1_slot else ""
        number = f" {self.booking_number}" if self.booking_number else ""
        return f"{self.state}{number}{seats}"


@dataclass(frozen=True)
class Call:
    """One call of one client, from its sending to its answer.

    `answer` is there when the request of `request_id` was said to be decided; `code` is the
    problem's code, or the state that a sign-in was told.
    """

    person: int
    act: Act
    begun_at_s: float
    ended_at_s: float
    status: int
    code: str = ""
    request_id: str = ""
    place: int | None = None
    serving: int | None = None
    answer: Answer | None = None


@dataclass(frozen=True)
class Decision:
    """An entry of the journal. `person` names somebody only inside the tables."""

    sequence: int
    epoch: int
    request_id: str
    person: str
    answer: Answer
    booking_number: str = ""


@dataclass(frozen=True)
class Booking:
    """A row of the booking table. Days are counted from any one day; `None`: no such dose."""

    number: str
    person: str
    state: str
    dose1_slot: str
    dose2_slot: str
    dose1_day: int | None
    dose2_day: int | None
    interval_days_min: int
    interval_days_max: int


@dataclass(frozen=True)
class Seats:
    """The seats of one slot and dose."""

    slot: str
    dose: int
    capacity: int
    taken: int


@dataclass(frozen=True)
class Leading:
    """Who held the lease at a moment, as the lease's own row says."""

    at_s: float
    epoch: int
    holder: str


@dataclass(frozen=True)
class Tables:
    """All that is stored when everything is over."""

    decisions: Sequence[Decision]
    bookings: Sequence[Booking]
    seats: Sequence[Seats]


@dataclass(frozen=True)
class Told:
    """All that the clients noted, and what is known of the run itself.

    `wipes` are the spans in which Redis lost everything: from the deed until it answered
    again. `drained_s` is how long after the last fault all queues were empty; None: never.
    """

    calls: Sequence[Call]
    opened_at_s: float
    wipes: Sequence[tuple[float, float]] = ()
    leaders: Sequence[Leading] = ()
    drained_s: float | None = None
