from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from seiriken.edge_front import EDGE, Front
from seiriken.home import Home
from seiriken.programs import (
    KEEPER,
    PROBE,
    PROCESSES,
    STAFF,
    STANDBY,
    STANDBY_INSTANCE,
    Wiring,
    internal_port_names,
    processes,
)
from seiriken.supervision import Program


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, Program]:
    """All that there can be: a stack with a standby allocator and the probe."""
    return programs_of(tmp_path, standby=True, probe=True)


def programs_of(
    folder: Path,
    *,
    standby: bool = False,
    probe: bool = False,
    keeps_backups: bool = True,
    gateway_ports: Sequence[int] = (),
    staff_port: int | None = None,
) -> dict[str, Program]:
    home = Home(folder)
    home.make()
    names = internal_port_names(
        2,
        standby=standby,
        probe=probe,
        keeps_backups=keeps_backups,
        staff=staff_port is not None,
    )
    ports = {name: 9_000 + number for number, name in enumerate(names)}
    wiring = Wiring(
        home=home,
        database_url="postgresql://o:owner-password@/city?host=/x",
        redis_url="unix:///r",
        port=80,
        internal_ports=ports,
        gateways=2,
        standby=standby,
        probe=probe,
        keeps_backups=keeps_backups,
        gateway_ports=gateway_ports,
        staff_port=staff_port,
    )
    return {program.name: program for program in processes(wiring)}


def test_processes_start_in_their_order_and_so_stop_in_the_reverse(
    programs: dict[str, Program],
) -> None:
    assert tuple(programs) == tuple(name for name in PROCESSES if name not in (EDGE, STAFF))
    order = [program.priority for program in programs.values()]
    assert order == sorted(order)


def test_each_process_is_given_its_own_settings_alone(programs: dict[str, Program]) -> None:
    prefixes = {
        "herald": "HERALD_",
        KEEPER: "BACKUP_",
        "worker": "JOBS_",
        "beat": "JOBS_",
        "allocator": "ALLOCATOR_",
        STANDBY: "ALLOCATOR_",
        "waiting_room": "ROOM_",
        "gateway": "GATEWAY_",
        PROBE: "PROBE_",
    }
    for name, program in programs.items():
        own = {key for key in program.environment if not re.fullmatch(r"INTERNAL_PORT_\d", key)}
        assert own
        assert all(key.startswith(prefixes[name]) for key in own)


def test_standby_allocator_and_probe_are_there_only_if_asked_for(tmp_path: Path) -> None:
    names = tuple(programs_of(tmp_path, standby=False))
    assert names == tuple(name for name in PROCESSES if name not in (STANDBY, EDGE, PROBE, STAFF))
    assert not {STANDBY, PROBE} & set(internal_port_names(2))


def test_staff_gateway_is_there_only_if_asked_for_and_believes_the_edge_alone(
    tmp_path: Path,
) -> None:
    alone = programs_of(tmp_path, staff_port=9_999)[STAFF]
    behind = programs_of(tmp_path, staff_port=9_999, gateway_ports=(81, 82))[STAFF]
    assert alone.environment["STAFF_PORT"] == "9999"
    assert "staff_login" in alone.environment["STAFF_DATABASE_URL"]
    assert "STAFF_CLIENT_ADDRESS_HEADER" not in alone.environment
    assert behind.environment["STAFF_CLIENT_ADDRESS_HEADER"] == "X-Real-IP"
    assert all(key.startswith("STAFF_") for key in alone.environment)


def test_probe_is_told_what_a_resident_knows_and_stops_first(programs: dict[str, Program]) -> None:
    assert max(programs.values(), key=lambda program: program.priority).name == PROBE
    names = {"PROBE_URL", "PROBE_RESIDENT_FILE", "PROBE_INTERNAL_PORT"}
    assert programs[PROBE].environment.keys() == names


def test_keeper_and_the_orders_to_it_are_there_only_where_backups_are_kept(tmp_path: Path) -> None:
    kept, none = programs_of(tmp_path), programs_of(tmp_path, keeps_backups=False)
    assert KEEPER in kept
    assert kept["beat"].environment["JOBS_BACKUPS_EVERY_S"] == "60"
    assert KEEPER not in none
    assert "JOBS_BACKUPS_EVERY_S" not in none["beat"].environment
    assert KEEPER not in internal_port_names(2, keeps_backups=False)


def test_standby_stops_before_the_allocator_so_that_it_does_not_lead(
    programs: dict[str, Program],
) -> None:
    assert programs["allocator"].priority < programs[STANDBY].priority
    assert programs[STANDBY].priority < programs["waiting_room"].priority


def test_two_allocators_never_have_one_name_or_one_port(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Even when the operator names one: they would take the lease from each other."""
    monkeypatch.setenv("ALLOCATOR_INSTANCE", STANDBY_INSTANCE)
    monkeypatch.setenv("ALLOCATOR_INTERNAL_PORT", "9999")
    monkeypatch.setenv("ALLOCATOR_LEASE_S", "4")
    found = programs_of(tmp_path, standby=True)
    first, second = found["allocator"].environment, found[STANDBY].environment
    for name in ("ALLOCATOR_INSTANCE", "ALLOCATOR_INTERNAL_PORT"):
        assert first[name] != second[name]
    assert first["ALLOCATOR_LEASE_S"] == second["ALLOCATOR_LEASE_S"] == "4"


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


def test_behind_an_edge_each_gateway_has_a_port_and_is_told_the_client_by_it(
    tmp_path: Path,
) -> None:
    shared, behind = (
        programs_of(tmp_path, gateway_ports=ports)["gateway"] for ports in ((), (9_001, 9_002))
    )
    assert (shared.listen_port, behind.listen_port) == (80, None)
    assert shared.numbered
    assert behind.numbered
    assert "GATEWAY_CLIENT_ADDRESS_HEADER" not in shared.environment
    assert behind.environment["GATEWAY_CLIENT_ADDRESS_HEADER"] == "X-Real-IP"
    assert "GATEWAY_PUBLIC_SOCKET_FD" not in behind.environment
    assert (behind.environment["PORT_0"], behind.environment["PORT_1"]) == ("9001", "9002")
    assert "GATEWAY_PORT=$PORT_{n}" in " ".join(behind.command)


def test_whoever_was_let_in_goes_before_the_crowd_at_the_gate(tmp_path: Path) -> None:
    behind = programs_of(tmp_path, gateway_ports=(9_001, 9_002))["gateway"]
    assert (behind.environment["NICENESS_0"], behind.environment["NICENESS_1"]) == ("0", "5")
    assert 'exec nice -n $NICENESS_{n} "$0" -m gateway' in " ".join(behind.command)


def test_the_edge_stops_between_the_probe_and_the_gateways(tmp_path: Path) -> None:
    edge = Front(Path("/nginx"), tmp_path / EDGE, tmp_path, 80, (9_001,), 9_002).program()
    programs = programs_of(tmp_path, probe=True)
    assert programs["gateway"].priority < edge.priority < programs[PROBE].priority
