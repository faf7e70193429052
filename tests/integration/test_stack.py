"""`seiriken up` and what it starts, as an operator uses it: whole stacks in processes of their own.

Slow by nature (a start takes about 10 s), so that each stack is asked many things.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import httpx2
import psutil
import psycopg
import pytest

from seiriken.embedded_postgres import EmbeddedPostgres
from seiriken.home import Home
from seiriken.processes import free_ports, orphans_of, port_is_free
from seiriken.supervision import Supervisor
from tests.waiting import until

# A test starts several stacks, each after those that other tests start at the same time.
pytestmark = pytest.mark.timeout(1800)

PEOPLE = 60
START_S_MAX = 240
COMMAND = [sys.executable, "-m", "seiriken.cli"]


@pytest.fixture
def home() -> Iterator[Home]:
    """A folder for one stack; whatever still runs there afterwards is stopped."""
    folder = Path(tempfile.mkdtemp(prefix="seiriken-test-", dir="/tmp"))
    yield Home(folder / "city")
    run("down", "--home", str(folder / "city"))
    shutil.rmtree(folder)


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=START_S_MAX,
        env={**os.environ, **variables},
    )


def run_json(*arguments: str, **variables: str) -> Any:
    done = run(*arguments, "--json", **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def up(home: Home, *arguments: str, **variables: str) -> Any:
    options = ["--home", str(home.path), "--people", str(PEOPLE), "--detach", "--no-monitoring"]
    while True:
        ports = zip(("--port", "--internal-port"), map(str, free_ports(2)), strict=True)
        done = run("up", *options, *chain(*ports), *arguments, "--json", **variables)
        # By a stack that another test has started since the ports were found free.
        if "is in use; choose another one" not in done.stderr:
            break
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=60).status_code == 200
    except httpx2.TransportError:
        return False


def pids_of(home: Home) -> Mapping[str, int]:
    stack = home.read()
    assert stack is not None
    return {state.name: state.pid for state in Supervisor(stack.supervisor_socket).states()}


def readable_by_others(folder: Path) -> list[Path]:
    """Return what others may read of what is not for everybody, as the status page is."""
    return [
        path
        for path in folder.iterdir()
        if stat.S_IMODE(path.lstat().st_mode) & 0o077 and path.name not in ("lock", "status")
    ]


def states_of(home: Home) -> set[str]:
    """Return the states in which the processes are."""
    found = run_json("status", "--home", str(home.path))
    return {process["state"] for process in found["processes"]}


def test_no_port_of_a_stack_is_one_that_the_kernel_gives_to_outgoing_connections() -> None:
    given = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        assert int(given[0]) <= listening.getsockname()[1] <= int(given[1])
    ports = free_ports(200)
    assert len(set(ports)) == 200
    assert max(ports) < int(given[0])


def test_stack_starts_serves_says_how_it_goes_and_stops(home: Home) -> None:
    started = up(home)
    status_url = f"{started['url']}/queue/status.json"

    assert answers(status_url)
    assert answers(f"http://127.0.0.1:{started['internal_ports']['gateway_0']}/metrics")
    assert len(home.residents_file.read_text().splitlines()) == PEOPLE + 1
    assert len(started["samples"]) == 3
    assert started["start_s"] > 0
    assert readable_by_others(home.path) == []

    # Nothing waits for those who watch: they may still be starting.
    until(lambda: states_of(home) == {"running"}, within_s=START_S_MAX)
    found = run_json("status", "--home", str(home.path))
    assert found["queue"]["state"] == "open"
    assert found["queue"]["pairs_left"] >= PEOPLE
    assert (found["epoch"], found["is_running"]) == (1, True)
    assert found["memory_mib"] <= 700
    # The probe books all the while: what it asked for may be on its way.
    until(lambda: run_json("status", "--home", str(home.path))["inbox"] == 0, within_s=START_S_MAX)

    again = run_json("up", "--home", str(home.path))
    assert (again["is_new"], again["url"]) == (False, started["url"])

    assert run_json("down", "--home", str(home.path)) == {
        "home": str(home.path),
        "was_running": True,
    }
    assert not answers(status_url)
    assert orphans_of(home.path) == []
    assert run_json("down", "--home", str(home.path))["was_running"] is False


def test_operators_commands_reach_the_waiting_room(home: Home, tmp_path: Path) -> None:
    url = f"{up(home, '--opens-in', '3600')['url']}/queue/status.json"

    def shown() -> Any:
        return httpx2.get(url, timeout=60).json()

    at = ("--home", str(home.path))
    assert shown()["state"] == "lobby"
    assert run("release", "open", *at).returncode == 0
    assert until(lambda: shown()["state"] == "open")
    assert run("release", "pause", "--message", "少しお待ちください", *at).returncode == 0
    assert until(lambda: (shown()["state"], shown()["message"]) == ("paused", "少しお待ちください"))
    assert run("release", "resume", *at).returncode == 0
    assert until(lambda: shown()["state"] == "open")
    assert run_json("room", "rate", "60", *at)["per_minute"] == 60
    assert run("release", "close", *at).returncode == 0
    assert until(lambda: shown()["state"] == "closed")

    roster = tmp_path / "roster.csv"
    roster.write_text("municipality_code,ticket_number,birth_date\n122319,0000000001,2000-02-30\n")
    refused = run("roster", "import", str(roster), *at)
    assert (refused.returncode, refused.stdout.splitlines()[0]) == (
        1,
        "line 2: birth_date: there is no such day",
    )
    roster.write_bytes(home.residents_file.read_bytes())
    assert run_json("roster", "import", str(roster), *at)["unchanged"] == PEOPLE
    assert run_json("release", "check", *at)["findings"] == []
    assert run_json("release", "load", str(home.release_file), *at)["loaded"]["slots_added"] == 0
    assert run_json("migrate", *at) == {"applied": []}


def test_killed_processes_come_back_and_a_killed_supervisor_leaves_nothing_in_the_way(
    home: Home,
) -> None:
    first = up(home)
    before = pids_of(home)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    def all_run_again() -> bool:
        found = run_json("status", "--home", str(home.path))
        assert {process["name"] for process in found["processes"]} == set(before)
        return all(
            process["state"] == "running" and process["pid"] != before[process["name"]]
            for process in found["processes"]
        )

    until(all_run_again, within_s=240)
    ports = first["internal_ports"].values()
    until(lambda: all(answers(f"http://127.0.0.1:{port}/readyz") for port in ports), within_s=240)
    supervisor_log = (home.log_dir / "supervisord.log").read_text()
    assert supervisor_log.count("Closing socket") == 1, "once, to see that the port is free"
    people = home.residents_file.read_bytes()

    stack = home.read()
    assert stack is not None
    left = pids_of(home)
    os.kill(stack.supervisor_pid, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(stack.supervisor_pid))
    second = up(home)
    assert not [name for name, pid in left.items() if psutil.pid_exists(pid)]
    assert answers(f"{second['url']}/queue/status.json")
    assert second["is_new"] is True
    assert home.residents_file.read_bytes() == people
    assert run_json("status", "--home", str(home.path))["epoch"] > 1


def test_ctrl_c_stops_a_stack_in_the_foreground_in_order(home: Home) -> None:
    command = [*COMMAND, "up", "--home", str(home.path), "--people", "20", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        started = json.loads(process.stdout.readline())
        assert answers(f"{started['url']}/queue/status.json")
        process.send_signal(signal.SIGINT)
        _, shown = process.communicate(timeout=START_S_MAX)
    assert process.returncode == 0
    stopped = [line.split()[1].rstrip(":") for line in shown.splitlines() if "  stopping" in line]
    assert stopped == [
        "prometheus",
        "alertmanager",
        "probe",
        "gateway",
        "waiting_room",
        "allocator",
        "beat",
        "worker",
        "keeper",
        "herald",
        "redis",
        "postgres",
    ]
    assert orphans_of(home.path) == []
    assert home.read() is None


def test_stack_in_the_foreground_ends_well_when_another_command_stops_it(
    home: Home, empty_database_url: str, redis_url: str
) -> None:
    given = {"DATABASE_URL": empty_database_url, "REDIS_URL": redis_url}
    options = ("--people", "1", "--gateways", "1", "--no-probe", "--no-monitoring", "--json")
    command = [*COMMAND, "up", "--home", str(home.path), *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | given
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["is_new"] is True
        assert run_json("down", "--home", str(home.path), **given)["was_running"] is True
        _, shown = process.communicate(timeout=START_S_MAX)
    assert (process.returncode, "stopped by another command" in shown) == (0, True), shown


def test_servers_of_the_environment_are_used_instead(
    home: Home, empty_database_url: str, redis_url: str
) -> None:
    given = {"DATABASE_URL": empty_database_url, "REDIS_URL": redis_url}
    started = up(home, **given)
    assert answers(f"{started['url']}/queue/status.json")
    assert not {"postgres", "redis"} & set(pids_of(home))
    assert run_json("down", "--home", str(home.path), **given)["was_running"] is True

    # A release loaded before that day was reserved does not keep a city from starting.
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("UPDATE release SET born_from = '1700-01-01' WHERE queue <> 'none'")
    up(home, **given)

    def not_running() -> list[str]:
        found = run_json("status", "--home", str(home.path), **given)["processes"]
        return [process["name"] for process in found if process["state"] != "running"]

    # A part is said to start for two seconds, however soon it is ready.
    until(lambda: not_running() == ["probe"], within_s=START_S_MAX)


def test_part_that_does_not_start_is_named_with_its_log_and_nothing_stays(home: Home) -> None:
    failed = run("up", "--home", str(home.path), "--people", "1", "--detach", ROOM_TICKS="1")
    assert failed.returncode == 1
    (last,) = [line for line in failed.stderr.splitlines() if line.startswith("seiriken: ")]
    assert (
        last == f"seiriken: waiting_room does not start. {home.log_dir}/waiting_room.log ends with:"
    )
    assert "ROOM_TICKS: no such setting" in failed.stderr
    assert orphans_of(home.path) == []
    assert home.read() is None


def test_port_that_is_taken_is_said_before_anything_starts(home: Home, redis_url: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        text=True,
    ) as other:
        assert other.stdout is not None
        port = other.stdout.readline().split()[5]
        assert not port_is_free(int(port))
        failed = run("up", "--home", str(home.path), "--port", port)
        other.terminate()
    assert failed.returncode == 1
    assert failed.stderr == f"seiriken: port {port} is in use; choose another one\n"


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL"])
def test_server_of_the_environment_that_is_away_is_said(home: Home, variable: str) -> None:
    url = {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1"}
    failed = run("up", "--home", str(home.path), **{variable: url[variable]})
    assert failed.returncode == 1
    assert failed.stderr == f"seiriken: {variable} names no server that answers\n"


def test_supervisor_that_is_away_has_no_processes_and_nothing_to_stop(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "none.sock")
    assert supervisor.states() == []
    supervisor.stop_group("gateway")
    supervisor.shut_down()


def test_postgres_runs_in_a_folder_that_only_its_owner_could_enter(run_dir: Path) -> None:
    shut = run_dir / "shut"
    shut.mkdir(mode=0o700)
    server = EmbeddedPostgres(shut / "postgres", run_dir / "shut-pg", "secret")
    assert server.prepare() is True
    assert server.prepare() is False
    assert stat.S_IMODE(shut.stat().st_mode) in (0o700, 0o711)
    assert stat.S_IMODE(server.data_dir.stat().st_mode) == 0o700


def test_interrupted_making_of_a_data_folder_is_begun_again(run_dir: Path) -> None:
    server = EmbeddedPostgres(run_dir / "half", run_dir / "half-pg", "secret")
    (server.data_dir / "base").mkdir(parents=True)
    (server.data_dir / "base" / "1").write_text("half")
    assert server.prepare() is True
    assert (server.data_dir / "PG_VERSION").exists()


def test_pid_file_whose_number_belongs_to_another_program_is_removed(run_dir: Path) -> None:
    server = EmbeddedPostgres(run_dir / "stale", run_dir / "stale-pg", "secret")
    server.prepare()
    pid_file = server.data_dir / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n")
    server.prepare()
    assert not pid_file.exists()
