from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from seiriken.errors import CommandError
from seiriken.home import Home
from seiriken.supervision import Program, Supervisor, configuration


def parsed(tmp_path: Path, *programs: Program) -> configparser.RawConfigParser:
    text = configuration(Home(tmp_path), tmp_path / "run", programs)
    found = configparser.RawConfigParser()
    found.read_string(text)
    return found


def test_program_is_restarted_always_and_logs_to_a_file_of_its_own(tmp_path: Path) -> None:
    program = Program("allocator", ("python", "-m", "allocator"), 50, 30)
    section = parsed(tmp_path, program)["program:allocator"]
    assert section["command"] == "python -m allocator"
    assert section["autorestart"] == "true"
    assert section["autostart"] == "false"
    assert section["priority"] == "50"
    assert section["stopwaitsecs"] == "30"
    assert section["stdout_logfile"] == f"{tmp_path}/log/%(program_name)s.log"


def test_copies_that_share_a_socket_are_numbered_from_zero(tmp_path: Path) -> None:
    program = Program(
        "gateway",
        ("sh", "-c", "PORT=$PORT_{n} exec gateway"),
        70,
        20,
        environment={"PORT_0": "1", "PORT_1": "2"},
        copies=2,
        numbered=True,
        listen_port=8080,
    )
    section = parsed(tmp_path, program)["fcgi-program:gateway"]
    assert section["socket"] == "tcp://127.0.0.1:8080"
    assert section["numprocs"] == "2"
    assert section["process_name"] == "%(program_name)s_%(process_num)d"
    assert section["command"] == "sh -c 'PORT=$PORT_%(process_num)d exec gateway'"


def test_percent_signs_are_doubled_so_that_supervisord_leaves_them_alone(tmp_path: Path) -> None:
    program = Program("a", ("run", "50%"), 1, 1, environment={"URL": 'x%2F"y,z;'})
    section = parsed(tmp_path, program)["program:a"]
    assert section["command"] == "run 50%%"
    assert section["environment"].startswith("URL='x%%2F\"y,z;',SEIRIKEN_STACK_HOME=")


@pytest.mark.parametrize("value", ["a\nb", 'it\'s "so"'])
def test_value_that_cannot_be_written_is_refused_by_its_name_alone(
    tmp_path: Path, value: str
) -> None:
    with pytest.raises(CommandError, match="the value of SECRET holds") as refused:
        parsed(tmp_path, Program("a", ("run",), 1, 1, environment={"SECRET": value}))
    assert value not in str(refused.value)


def test_a_supervisor_that_is_not_there_yet_does_not_answer(tmp_path: Path) -> None:
    assert Supervisor(tmp_path / "supervisor.sock").answers() is False
