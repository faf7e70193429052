"""How a gateway is served, and stops without losing a request: both kinds alike."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from starlette.applications import Starlette

KEEP_ALIVE_S = 75
"""Longer than nginx keeps a connection to a gateway that it does not use (60 s): a request that
meets the gateway's closing of it would be answered with 502."""

BACKLOG = 2_048
"""Connections that may wait to be taken: a crowd comes in one moment."""

LOOK_EVERY_S = 0.05


def server_config(app: Starlette, graceful_shutdown_s: int) -> uvicorn.Config:
    """Return how an application is served: by whom, and with which limits."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=graceful_shutdown_s,
    )


class PoliteServer(uvicorn.Server):
    """A server that says that it leaves before it hangs up.

    nginx keeps connections and may send a request just when an idle one is closed; what was sent
    it does not send again. So nobody new is taken, and each connection ends with its next answer;
    what stays idle for `leave_s` is closed after that.
    """

    def __init__(self, config: uvicorn.Config, leave_s: float) -> None:
        super().__init__(config)
        self._leave_s = leave_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take leave, then end what is under way."""
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        # uvicorn has no event that says when the last connection has ended.
        now = asyncio.get_running_loop().time
        ends_at = now() + self._leave_s
        while self.server_state.connections and now() < ends_at:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY_S)
        await super().shutdown(sockets)
