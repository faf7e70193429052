"""Run the staff gateway: `python -m gateway.staff`.

It serves the staff on its own port, and machines on its internal port. SIGTERM lets it finish what
it is answering; then it exits 0.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from types import FrameType

from gateway.serving import PoliteServer, server_config
from gateway.staff.app import create_app
from gateway.staff.parts import assemble
from gateway.staff.settings import StaffSettings
from monitoring.errors import MonitoringError
from monitoring.internal import serve_internal
from monitoring.logs import configure, get_logger
from monitoring.settings import load

log = get_logger()


def main() -> int:
    """Serve until told to stop; return the exit status."""
    configure("staff_gateway")
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    try:
        settings = load(StaffSettings)
        parts = assemble(settings)
    except MonitoringError:
        log.exception("start_refused")
        return 2
    with serve_internal(settings.internal_port, parts.readiness.snapshot, settings.internal_host):
        server = PoliteServer(
            server_config(create_app(parts), settings.graceful_shutdown_s),
            settings.leave_s,
        )
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listener = socket.create_server((settings.host, settings.port), family=family)
        log.info("staff_gateway_started", pid=os.getpid())
        server.run(sockets=[listener])
    return 0 if server.started else 1


def _leave(signum: int, frame: FrameType | None) -> None:
    """Exit in good order. uvicorn raises the signal again once it has shut down."""
    log.info("staff_gateway_stopped", signal=signal.Signals(signum).name)
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
