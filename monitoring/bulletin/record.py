"""The record of incidents and planned downtime: one file, changed by one writer at a time.

It needs neither PostgreSQL nor Redis: it is there to say that one of them is away.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from monitoring.bulletin.incidents import Incident, NotPossible
from monitoring.bulletin.maintenance import Plan

Answer = TypeVar("Answer")


class Record(msgspec.Struct, frozen=True):
    """All incidents and plans, oldest first."""

    incidents: tuple[Incident, ...] = ()
    plans: tuple[Plan, ...] = ()

    def incident(self, incident_id: str) -> Incident:
        """Return an incident. Raises `NotPossible` if there is none of that id."""
        found = next((one for one in self.incidents if one.incident_id == incident_id), None)
        if found is None:
            raise NotPossible(f"no incident {incident_id}")
        return found

    def plan(self, plan_id: str) -> Plan:
        """Return a plan. Raises `NotPossible` if there is none of that id."""
        found = next((one for one in self.plans if one.plan_id == plan_id), None)
        if found is None:
            raise NotPossible(f"no plan {plan_id}")
        return found

    def with_incident(self, incident: Incident) -> Record:
        """Return the record with an incident that is new, or in place of what it was."""
        others = [one for one in self.incidents if one.incident_id != incident.incident_id]
        return msgspec.structs.replace(self, incidents=_by_id([*others, incident], _incident_id))

    def with_plan(self, plan: Plan) -> Record:
        """Return the record with a plan that is new, or in place of what it was."""
        others = [one for one in self.plans if one.plan_id != plan.plan_id]
        return msgspec.structs.replace(self, plans=_by_id([*others, plan], lambda one: one.plan_id))


class RecordFile:
    """Where the record is kept: `record.json` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "record.json"

    def read(self) -> Record:
        """Return the record; an empty one if nothing was ever recorded.

        Raises:
            msgspec.DecodeError: the file was changed by something else.
        """
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Record)
        except FileNotFoundError:
            return Record()

    def change(self, make: Callable[[Record], tuple[Record, Answer]]) -> Answer:
        """Replace the record by what `make` makes of it; return what else it gives.

        What `make` raises leaves the record as it was. Others wait meanwhile.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._path.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            changed, answer = make(self.read())
            write_whole(self._path, msgspec.json.format(msgspec.json.encode(changed), indent=1))
        return answer


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file in one step, so that nobody ever reads half of it, and sync it.

    The mode is what it is to be, whatever the process's umask leaves others.
    """
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


Kept = TypeVar("Kept")


def _incident_id(incident: Incident) -> str:
    return incident.incident_id


def _by_id(kept: list[Kept], name: Callable[[Kept], str]) -> tuple[Kept, ...]:
    """Return things in the order of their ids: a day, and a number that grows within it."""

    def order(one: Kept) -> tuple[str, int]:
        day, _, number = name(one).rpartition("-")
        return day, int(number)

    return tuple(sorted(kept, key=order))
