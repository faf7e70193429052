"""What every system is asked to do for a resident, whatever its calls are named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Protocol

from loadtests.peers.scene import Person
from loadtests.peers.talking import Answer, TalkFailed

POLLS_S = (0.1, 0.2, 0.4, 0.8)
"""After so long a resident asks again for what is not decided yet; the last one from then on.

Asking more often would load the one that answers late; asking less, only make it seem later.
"""

POLLS_MAX = 150

CONTACT: Mapping[str, str] = {
    "name": "試験 百合",
    "phone": "08098765432",
    "email": "yuri.7@example.jp",
}


@dataclass(frozen=True)
class Told:
    """What a resident was told: the reference of a booking, of the pair in this slot."""

    reference: str
    slot: int


def pauses_s() -> Iterator[float]:
    """Yield how long to wait before each time of asking again.

    Raises:
        TalkFailed: it was asked for a long time, in vain.
    """
    yield from POLLS_S
    yield from repeat(POLLS_S[-1], POLLS_MAX)
    raise TalkFailed(f"asked {POLLS_MAX} times in vain")


class Visit(Protocol):
    """One resident's way through one system."""

    async def sign_in(self, person: Person) -> None:
        """Say who one is, and come in."""

    async def look(self) -> frozenset[int]:
        """Return the numbers of the slots that have a pair left."""

    @property
    def wishes_max(self) -> int:
        """Return how many slots one call may name."""

    async def book(self, slots: Sequence[int]) -> Told | None:
        """Ask for both doses in the first of these that is free; return once it is decided.

        None: in none of them was a pair left.
        """

    async def see(self, told: Told) -> bool:
        """Look at the booking; say whether it is the one that one was told of."""

    def end(self) -> None:
        """Close the connection."""


class Door(Protocol):
    """Where visits to one system begin."""

    def visit(self, answers_s: list[float]) -> Visit:
        """Begin a visit; the time of each answer is added to `answers_s`."""


def expect(answer: Answer, status: int, call: str) -> Any:
    """Return the document of an answer that must have this status.

    Raises:
        TalkFailed: it has another one.
    """
    if answer.status != status:
        raise TalkFailed(f"{call}: {answer.status} {answer.document}"[:300])
    return answer.document
