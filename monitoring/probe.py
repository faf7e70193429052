"""The synthetic resident's process: `python -m monitoring.probe` (settings `PROBE_…`).

Every half minute it does from outside what a resident does (`monitoring.probe_run`), and shows
on its internal port what it met. docs/probe.md says what each figure means.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from pathlib import Path

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from monitoring import metrics
from monitoring.errors import MonitoringError
from monitoring.internal import serve_internal
from monitoring.logs import configure, get_logger
from monitoring.probe_rules import NOTICED_S_MAX, noticed_within_s
from monitoring.probe_run import Probe, Run, read_resident, tls_context
from monitoring.settings import ProcessSettings, load

ENDS_WITHIN_S = 5.0
"""How long a run that has begun may go on once the process is told to end."""

log = get_logger()


class ProbeSettings(ProcessSettings):
    """Frozen, read once. `url` is where residents go; `ca_file` is for a city's own authority."""

    model_config = SettingsConfigDict(env_prefix="PROBE_")

    url: str = Field(pattern=r"^https?://[^/?#@\s]+/?$")
    resident_file: Path
    ca_file: Path | None = None
    internal_port: int = Field(ge=0, le=65_535)
    internal_host: str = "127.0.0.1"
    every_s: float = Field(default=30.0, gt=0)
    step_s: float = Field(default=10.0, gt=0)
    run_s: float = Field(default=25.0, gt=0)
    book_every_runs: int = Field(default=1, ge=1, le=10_000)

    @model_validator(mode="after")
    def _check(self) -> ProbeSettings:
        if not self.step_s <= self.run_s <= self.every_s:
            raise ValueError("STEP_S, RUN_S and EVERY_S must not decrease")
        if noticed_within_s(self.every_s, self.run_s) > NOTICED_S_MAX:
            raise ValueError("with EVERY_S and RUN_S an outage would be noticed too late")
        return self


def main() -> int:
    """Go again and again until told to end."""
    configure("probe")
    try:
        settings = load(ProbeSettings)
        probe = probe_of(settings)
    except MonitoringError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    asyncio.run(_run_until_ended(settings, probe))
    return 0


def probe_of(settings: ProbeSettings) -> Probe:
    """Return the probe that the settings describe. Raises `SecretError`."""
    return Probe(
        settings.url,
        read_resident(settings.resident_file),
        tls_context(settings.ca_file),
        step_s=settings.step_s,
        run_s=settings.run_s,
        book_every_runs=settings.book_every_runs,
    )


def show(run: Run, now: float) -> None:
    """Put what a run came to into the metrics and the log; `now` in unix seconds."""
    for taken in run.steps:
        metrics.PROBE_STEP_SECONDS.labels(taken.step).observe(taken.duration_s)
    if run.failed_at is not None:
        metrics.PROBE_FAILURES.labels(run.failed_at).inc()
        log.warning("probe_failed", step=run.failed_at, reason=run.reason)
    if run.certificate_expires_at is not None:
        metrics.CERTIFICATE_EXPIRY_TIMESTAMP_SECONDS.set(run.certificate_expires_at)
    metrics.PROBE_RUNS.labels(run.result).inc()
    metrics.PROBE_UP.set(run.failed_at is None)
    metrics.PROBE_TIMESTAMP_SECONDS.set(now)


async def _run_until_ended(settings: ProbeSettings, probe: Probe) -> None:
    ended, ran = asyncio.Event(), {"run": False}
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    with serve_internal(settings.internal_port, lambda: dict(ran), settings.internal_host):
        log.info("probe_started")
        ending = asyncio.create_task(ended.wait())
        while not ended.is_set():
            began_s = time.monotonic()
            running = asyncio.create_task(probe.run())
            await asyncio.wait({running, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await asyncio.wait({running}, timeout=ENDS_WITHIN_S)
            if not running.done():
                running.cancel()  # What it leaves, the next probe gives back.
                await asyncio.wait({running})
                break
            show(running.result(), time.time())
            ran["run"] = True
            left_s = settings.every_s - (time.monotonic() - began_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), max(0.0, left_s))
    log.info("probe_stopped")


if __name__ == "__main__":
    sys.exit(main())
