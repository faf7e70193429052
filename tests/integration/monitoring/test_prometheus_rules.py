"""promtool and amtool on the settings and rules as they stand, and as `seiriken up` writes them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from seiriken.watching import Installed, Watchers

MONITORING = Path(__file__).parents[3] / "monitoring"
RULES = MONITORING / "prometheus/rules"
CASES = sorted((RULES / "tests").glob("*.yml"))


def run(program: str, *arguments: str | Path) -> str:
    """Run a program to its good end and return what it printed."""
    assert shutil.which(program), f"{program} is missing: sh deploy/find-prometheus.sh"
    command = [program, *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_settings_of_prometheus_are_valid_with_all_rules() -> None:
    shown = run("promtool", "check", "config", MONITORING / "prometheus/prometheus.yml")
    assert shown.count("rules found") == len(list(RULES.glob("*.yml")))


def test_settings_of_alertmanager_are_valid() -> None:
    run("amtool", "check-config", MONITORING / "alertmanager/alertmanager.yml")


def test_what_is_written_for_one_machine_is_valid(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("made-up")
    nowhere = Installed(Path("prometheus"), Path("alertmanager"))
    ports = {"alertmanager": 9_093, "prometheus": 9_090}
    watchers = Watchers(nowhere, tmp_path / "watch", ports, 9_100, token)
    watchers.prepare({"gateway_0": 9_001, "herald": 9_100})
    run("promtool", "check", "config", tmp_path / "watch/prometheus/prometheus.yml")
    run("amtool", "check-config", tmp_path / "watch/alertmanager/alertmanager.yml")


@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.stem)
def test_rules_fire_when_they_should_and_only_then(cases: Path) -> None:
    run("promtool", "test", "rules", cases)


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("alertname=NoLeader severity=page", "herald"),
        ("alertname=BackupOld severity=ticket", "herald"),
        ("alertname=Watchdog severity=none", "herald"),
        ("alertname=PlannedDowntime severity=none", "nobody"),
    ],
)
def test_alert_goes_where_it_should(labels: str, receiver: str) -> None:
    settings = f"--config.file={MONITORING / 'alertmanager/alertmanager.yml'}"
    shown = run("amtool", "config", "routes", "test", settings, *labels.split())
    assert shown.strip() == receiver
