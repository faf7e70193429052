"""The audit of the tables, again and again beside everything else, shown as metrics (I1-I5).

Rule 1: it takes a small share of the time, however large the city: the longer one takes, the later
comes the next.
Rule 2: what could not be asked keeps the last figures; how old they are is shown, too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from allocator.audit import Audit
from allocator.errors import StoreAway
from monitoring import metrics
from monitoring.logs import get_logger

log = get_logger()

EVERY_S = 60.0
SHARE_MAX = 0.05


class AuditWatch:
    """A thread that audits. `ask` returns what was found, or raises `StoreAway`."""

    def __init__(self, ask: Callable[[], Audit], every_s: float = EVERY_S) -> None:
        self._ask = ask
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; an audit that is under way is finished."""
        self._stop.set()
        self._thread.join()

    def look(self) -> None:
        """Audit once."""
        try:
            audited = self._ask()
        except StoreAway:
            log.warning("dependency_lost", dependency="postgresql")
            return
        for check, found in audited.findings.items():
            metrics.INVARIANT_FINDINGS.labels(metrics.bounded("invariant", check)).set(len(found))
            if found:
                log.error("invariant_broken", constraint=check, count=len(found))
        metrics.AUDIT_TIMESTAMP_SECONDS.set(time.time())

    def _run(self) -> None:
        wait_s = 0.0
        while not self._stop.wait(wait_s):
            began_at = time.monotonic()
            self.look()
            wait_s = max(self._every_s, (time.monotonic() - began_at) / SHARE_MAX)
