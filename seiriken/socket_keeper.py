"""A plug-in of supervisord: a socket that gateways share stays open until supervisord ends.

Without it supervisord closes the socket with the last gateway that dies, and opens it anew for the
next one. When all are killed at once, that can fail: another child that is being started may
still hold the old socket, or a connection of somebody else may have got the port. Supervisord
ends then, and the whole stack with it.
"""

from __future__ import annotations

from typing import Any

from supervisor import events


class SocketKeeper:
    """Holds the sockets. It has no methods for those who speak to supervisord."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}
        events.subscribe(events.ProcessStateStartingEvent, self._hold)

    def _hold(self, event: Any) -> None:
        group = event.process.group
        manager = getattr(group, "socket_manager", None)
        if manager is not None and group.config.name not in self._held:
            self._held[group.config.name] = manager.get_socket()


def make_socket_keeper(_supervisord: object) -> SocketKeeper:
    """Return the plug-in; supervisord calls this by name (`rpcinterface_factory`)."""
    return SocketKeeper()
