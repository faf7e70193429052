from __future__ import annotations

import stat
from pathlib import Path

import pytest

from seiriken.errors import CommandError
from seiriken.home import Home, StackFile, write_private

STACK = StackFile(
    supervisor_pid=1,
    run_dir="/run/seiriken",
    port=8080,
    internal_ports={"gateway_0": 1234},
    gateways=1,
    database_url="postgresql://owner:secret@/city",
    redis_url="unix:///run/seiriken/redis.sock",
    started_at=1.5,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_stack_file_comes_back_as_it_was_written_and_is_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    home.write(STACK)
    assert home.read() == STACK
    assert mode(home.stack_file) == 0o600
    assert mode(home.secrets_dir) == 0o700


@pytest.mark.parametrize("content", [b"", b"{}", b"no json"])
def test_stack_file_that_is_not_whole_counts_as_none(tmp_path: Path, content: bytes) -> None:
    home = Home(tmp_path)
    home.stack_file.write_bytes(content)
    assert home.read() is None


def test_folder_without_a_stack_has_none(tmp_path: Path) -> None:
    assert Home(tmp_path / "none").read() is None


def test_password_is_made_once_and_differs_between_names(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    assert home.password("gateway") == home.password("gateway")
    assert home.password("gateway") != home.password("jobs")
    assert mode(home.secrets_dir / "gateway.password") == 0o600


def test_second_command_in_the_same_folder_is_told_of_the_first(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with (
        home.locked(),
        pytest.raises(CommandError, match="another `seiriken up` or `down`"),
        home.locked(),
    ):
        pass
    with home.locked():
        pass


def test_private_file_replaces_one_that_others_could_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)
