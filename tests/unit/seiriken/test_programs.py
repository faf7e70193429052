from __future__ import annotations

import re
from pathlib import Path

import pytest

from seiriken.home import Home
from seiriken.programs import PROCESSES, Wiring, internal_port_names, processes
from seiriken.supervision import Program


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, Program]:
    home = Home(tmp_path)
    home.make()
    ports = {name: 9_000 + number for number, name in enumerate(internal_port_names(2))}
    wiring = Wiring(home, "postgresql://o:owner-password@/city?host=/x", "unix:///r", 80, ports, 2)
    return {program.name: program for program in processes(wiring)}


def test_processes_start_in_their_order_and_so_stop_in_the_reverse(
    programs: dict[str, Program],
) -> None:
    assert tuple(programs) == PROCESSES
    order = [program.priority for program in programs.values()]
    assert order == sorted(order)


def test_each_process_is_given_its_own_settings_alone(programs: dict[str, Program]) -> None:
    prefixes = {
        "worker": "JOBS_",
        "beat": "JOBS_",
        "allocator": "ALLOCATOR_",
        "waiting_room": "ROOM_",
        "gateway": "GATEWAY_",
    }
    for name, program in programs.items():
        own = {key for key in program.environment if not re.fullmatch(r"INTERNAL_PORT_\d", key)}
        assert own
        assert all(key.startswith(prefixes[name]) for key in own)


def test_no_process_is_given_the_owners_password(programs: dict[str, Program]) -> None:
    for program in programs.values():
        assert not any("owner-password" in value for value in program.environment.values())


def test_setting_of_the_operators_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ROOM_TICK_S", "0.1")
    home = Home(tmp_path)
    home.make()
    ports = dict.fromkeys(internal_port_names(1), 1)
    wiring = Wiring(home, "postgresql://o@/city", "unix:///r", 80, ports, 1)
    found = {program.name: program.environment for program in processes(wiring)}
    assert found["waiting_room"]["ROOM_TICK_S"] == "0.1"
    assert "ROOM_TICK_S" not in found["gateway"]
