"""Run one gateway: `python -m gateway`.

It serves residents on the socket it inherits (or on its own port), and machines
on its internal port. SIGTERM lets it finish what it is answering; then it exits 0.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from types import FrameType

from gateway.app import create_app
from gateway.parts import assemble
from gateway.serving import PoliteServer, server_config
from gateway.settings import GatewaySettings
from monitoring.errors import MonitoringError
from monitoring.internal import serve_internal
from monitoring.logs import configure, get_logger
from monitoring.settings import load

log = get_logger()


def main() -> int:
    """Serve until told to stop; return the exit status."""
    configure("gateway")
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    try:
        settings = load(GatewaySettings)
        parts = assemble(settings)
    except MonitoringError:
        log.exception("start_refused")
        return 2
    with serve_internal(settings.internal_port, parts.readiness.snapshot, settings.internal_host):
        server = PoliteServer(
            server_config(create_app(parts), settings.graceful_shutdown_s), settings.leave_s
        )
        _collect_seldom()
        listener = _listener(settings)
        log.info("gateway_started", gateway_id=settings.gateway_id, pid=os.getpid())
        server.run(sockets=[listener])
    return 0 if server.started else 1


def _collect_seldom() -> None:
    """Let the garbage collector leave alone what stays for good, and come more seldom.

    Looking through the imported modules again and again was a sixth of a sign-in's cost.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _listener(settings: GatewaySettings) -> socket.socket:
    """Take over the inherited socket, or make one."""
    if settings.public_socket_fd is not None:
        listener = socket.socket(fileno=os.dup(settings.public_socket_fd))
    else:
        assert settings.port is not None, "the settings have one of the two"
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listener = socket.create_server((settings.host, settings.port), family=family)
    listener.settimeout(0)
    return listener


def _leave(signum: int, frame: FrameType | None) -> None:
    """Exit in good order. uvicorn raises the signal again once it has shut down."""
    log.info("gateway_stopped", signal=signal.Signals(signum).name)
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
