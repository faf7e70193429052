"""Send to the stream of records what is due, each once (see `waiting_room.records`).

What was sent is remembered by this process alone. It is sent again after a restart, when a
line had to be restored, and after a tick that was not finished (Redis may have lost it then);
the jobs keep the same content once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.client import Pipeline

from waiting_room import keys
from waiting_room.records import records_due
from waiting_room.status import Moment


class Recorder:
    """What this process has sent. A tick is between `begin` and `done`."""

    def __init__(self) -> None:
        self._sent: set[tuple[str, str, str]] = set()
        self._under_way = False

    def begin(self) -> None:
        """Begin a tick; forget what was sent when the last one was not finished."""
        if self._under_way:
            self.forget()
        self._under_way = True

    def forget(self) -> None:
        """Send everything again: Redis has lost some of it."""
        self._sent.clear()

    def send(self, pipe: Pipeline, moments: Sequence[Moment]) -> None:
        """Append what is due and was not sent yet: at most two records of each release."""
        for moment in moments:
            for record in records_due(moment.plan, moment.state, moment.facts, moment.seed):
                fields: dict[Any, Any] = {**record.fields(moment.now)}
                name = (record.release_id, record.kind, fields["content"])
                if name not in self._sent:
                    pipe.xadd(keys.RECORDS, fields)
                    self._sent.add(name)

    def done(self) -> None:
        """Say that the tick was finished."""
        self._under_way = False
