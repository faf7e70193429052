"""What the writer needs of the world, as shapes: tables, queue, notices, and commits.

The real ones are `store.Store`, `intake.Intake`, `publish.Publisher` and those of
`commits`; a simulation brings its own. Faults: each method may raise `StoreAway` (the
tables) or a `RedisError` (queue and notices); the writer then begins anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from allocator.batch import Batch, JournalHead
from allocator.commands import Request
from allocator.intake import Handed
from allocator.ledger import Decision, Facts, Ledger
from allocator.model import Outcome
from allocator.store import Versions


class Tables(Protocol):
    """The lease, and what is read for deciding."""

    def take_lease(self, holder: str, lease_s: float) -> int | None:
        """Become the writer: return the new epoch, or None while another holds the lease."""

    def keep_lease(self, epoch: int) -> None:
        """Show that this writer lives. Raises `Fenced` once another took over."""

    def check_lease(self, epoch: int) -> None:
        """See whether this writer still leads. Raises `Fenced` if not."""

    def give_up_lease(self, epoch: int) -> None:
        """Let another writer take over at once."""

    def versions(self) -> Versions:
        """Return the versions of catalogue and roster."""

    def load(self) -> tuple[Ledger, JournalHead]:
        """Read what is on offer, what is left of it, and where the journal stands."""

    def facts_of(self, requests: Sequence[Request]) -> Facts:
        """Read what is known of these requests and of who makes them.

        A commit that is under way may be seen or not.
        """


class Queue(Protocol):
    """Requests come from here, and answers go back."""

    def begin(self) -> None:
        """Claim all that other consumers left unacknowledged."""

    def claim_left(self) -> None:
        """Take again what is unacknowledged while nothing is under way."""

    def take(self, wait_s: float) -> list[Handed]:
        """Return what waits, oldest first; wait up to `wait_s` for the first (0: not at all)."""

    def answer(self, answers: Sequence[tuple[Handed, Outcome]]) -> None:
        """Send each its answer, then acknowledge all."""

    def again(self) -> None:
        """Take again what was taken and not answered (after a fault)."""


class Notices(Protocol):
    """What gateways and the waiting room see without asking the tables."""

    def begin(self, ledger: Ledger, epoch: int) -> None:
        """Publish what the writer of this epoch, who has just loaded, knows better."""

    def check(self, ledger: Ledger, versions: Versions) -> None:
        """See whether all is still published; if not, begin again."""

    def publish_catalogue(self, ledger: Ledger) -> None:
        """Publish what is on offer, after it changed."""

    def publish_offer(self, ledger: Ledger, now: datetime) -> None:
        """Publish what is left, if it changed and the last time is long enough ago."""

    def copy_piece(self) -> None:
        """Copy the next piece, if any is left."""

    def work_is_waiting(self) -> bool:
        """Say whether pieces are left to copy."""

    def note(
        self, decisions: Sequence[Decision], facts: Facts, committed_in_s: float, at: datetime
    ) -> None:
        """Tell who holds a booking after a batch, of which `facts` tell the end."""


class Commits(Protocol):
    """Runs the transactions of batches, at most one at a time."""

    def start(self, batch: Batch, epoch: int, decided_at: datetime) -> None:
        """Begin to commit a batch. Nothing may be under way."""

    def finish(self) -> None:
        """Wait until what was started is committed.

        Raises what `Store.write` raises; then nothing is under way either.
        """
