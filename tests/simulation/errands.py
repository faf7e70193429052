"""What was asked, by whom, and what they were told: every errand wants one answer in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import msgspec

from allocator.commands import (
    Book,
    BookTogether,
    Command,
    Join,
    Request,
    WalkIn,
    derived_id,
)
from allocator.model import Outcome
from allocator.sealing import content_digest

CONTENT_KEY = bytes(32)


@dataclass
class Errand:
    """One request, handed in as often as it takes. `answers` are all that came back."""

    request: Request
    try_at_s: float = 0.0
    tries: int = 0
    is_given_up: bool = False
    answers: list[Outcome] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Say whether its person still waits."""
        return not self.answers and not self.is_given_up


class Errands:
    """All errands of one history. Ids are drawn from the seed."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.all: list[Errand] = []
        self.by_handle: dict[bytes, Errand] = {}

    def begin(self, person: bytes, command: Command) -> Errand:
        """Somebody wants something new."""
        number = self._rng.getrandbits(128)
        request_id = UUID(int=number, version=4)
        if self.all and self._rng.random() < 0.01:
            request_id = derived_id(self.all[-1].request.request_id, "companion")
        return self._add(request_id, person, command)

    def begin_with_id_of(self, other: Errand, person: bytes, command: Command) -> Errand:
        """Somebody uses an id that was used before."""
        return self._add(other.request.request_id, person, command)

    def _add(self, request_id: UUID, person: bytes, command: Command) -> Errand:
        digest = content_digest(CONTENT_KEY, command)
        sealed = _with_contacts(command, request_id)
        errand = Errand(Request(request_id, digest, person, sealed))
        self.all.append(errand)
        return errand

    def new_handle(self, errand: Errand) -> bytes:
        """Return a handle for one more call."""
        handle = self._rng.randbytes(8).hex().encode()
        self.by_handle[handle] = errand
        return handle

    def open(self) -> list[Errand]:
        """Return whoever still waits."""
        return [errand for errand in self.all if errand.is_open]


def _with_contacts(command: Command, request_id: UUID) -> Command:
    """Put something in place of the sealed contacts."""
    contact = b"sealed" + request_id.bytes[:4]
    if isinstance(command, BookTogether):
        companion = msgspec.structs.replace(command.companion, contact=contact[::-1])
        return msgspec.structs.replace(command, contact=contact, companion=companion)
    if isinstance(command, Book | Join | WalkIn):
        return msgspec.structs.replace(command, contact=contact)
    return command
