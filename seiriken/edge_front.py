"""The edge of a stack on one machine: nginx on the residents' port, before gateways of their own.

What it is told stands in `EDGE_…`. It has no certificate: on loopback there is nobody to hide
from, and a public city puts deploy/edge with its certificate there.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import psutil
from pydantic import Field, IPvAnyNetwork
from pydantic_settings import SettingsConfigDict

import gateway
from monitoring.settings import ProcessSettings, load
from seiriken.edge import Place, StaffDoor, write_edge
from seiriken.errors import CommandError
from seiriken.firewall import Firewall
from seiriken.supervision import Program

EDGE = "edge"
CLIENT_ADDRESS_HEADER = "X-Real-IP"
"""In it the edge names the client, whatever the client claimed."""

_PLACES = "/usr/sbin:/usr/local/sbin"
_STATIC_DIR = Path(gateway.__file__).parent / "static"


class EdgeSettings(ProcessSettings):
    """What an operator may set: limits for one network, and a log of each request.

    Whoever reaches this edge comes from this machine, or through a terminator that stands on it:
    all from one network. So its limits are out of reach unless they are set.
    """

    model_config = SettingsConfigDict(env_prefix="EDGE_")

    connections_per_network: int = Field(default=60_000, gt=0, lt=65_536)
    requests_per_s_per_network: int = Field(default=60_000, gt=0)
    burst_per_network: int = Field(default=60_000, gt=0)
    log_file: Path | None = None
    staff_allowed: tuple[IPvAnyNetwork, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    """Networks whose addresses reach the staff's listener; nobody else does."""


@dataclass(frozen=True)
class Front:
    """What is started. `folder` is short-lived, and readable by nginx's own user."""

    nginx: Path
    folder: Path
    status_dir: Path
    port: int
    gateway_ports: Sequence[int]
    events_port: int
    staff_port: int | None = None
    staff_gateway_port: int | None = None
    firewall: bool = False

    def prepare(self) -> None:
        """Write what nginx reads, and make the folder that it writes to.

        Raises:
            SettingsError: a variable of `EDGE_…` is none, or out of bounds.
            CommandError: the templates are not there, as in an installation from a wheel.
        """
        settings = load(EdgeSettings)
        self.folder.mkdir(mode=0o755)
        shutil.copytree(_STATIC_DIR, self.folder / "static")
        self._run_dir.mkdir()
        write_edge(
            Place(
                conf_dir=self._conf_dir,
                run_dir=self._run_dir,
                static_dir=self.folder / "static",
                status_dir=self.status_dir,
                gateways=[f"127.0.0.1:{port}" for port in self.gateway_ports],
                http=f"127.0.0.1:{self.port}",
                connections_per_network=settings.connections_per_network,
                requests_per_s_per_network=settings.requests_per_s_per_network,
                burst_per_network=settings.burst_per_network,
                log=settings.log_file,
                events=f"127.0.0.1:{self.events_port}",
                staff=self._staff(settings),
            )
        )
        if self.firewall:
            Firewall().write(self._conf_dir)
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                if path.is_symlink():
                    continue  # To the firewall's rules, which are not ours to open.
                path.chmod(0o755 if path.is_dir() else 0o644)

    def _staff(self, settings: EdgeSettings) -> StaffDoor | None:
        if self.staff_port is None:
            return None
        return StaffDoor(
            listen=f"127.0.0.1:{self.staff_port}",
            gateway=f"127.0.0.1:{self.staff_gateway_port}",
            allowed=[str(network) for network in settings.staff_allowed],
        )

    def program(self) -> Program:
        """Return nginx; told to stop, it answers what it was asked before."""
        return Program(
            name=EDGE,
            command=(str(self.nginx), "-p", str(self.folder), "-c", f"{self._conf_dir}/nginx.conf"),
            priority=75,
            stop_signal="QUIT",
            stop_wait_s=10,
            start_s=1,
        )

    def listens(self) -> bool:
        """Say whether residents can come."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    @property
    def _conf_dir(self) -> Path:
        return self.folder / "conf"

    @property
    def _run_dir(self) -> Path:
        return self.folder / "run"


def left_behind(run_dir: Path) -> list[psutil.Process]:
    """Return the nginx that a killed supervisord left in a stack's short-lived folder.

    It writes its title over its environment, by which the others are known.
    """
    folder = run_dir / EDGE
    try:
        process = psutil.Process(int((folder / "run" / "nginx.pid").read_text("ascii")))
        return [process] if str(folder) in " ".join(process.cmdline()) else []
    except (FileNotFoundError, ValueError, psutil.Error):
        return []


def find_nginx(places: str = _PLACES, *, firewall: bool = False) -> Path:
    """Return the nginx to run, from PATH or from where servers are.

    Raises:
        CommandError: there is none, or the firewall that it is to have is not installed.
    """
    if firewall:
        Firewall().check()
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:{places}")
    if found is None:
        raise CommandError("the edge needs nginx: sh deploy/find-edge.sh installs it, or says how")
    return Path(found)
