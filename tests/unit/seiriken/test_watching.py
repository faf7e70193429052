from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml

from monitoring.errors import SettingsError
from seiriken.watching import WATCHERS, Installed, Watchers, job_of

PORTS = {"gateway_0": 9_000, "allocator_standby": 9_001, "waiting_room": 9_002, "herald": 9_003}


@pytest.fixture
def watchers(tmp_path: Path) -> Watchers:
    return Watchers(
        installed=Installed(Path("/opt/prometheus"), Path("/opt/alertmanager")),
        folder=tmp_path / "watch",
        ports={"alertmanager": 9_093, "prometheus": 9_090},
        herald_port=9_003,
        token_file=tmp_path / "alerts.password",
    )


def test_every_process_is_scraped_by_its_kind_and_name(watchers: Watchers) -> None:
    watchers.prepare(PORTS)
    targets = json.loads((watchers.folder / "prometheus/targets/processes.json").read_bytes())
    found = {one["labels"]["instance"]: (one["labels"]["job"], one["targets"]) for one in targets}
    assert found == {
        "gateway_0": ("gateway", ["127.0.0.1:9000"]),
        "allocator_standby": ("allocator", ["127.0.0.1:9001"]),
        "waiting_room": ("waiting_room", ["127.0.0.1:9002"]),
        "herald": ("herald", ["127.0.0.1:9003"]),
        "alertmanager": ("alertmanager", ["127.0.0.1:9093"]),
        "prometheus": ("prometheus", ["127.0.0.1:9090"]),
    }
    assert job_of("gateway_12") == "gateway"


def test_alertmanager_speaks_to_the_herald_with_its_token(
    watchers: Watchers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS_REPEAT_S", "60")
    watchers.prepare(PORTS)
    made = yaml.safe_load((watchers.folder / "alertmanager/alertmanager.yml").read_text())
    (hook,) = made["receivers"][0]["webhook_configs"]
    assert hook["url"] == "http://127.0.0.1:9003/alerts"
    credentials = hook["http_config"]["authorization"]["credentials_file"]
    assert credentials == str(watchers.token_file)
    times = [route.get("repeat_interval") for route in made["route"]["routes"]]
    assert times == ["50s", None, "60s"]


def test_setting_that_is_none_is_named(watchers: Watchers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTS_REPEATS", "60")
    with pytest.raises(SettingsError, match="ALERTS_REPEATS"):
        watchers.prepare(PORTS)


def test_rules_of_an_older_version_do_not_stay(watchers: Watchers) -> None:
    watchers.prepare(PORTS)
    rules = watchers.folder / "prometheus/rules"
    names = {path.name for path in rules.iterdir()}
    (rules / "old.yml").write_text("groups: []")
    watchers.prepare(PORTS)
    assert {path.name for path in rules.iterdir()} == names
    assert "allocator.yml" in names
    files = [path for path in watchers.folder.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_both_listen_on_loopback_alone_and_start_in_their_order(watchers: Watchers) -> None:
    programs = watchers.programs()
    assert tuple(program.name for program in programs) == WATCHERS
    for program in programs:
        assert f"--web.listen-address=127.0.0.1:{watchers.ports[program.name]}" in program.command
        assert program.priority > 80
    assert "--cluster.listen-address=" in programs[0].command
