"""Where one order of the staff is prepared, asked about, given and reported.

An order that was answered before (`--request-id`) is not prepared again, since what it
would concern now may differ: its answer is shown.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID, uuid4

import typer

from seiriken.desk_errands import Errand, carry_out, outcome_document, outcome_lines, refusal_words
from seiriken.errors import CommandError
from seiriken.output import print_json, print_lines
from seiriken.progress import Steps
from seiriken.target import Target, find_target

if TYPE_CHECKING:
    from allocator.commands import Command
    from allocator.desk import Desk
    from allocator.model import Catalogue, Release, Slot
    from allocator.sealing import Contact

ACCOUNT_LENGTH_MAX = 64

Found = TypeVar("Found")
Made = TypeVar("Made", bound="Command")


@dataclass(frozen=True)
class Order:
    """An order that can be given: about whom, and what is asked before it is."""

    person_key: bytes
    command: Command
    question: str
    contact: Contact | None = None


@dataclass
class Counter:
    """One command's way from its options to its answer."""

    target: Target
    request_id: UUID | None
    yes: bool
    as_json: bool
    steps: Steps = field(default_factory=Steps)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Return what is on offer. Raises `StoreAway`."""
        from allocator.release_store import read_catalogue

        return read_catalogue(self.target.database_url)

    def look_up(self, ask: Callable[[Desk], Found]) -> Found:
        """Ask the tables something. Raises `StoreAway`."""
        from allocator.desk import open_desk

        with open_desk(self.target.database_url) as desk:
            return ask(desk)

    def give(self, prepare: Callable[[], Order], done: str, *, displaces: bool = True) -> None:
        """Give an order once, and say what came of it; `done` is said where it was carried out.

        Of an order that was given before (--request-id) the answer of then is shown.

        Raises:
            Exit: it was refused, or not confirmed.
            CommandError: it cannot be given, or has no answer yet.
        """
        from allocator.model import Refusal

        request_id = self.request_id or uuid4()
        earlier = None
        if self.request_id is not None:
            earlier = self.look_up(lambda desk: desk.answer_to(request_id))
        if earlier is not None:
            outcome = earlier.outcome
        else:
            order = prepare()
            self._confirm(order.question)
            errand = Errand(request_id, order.person_key, order.command, order.contact)
            outcome = carry_out(self.target, errand, self.steps)
        refused = isinstance(outcome, Refusal)
        if self.as_json:
            print_json({"request_id": str(request_id)} | outcome_document(outcome))
        elif isinstance(outcome, Refusal):
            print_lines([f"not done: {refusal_words(outcome)}"])
        else:
            said = done if earlier is None else f"request {request_id} was carried out before"
            print_lines([said, *(outcome_lines(outcome) if displaces else ())])
        if refused:
            raise typer.Exit(1)

    def release(self, asked: str | None) -> Release:
        """Return the release that was named, or the only one."""
        from seiriken.release_commands import chosen_release

        releases = self.catalogue.releases
        return releases[chosen_release(releases, asked)]

    def slots(self, slot_ids: Sequence[int]) -> list[Slot]:
        """Return slots by their ids, which must be of one release."""
        known = self.catalogue.slots
        if missing := [str(slot_id) for slot_id in slot_ids if slot_id not in known]:
            raise CommandError(f"there is no slot {', '.join(missing)}")
        found = [known[slot_id] for slot_id in sorted(set(slot_ids))]
        if len({slot.release_id for slot in found}) > 1:
            raise CommandError("these slots are of several releases: give one order for each")
        return found

    def slots_of_day(
        self, release: str | None, venue_id: str, day: date, begin: time | None, end: time | None
    ) -> list[Slot]:
        """Return the slots of a place and day that begin in a part of it; of today, what is left.

        Raises:
            CommandError: there is none.
        """
        from allocator.model import SITE_TIMEZONE

        release_id = self.release(release).release_id
        now = datetime.now(SITE_TIMEZONE)
        found = [
            slot
            for slot in self.catalogue.slots.values()
            if (slot.release_id, slot.venue_id, slot.day) == (release_id, venue_id, day)
            and (begin or time.min) <= slot.starts_at.time() < (end or time.max)
            and (begin is not None or slot.ends_at > now)
        ]
        if not found:
            raise CommandError(f"{release_id} has no such slots at {venue_id} on {day}")
        return sorted(found, key=lambda slot: (slot.starts_at, slot.slot_id))

    def _confirm(self, question: str) -> None:
        if not self.yes and not typer.confirm(question, err=True):
            self.steps.say("nothing was ordered")
            raise typer.Exit(1)


def counter_for(home: Path | None, request_id: UUID | None, *, yes: bool, as_json: bool) -> Counter:
    """Find the system and open a counter there."""
    return Counter(find_target(home), request_id, yes, as_json)


def built(make: Callable[[], Made]) -> Made:
    """Build a command; what is out of its bounds is the operator's mistake."""
    from allocator.model import SEATS_ADDED_MAX, SLOTS_EDITED_MAX

    try:
        return make()
    except ValueError as error:
        said = str(error).replace("SEATS_ADDED_MAX", f"{SEATS_ADDED_MAX:,}")
        raise CommandError(said.replace("SLOTS_EDITED_MAX", f"{SLOTS_EDITED_MAX:,}")) from None


def account(by: str | None) -> str:
    """Return who orders: the name given, else that of the account."""
    name = (getpass.getuser() if by is None else by).strip()
    if not name or len(name) > ACCOUNT_LENGTH_MAX or not name.isprintable():
        raise CommandError(f"--by is a name of at most {ACCOUNT_LENGTH_MAX} characters")
    return name


def span_words(slots: Sequence[Slot]) -> str:
    """Say where and when slots are: a place and a time, or the first and the last."""
    first = min(slots, key=lambda slot: slot.starts_at)
    last = max(slots, key=lambda slot: slot.ends_at)
    venues = ", ".join(sorted({slot.venue_id for slot in slots}))
    end = f"{last.ends_at:%H:%M}" if first.day == last.day else f"{last.ends_at:%Y-%m-%d %H:%M}"
    return f"{venues}, {first.starts_at:%Y-%m-%d %H:%M} to {end}"
