"""The call to an outside service that misses it when nobody watches here any more.

It is made while the watchdog comes, from Prometheus through Alertmanager to the herald: whichever
of them stops, the calls stop. The address may hold a secret and is never logged.
"""

from __future__ import annotations

import httpx2

from monitoring import metrics
from monitoring.logs import get_logger

ANSWER_S_MAX = 5.0

log = get_logger()


class Heartbeat:
    """Calls one address; none if it is empty."""

    def __init__(self, url: str) -> None:
        self._url = url

    def beat(self) -> None:
        """Call once. What goes wrong is counted; the next call comes within a minute."""
        if not self._url:
            return
        try:
            httpx2.get(self._url, timeout=ANSWER_S_MAX).raise_for_status()
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            metrics.HEARTBEATS.labels("failed").inc()
            log.warning("heartbeat_failed", error=type(error).__name__)
        else:
            metrics.HEARTBEATS.labels("sent").inc()
