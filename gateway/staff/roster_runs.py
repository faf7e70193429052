"""Files about people that somebody sent in: read and compared, then stored or set aside.

Rule 1: a file is in this process's memory alone, until it is stored, set aside or forgotten:
never on a disk, in Redis or in a log.
Rule 2: nothing is stored before somebody saw what it comes to. What is stored and ordered then is
what `seiriken roster import` and `change` do; only the allocator ends or moves a booking.
Rule 3: a process that stops forgets its files. The same file again goes on where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Literal, NamedTuple
from uuid import uuid4

from redis import Redis
from starlette.concurrency import run_in_threadpool

from allocator.errors import InboxAway, InboxFull, StoreAway
from allocator.inbox import Inbox
from allocator.leaving_desk import Ending, Endings, Ordering, endings_of
from allocator.model import SITE_TIMEZONE, Refusal
from allocator.roster import Imported, difference_of, import_people, read_keys
from allocator.roster_changes import Marked, mark_changes
from allocator.roster_changes_file import read_changes_file
from allocator.roster_file import read_roster_file
from allocator.roster_lines import LineFault, columns_of
from gateway.staff.signing_out import PUBLISHED_WAIT_S, sign_out
from monitoring.logs import get_logger
from waiting_room.errors import RoomAway

KEPT_MAX = 4
"""Files that are kept, as bytes: read again when they are stored, since people as objects take
fifteen times as much memory."""

TICKETS_KEPT_MAX = 20
"""Masked tickets of each kind that are kept to be shown."""

KEPT_S = 1_800
ROUNDS_MAX = 5
ORDERS_AT_ONCE = 200
_REDIS_TIMEOUT_S = 30.0

Kind = Literal["people", "changes"]
KINDS: tuple[Kind, ...] = ("people", "changes")
State = Literal["reading", "wrong", "ready", "storing", "done", "unfinished", "failed"]
STATES: tuple[State, ...] = (
    *("reading", "wrong", "ready", "storing"),
    *("done", "unfinished", "failed"),
)
BUSY: tuple[State, ...] = ("reading", "storing")

_AWAY = (StoreAway, InboxAway, InboxFull, RoomAway)

log = get_logger()


class Some(NamedTuple):
    """How many tickets, and the first of them, masked."""

    people: int
    tickets: Sequence[str]


class Differing(NamedTuple):
    """What an import would do, as `allocator.roster.Difference` has it, in people."""

    people: int
    unchanged: int
    new: Some
    changed: Some
    gone: Some
    left: Some


@dataclass
class RosterRun:
    """One file on its way: `by` sent it in, `ordered_by` had it stored.

    `done` of `total` lines are through with what is under way.
    `foreseen` is what bookings would come to, `carried_out` what they came to so far.
    """

    run_id: str
    kind: Kind
    by: str
    state: State = "reading"
    total: int = 0
    done: int = 0
    ordered_by: str = ""
    end_old: bool = False
    raw: bytes = b""
    lines: int = 0
    faults: Sequence[LineFault] = ()
    difference: Differing | None = None
    imported: Imported | None = None
    marked: Marked | None = None
    foreseen: Endings = field(default_factory=Endings)
    carried_out: Endings = field(default_factory=Endings)
    sessions: int = 0

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return f"RosterRun({self.kind}, {self.state})"

    @property
    def may_be_stored(self) -> bool:
        """Say whether it may be stored now, for the first time or once more."""
        return self.state in ("ready", "unfinished")

    def begins(self, total: int) -> None:
        """Count from nothing up to `total`."""
        self.total, self.done = total, 0

    def advance(self, lines: int) -> None:
        """Count lines that are through."""
        self.done += lines


class RosterRuns:
    """The files of one process, the newest last."""

    def __init__(self, database_url: str, redis_url: str, secrets_dir: Path, inbox: Inbox) -> None:
        self._database_url, self._redis_url = database_url, redis_url
        self._keys, self._inbox = read_keys(secrets_dir), inbox
        self.published_wait_s = PUBLISHED_WAIT_S
        self._runs: dict[str, RosterRun] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Begin with none."""

    async def close(self) -> None:
        """Leave off between two steps; what was handed in is decided all the same."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._runs.clear()

    def find(self, run_id: str) -> RosterRun | None:
        """Return a file that is still known."""
        return self._runs.get(run_id)

    @property
    def runs(self) -> list[RosterRun]:
        """Return all that are known, the newest first."""
        return list(reversed(self._runs.values()))

    def begin(self, raw: bytes, by: str) -> RosterRun | None:
        """Begin to read a file; None while so many are under way that none can be let go."""
        idle = [name for name, run in self._runs.items() if run.state not in BUSY]
        if len(self._runs) >= KEPT_MAX and not idle:
            return None
        if len(self._runs) >= KEPT_MAX:
            del self._runs[idle[0]]
        kind: Kind = "changes" if "change" in columns_of(raw) else "people"
        run = RosterRun(token_hex(16), kind, by, raw=raw)
        self._runs[run.run_id] = run
        asyncio.get_running_loop().call_later(KEPT_S, self._forget, run.run_id)
        self._go(run, partial(self._compare, run))
        return run

    def store(self, run: RosterRun, ordered_by: str, *, end_old: bool) -> None:
        """Store a file that may be stored; another that is under way is waited for."""
        run.state, run.ordered_by, run.end_old = "storing", ordered_by, end_old
        run.begins(0)
        self._go(run, partial(self._import if run.kind == "people" else self._change, run))

    def set_aside(self, run: RosterRun) -> None:
        """Forget a file that is not under way."""
        if run.state not in BUSY:
            self._runs.pop(run.run_id, None)

    def _forget(self, run_id: str) -> None:
        run = self._runs.get(run_id)
        if run is not None and run.state in BUSY:
            asyncio.get_running_loop().call_later(KEPT_S, self._forget, run_id)
        else:
            self._runs.pop(run_id, None)

    def _go(self, run: RosterRun, work: Callable[[], Awaitable[State]]) -> None:
        task = asyncio.create_task(self._in_turn(run, work))
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, run))

    async def _in_turn(self, run: RosterRun, work: Callable[[], Awaitable[State]]) -> None:
        """Work at one file at a time."""
        async with self._turn:
            run.state = await work()

    def _ended(self, run: RosterRun, task: asyncio.Task[None]) -> None:
        """Note how it ended. An error's text could repeat a row: only its kind is told."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if run.state in BUSY:
            run.state = "failed" if run.state == "reading" else "unfinished"
        if error is not None and not isinstance(error, _AWAY):
            log.error("roster_file_failed", kind=run.kind, error=type(error).__name__)
        if run.state in ("done", "wrong", "failed"):
            run.raw = b""

    async def _compare(self, run: RosterRun) -> State:
        compare = self._compare_people if run.kind == "people" else self._compare_changes
        return await run_in_threadpool(compare, run)

    def _compare_people(self, run: RosterRun) -> State:
        read = read_roster_file(run.raw, _now().date())
        run.faults, run.lines = read.faults, len(read.people)
        if read.faults:
            return "wrong"
        run.begins(run.lines)
        found = difference_of(self._database_url, self._keys, read.people, run.advance)
        run.difference = Differing(
            *(found.people, found.unchanged),
            *(_some(one) for one in (found.new, found.changed, found.gone, found.left)),
        )
        return "ready"

    def _compare_changes(self, run: RosterRun) -> State:
        run.marked = self._mark(run, dry_run=True)
        run.faults = run.marked.faults
        if run.faults:
            return "wrong"
        run.foreseen = self._endings(run, run.marked)
        return "ready"

    def _mark(self, run: RosterRun, *, dry_run: bool) -> Marked:
        read = read_changes_file(run.raw)
        run.lines = len(read.changes)
        run.begins(run.lines)
        if read.faults:
            return Marked(faults=read.faults)
        return mark_changes(self._database_url, self._keys, read.changes, dry_run=dry_run)

    def _endings(self, run: RosterRun, marked: Marked) -> Endings:
        ordering = Ordering(marked.concerned, run.ordered_by or run.by, run.end_old)
        return endings_of(self._database_url, ordering, _now())

    async def _import(self, run: RosterRun) -> State:
        run.imported = await run_in_threadpool(self._import_people, run)
        return "done"

    def _import_people(self, run: RosterRun) -> Imported:
        people = read_roster_file(run.raw, _now().date()).people
        run.begins(len(people))
        return import_people(self._database_url, self._keys, people, run.advance)

    async def _change(self, run: RosterRun) -> State:
        marked = await run_in_threadpool(self._mark, run, dry_run=False)
        run.faults = marked.faults
        if run.faults:
            return "wrong"
        ended = await run_in_threadpool(self._sign_out, marked)
        if ended is None:
            return "unfinished"
        run.sessions += ended
        return await self._order(run, marked)

    def _sign_out(self, marked: Marked) -> int | None:
        with Redis.from_url(self._redis_url, socket_timeout=_REDIS_TIMEOUT_S) as redis:
            return sign_out(redis, marked.concerned, self.published_wait_s)

    async def _order(self, run: RosterRun, marked: Marked) -> State:
        """Give orders until a look at the tables finds nothing to order."""
        for _ in range(ROUNDS_MAX):
            left = await run_in_threadpool(self._endings, run, marked)
            run.carried_out.conflicts = left.conflicts
            if not left.orders:
                return "done"
            run.begins(len(left.orders))
            for start in range(0, len(left.orders), ORDERS_AT_ONCE):
                some = left.orders[start : start + ORDERS_AT_ONCE]
                run.carried_out.orders += await self._given(some)
                run.advance(len(some))
        return "unfinished"

    async def _given(self, orders: Sequence[Ending]) -> list[Ending]:
        """Hand orders in, and return those that were carried out."""
        outcomes = await asyncio.gather(
            *(self._inbox.order(uuid4(), one.person_key, one.command) for one in orders)
        )
        answered = zip(orders, outcomes, strict=True)
        return [one for one, said in answered if said and not isinstance(said, Refusal)]


def _some(tickets: Sequence[str]) -> Some:
    return Some(len(tickets), tickets[:TICKETS_KEPT_MAX])


def _now() -> datetime:
    return datetime.now(SITE_TIMEZONE)
