"""Prometheus and Alertmanager for one machine: found on PATH, set up in the stack's folder.

They watch and nothing needs them: a city starts and runs without. Both listen on loopback alone.
Rules and settings are those of `monitoring/prometheus` and `monitoring/alertmanager`, written
again at each start; what was measured stays for 15 days, 1 GB at most.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import yaml
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from monitoring.settings import ProcessSettings, load
from seiriken.home import write_private
from seiriken.supervision import Program

WATCHERS = ("alertmanager", "prometheus")
"""Groups by their priority; they stop before all others, so that an end in order is no alert."""

PROMETHEUS_MIN, ALERTMANAGER_MIN = (2, 42), (0, 25)
"""`keep_firing_for` came with the one, and is what Debian 12 has, as of the other."""

KEPT = ("--storage.tsdb.retention.time=15d", "--storage.tsdb.retention.size=1GB")
_SOURCE = files("monitoring")


class AlertsSettings(ProcessSettings):
    """What an operator may set: how often a page is told again until it is over."""

    model_config = SettingsConfigDict(env_prefix="ALERTS_")

    repeat_s: int = Field(default=1_800, ge=30, le=3_600)


@dataclass(frozen=True)
class Installed:
    """The two programs."""

    prometheus: Path
    alertmanager: Path


@dataclass(frozen=True)
class Watchers:
    """What is started. `ports` by the name of the program; the herald takes alerts with a token."""

    installed: Installed
    folder: Path
    ports: Mapping[str, int]
    herald_port: int
    token_file: Path

    def prepare(self, internal_ports: Mapping[str, int]) -> None:
        """Write settings, rules and whom to scrape: every process by the name of its port.

        Raises:
            SettingsError: a variable of `ALERTS_…` is none, or out of bounds.
        """
        settings = load(AlertsSettings)
        rules, targets = self._prometheus / "rules", self._prometheus / "targets"
        shutil.rmtree(rules, ignore_errors=True)
        for folder in (rules, targets, self._alertmanager):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        source = _SOURCE.joinpath("prometheus")
        for rule in source.joinpath("rules").iterdir():
            if rule.name.endswith(".yml"):
                write_private(rules / rule.name, rule.read_bytes())
        write_private(self._prometheus_file, source.joinpath("prometheus.yml").read_bytes())
        processes = [_target(name, port) for name, port in {**internal_ports, **self.ports}.items()]
        write_private(targets / "processes.json", msgspec.json.encode(processes))
        alertmanager = [_target("alertmanager", self.ports["alertmanager"])]
        write_private(targets / "alertmanager.json", msgspec.json.encode(alertmanager))
        write_private(self._alertmanager_file, self._alertmanager_text(settings).encode())

    def programs(self) -> list[Program]:
        """Return both, in the order of `WATCHERS`."""
        return [
            Program(
                name="alertmanager",
                command=(
                    str(self.installed.alertmanager),
                    f"--config.file={self._alertmanager_file}",
                    f"--storage.path={self._alertmanager / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.ports['alertmanager']}",
                    "--cluster.listen-address=",
                    "--log.level=warn",
                ),
                priority=90,
                stop_wait_s=10,
            ),
            Program(
                name="prometheus",
                command=(
                    str(self.installed.prometheus),
                    f"--config.file={self._prometheus_file}",
                    f"--storage.tsdb.path={self._prometheus / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.ports['prometheus']}",
                    "--log.level=warn",
                    *KEPT,
                ),
                priority=91,
                stop_wait_s=20,
            ),
        ]

    def _alertmanager_text(self, settings: AlertsSettings) -> str:
        """Return Alertmanager's settings with this stack's herald, token and times."""
        source = _SOURCE.joinpath("alertmanager", "alertmanager.yml").read_text(encoding="utf-8")
        made: dict[str, Any] = yaml.safe_load(source)
        (hook,) = made["receivers"][0]["webhook_configs"]
        hook["url"] = f"http://127.0.0.1:{self.herald_port}/alerts"
        hook["http_config"]["authorization"]["credentials_file"] = str(self.token_file)
        (pages,) = [
            one for one in made["route"]["routes"] if 'severity = "page"' in one["matchers"]
        ]
        pages["repeat_interval"] = f"{settings.repeat_s}s"
        return "# Written at each start by `seiriken up`.\n" + yaml.safe_dump(made, sort_keys=False)

    @property
    def _prometheus(self) -> Path:
        return self.folder / "prometheus"

    @property
    def _prometheus_file(self) -> Path:
        return self._prometheus / "prometheus.yml"

    @property
    def _alertmanager(self) -> Path:
        return self.folder / "alertmanager"

    @property
    def _alertmanager_file(self) -> Path:
        return self._alertmanager / "alertmanager.yml"


def installed() -> Installed | None:
    """Return both programs from PATH; None if one is missing, or too old."""
    prometheus = _found(PROMETHEUS_MIN, "prometheus")
    alertmanager = _found(ALERTMANAGER_MIN, "prometheus-alertmanager", "alertmanager")
    if prometheus is None or alertmanager is None:
        return None
    return Installed(prometheus, alertmanager)


def job_of(process: str) -> str:
    """Return the kind of a process: `gateway` of `gateway_0`, `allocator` of its standby."""
    return "allocator" if process.startswith("allocator") else re.sub(r"_\d+$", "", process)


def _target(name: str, port: int) -> Mapping[str, object]:
    labels = {"job": job_of(name), "instance": name}
    return {"targets": [f"127.0.0.1:{port}"], "labels": labels}


def _found(version_min: tuple[int, int], *names: str) -> Path | None:
    for name in names:
        path = shutil.which(name)
        if path is not None and _version(path) >= version_min:
            return Path(path)
    return None


def _version(program: str) -> tuple[int, int]:
    shown = subprocess.run([program, "--version"], check=False, capture_output=True, text=True)
    found = re.search(r"version (\d+)\.(\d+)", shown.stdout + shown.stderr)
    return (int(found[1]), int(found[2])) if found else (0, 0)
