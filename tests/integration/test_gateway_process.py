"""The gateway as a process: started on an inherited socket, asked, and told to stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from monitoring.secrets import create_missing
from seiriken.processes import free_ports
from tests.waiting import until


def environment(secrets_dir: Path, **changes: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "GATEWAY_DATABASE_URL": "postgresql:///none?host=/nonexistent",
        "GATEWAY_REDIS_URL": "unix:///nonexistent/redis.sock",
        "GATEWAY_SECRETS_DIR": str(secrets_dir),
        "GATEWAY_GATEWAY_ID": "g1",
        "GATEWAY_INTERNAL_PORT": "0",
        "GATEWAY_MUNICIPALITY_CODE": "122319",
        "GATEWAY_PUBLIC_SOCKET_FD": "0",
        **changes,
    }


def get(url: str) -> httpx2.Response:
    return httpx2.get(url, timeout=60)


@contextmanager
def gateway(
    tmp_path: Path, listener: socket.socket, **changes: str
) -> Iterator[subprocess.Popen[str]]:
    create_missing(tmp_path / "secrets")
    with subprocess.Popen(
        [sys.executable, "-m", "gateway"],
        stdin=listener.fileno(),
        stderr=subprocess.PIPE,
        env=environment(tmp_path / "secrets", **changes),
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def answers(url: str) -> bool:
    try:
        return get(url).status_code in (200, 503)
    except httpx2.TransportError:
        return False


def test_process_serves_on_the_socket_it_inherits_and_stops_in_good_order(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    internal = f"http://127.0.0.1:{port}"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        public = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with gateway(tmp_path, listener, GATEWAY_INTERNAL_PORT=str(port)) as process:
            until(lambda: answers(f"{public}/healthz"))
            alive = get(f"{public}/healthz")
            assert alive.json() == {"alive": True}
            assert "server" not in alive.headers
            assert get(f"{public}/metrics").status_code == 404
            assert "seiriken_http_requests_total" in get(f"{internal}/metrics").text
            ready = get(f"{internal}/readyz")
            assert ready.status_code == 503
            missing = ["catalogue", "database", "room", "status"]
            until(lambda: get(f"{internal}/readyz").json()["missing"] == missing)
            assert get(f"{public}/queue/status.json").json()["code"] == "not_ready"
            process.send_signal(signal.SIGTERM)
            _, logged = process.communicate(timeout=60)
    assert process.returncode == 0
    assert '"event": "gateway_started"' in logged
    assert '"event": "gateway_stopped"' in logged
    assert "Traceback" not in logged


def test_process_that_leaves_says_so_before_it_hangs_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        public = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with (
            gateway(tmp_path, listener, GATEWAY_LEAVE_S="600") as process,
            httpx2.Client(base_url=public, timeout=60) as client,
        ):
            until(lambda: answers(f"{public}/healthz"))
            assert "connection" not in client.get("/healthz").headers
            process.send_signal(signal.SIGTERM)
            until(lambda: client.get("/healthz").headers.get("connection") == "close")
            process.communicate(timeout=60)
    assert process.returncode == 0


def test_process_that_is_set_up_wrongly_names_the_variable_and_not_its_value(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        changes = {"GATEWAY_MUNICIPALITY_CODE": "secret-value", "GATEWAY_REPLY_WAIT": "1"}
        with gateway(tmp_path, listener, **changes) as process:
            _, logged = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "GATEWAY_REPLY_WAIT" in logged
    assert "secret-value" not in logged
