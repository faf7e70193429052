"""nginx as an edge with a micro-cache of one second, on loopback and without privileges.

It keeps what all residents share (status.json, static files) and hands on the rest. Only
what is measured here: the edge that a city runs has a configuration of its own.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from loadtests.bench.errors import BenchStopped
from loadtests.bench.processes import (
    LOOPBACK,
    cpu_s_of_family,
    end_of,
    free_port,
    is_answered,
)
from loadtests.bench.room.plain import STATUS
from loadtests.bench.waiting import until

NOT_INSTALLED = "nginx is not installed: apt-get install nginx-light"
FILE = "/file.json"
_USER_IF_ROOT = "nobody"
_PLACES = "/usr/sbin:/usr/local/sbin"
_READY_S_MAX = 60.0
_STOP_S_MAX = 60.0

_SETTINGS = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_rlimit_nofile 40000;
events {{ worker_connections 20000; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  default_type application/json;
  client_body_temp_path {folder}/body;
  fastcgi_temp_path {folder}/fastcgi;
  proxy_temp_path {folder}/proxy;
  scgi_temp_path {folder}/scgi;
  uwsgi_temp_path {folder}/uwsgi;
  proxy_cache_path {folder}/cache keys_zone=status:1m;
  upstream gateway {{
    server {loopback}:{gateway_port};
    keepalive 64;
    keepalive_timeout 30s;
  }}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_cache_lock on;
  proxy_cache_background_update on;
  proxy_cache_use_stale updating error timeout;
  server {{
    listen {loopback}:{port} backlog=4096;
    location = {file} {{ root {folder}/files; }}
    location = {status} {{
      proxy_pass http://gateway;
      proxy_cache status;
    }}
    location ~ ^/(static/|queue/[^/]+/status\\.json$) {{
      proxy_pass http://gateway;
      proxy_cache status;
    }}
    location / {{ proxy_pass http://gateway; }}
  }}
}}
"""
"""How long something is kept is what its own Cache-Control says: status.json one second."""


@dataclass(frozen=True)
class Edge:
    """A running nginx: status.json from its cache, and a file of the same size."""

    port: int
    process: psutil.Process

    def cpu_s(self) -> float:
        """Return the processor time that nginx has used so far."""
        return cpu_s_of_family(self.process)


def nginx_program() -> str | None:
    """Return the nginx to run, None when there is none."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:{_PLACES}")


@contextmanager
def running_edge(program: str, folder: Path, gateway_port: int, file: bytes) -> Iterator[Edge]:
    """Run nginx before a gateway for the length of a block; all it writes is in the folder.

    Raises:
        BenchStopped: it did not start; with the end of its log.
    """
    port = free_port()
    user = pwd.getpwnam(_USER_IF_ROOT) if os.geteuid() == 0 else None
    settings_file = _prepare(folder, gateway_port, port, file, user)
    with (
        (folder / "output").open("wb") as output,
        subprocess.Popen(
            [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(settings_file)],
            stdout=output,
            stderr=output,
            cwd="/",
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
        ) as process,
    ):
        try:
            until("nginx answers", lambda: is_answered(port, STATUS), _READY_S_MAX)
            yield Edge(port, psutil.Process(process.pid))
        except BenchStopped as stopped:
            raise BenchStopped(f"{stopped}; nginx: {end_of(folder / 'output')}") from None
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(_STOP_S_MAX)


def _prepare(
    folder: Path,
    gateway_port: int,
    port: int,
    file: bytes,
    user: pwd.struct_passwd | None,
) -> Path:
    """Write the settings and the file, and let nginx's user write beside them."""
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    (files / FILE.removeprefix("/")).write_bytes(file)
    settings_file = folder / "nginx.conf"
    settings_file.write_text(
        _SETTINGS.format(
            folder=folder,
            loopback=LOOPBACK,
            port=port,
            gateway_port=gateway_port,
            file=FILE,
            status=STATUS,
        )
    )
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    return settings_file
