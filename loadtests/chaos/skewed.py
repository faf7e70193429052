"""One more gateway whose clock is off: the environment of another one, and libfaketime.

Only the wall clock is moved: what a process measures by the monotonic clock stays right,
as on a machine whose time was set wrongly.
"""

from __future__ import annotations

import os
import subprocess
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socket import create_server

_END_S_MAX = 20.0
_NOT_ITS_OWN = ("GATEWAY_PUBLIC_SOCKET_FD", "INTERNAL_PORT_", "SUPERVISOR_")


def library() -> str | None:
    """Return the path of libfaketime, installed if that is allowed; None without it."""
    script = Path(__file__).parents[2] / "deploy" / "find-faketime.sh"
    done = subprocess.run(["sh", str(script)], check=False, capture_output=True, text=True)
    return done.stdout.strip() or None


class SkewedGateway:
    """Starts at once; `ahead_s` is by how much its clock is ahead (less than 0: behind)."""

    def __init__(self, model_pid: int, home: Path, ahead_s: float) -> None:
        port, self._internal_port = _free_port(), _free_port()
        self.address = f"127.0.0.1:{port}"
        own = {
            "GATEWAY_PORT": str(port),
            "GATEWAY_INTERNAL_PORT": str(self._internal_port),
            "GATEWAY_GATEWAY_ID": "gateway_skewed",
            "LD_PRELOAD": library() or "",
            "FAKETIME": f"{ahead_s:+.0f}s",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        with (home / "log" / "gateway_skewed.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway"],
                cwd=home,
                env=_environment_of(model_pid) | own,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def is_ready(self) -> bool:
        """Say whether it serves residents."""
        connection = HTTPConnection("127.0.0.1", self._internal_port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def end(self) -> None:
        """Stop it in order; should it hang, end it."""
        self._process.terminate()
        try:
            self._process.wait(_END_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _environment_of(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    settings = dict(os.fsdecode(pair).split("=", 1) for pair in pairs if b"=" in pair)
    return {name: value for name, value in settings.items() if not name.startswith(_NOT_ITS_OWN)}


def _free_port() -> int:
    with create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
