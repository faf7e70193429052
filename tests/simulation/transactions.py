"""The transactions under way: each goes on a step at moments of the seed's choosing.

A transaction whose process died, or whose connection was lost, ends by itself later:
committed if its COMMIT had been sent, rolled back if not. Until then it holds its locks.
"""

from __future__ import annotations

from random import Random

from allocator.errors import StoreAway
from tests.simulation.clock import SimulatedClock
from tests.simulation.history import History
from tests.simulation.tables import Tables, Transaction
from tests.simulation.weather import Weather

GOES_ON = 0.3
"""The chance that a transaction goes on a step at any call of anybody."""

ORPHANS_LINGER = 0.85
"""The chance that one whose connection was lost does not, all the same."""

LOCK_TIMEOUT_S = 1.0


class Transactions:
    """Everything that was sent to one database and has not ended."""

    def __init__(
        self,
        tables: Tables,
        clock: SimulatedClock,
        rng: Random,
        weather: Weather,
        history: History,
    ) -> None:
        self._tables = tables
        self._clock = clock
        self._rng = rng
        self._weather = weather
        self._history = history
        self._under_way: list[Transaction] = []

    @property
    def count(self) -> int:
        """How many have not ended."""
        return len(self._under_way)

    def start(self, transaction: Transaction) -> None:
        """Let a transaction be sent."""
        self._under_way.append(transaction)

    def go_on(self) -> None:
        """Perhaps bring one transaction a step further."""
        if not self._under_way or self._rng.random() >= GOES_ON:
            return
        transaction = self._rng.choice(self._under_way)
        if transaction.is_orphaned and self._rng.random() < ORPHANS_LINGER:
            return
        if self._tables.held_by is transaction:
            self._end(transaction)
        elif self._tables.held_by is None:
            self._hold(transaction)

    def settle(self, transaction: Transaction) -> None:
        """Bring a transaction to its end. Raises `StoreAway` if a lock is not had in time."""
        if not transaction.has_ended and self._tables.held_by is not transaction:
            self.wait_for_locks()
            self._hold(transaction)
        if not transaction.has_ended:
            self._end(transaction)

    def wait_for_locks(self) -> None:
        """Wait until nobody holds the locks, or not longer than a session may."""
        holder = self._tables.held_by
        if holder is None:
            return
        if self._weather.chance(0.3):
            self._clock.let_pass(LOCK_TIMEOUT_S)
            self._history.add(self._clock.now, "tables", "lock", "not had in time")
            raise StoreAway
        self._end(holder)

    def abandon(self, transaction: Transaction) -> None:
        """Leave a transaction to itself, its connection lost."""
        if transaction.has_ended:
            return
        free = self._tables.held_by is None
        if free and self._rng.random() < 0.5:
            self._hold(transaction)
        if self._tables.held_by is transaction:
            transaction.is_orphaned = True
        elif not transaction.has_ended:
            self._tables.roll_back(transaction)
            self._note(transaction)

    def abandon_all(self, owner: str) -> None:
        """Leave the transactions of a dead process to themselves."""
        for transaction in [one for one in self._under_way if one.owner == owner]:
            self.abandon(transaction)

    def _hold(self, transaction: Transaction) -> None:
        if self._tables.hold(transaction):
            self._history.add(self._clock.now, "tables", "held", f"epoch {transaction.epoch}")
        else:
            self._note(transaction)

    def _end(self, transaction: Transaction) -> None:
        if transaction.is_orphaned and self._rng.random() < 0.5:
            self._tables.roll_back(transaction)
        else:
            self._tables.commit(transaction)
        self._note(transaction)

    def _note(self, transaction: Transaction) -> None:
        self._under_way.remove(transaction)
        numbers = transaction.batch.journal["journal_seq"]
        fault = transaction.ended_with
        ended = "committed" if fault is None else f"refused {type(fault).__name__} {fault}"
        self._history.add(
            self._clock.now, "tables", ended, f"epoch {transaction.epoch} entries {numbers}"
        )
