from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitoring.errors import SettingsError
from seiriken.edge_front import EDGE, Front, find_nginx, left_behind
from seiriken.errors import CommandError


def front(folder: Path) -> Front:
    return Front(Path("/nginx"), folder / EDGE, folder / "status", 8_080, (9_001, 9_002), 9_003)


def test_what_an_operator_sets_reaches_the_edge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_REQUESTS_PER_S_PER_NETWORK", "7")
    front(tmp_path).prepare()
    settings = (tmp_path / EDGE / "conf" / "nginx.conf").read_text()
    assert "rate=7r/s" in settings
    assert "access_log syslog:server=127.0.0.1:9003" in settings
    upstreams = (tmp_path / EDGE / "conf" / "upstreams.conf").read_text()
    assert upstreams.index("127.0.0.1:9001") < upstreams.index("127.0.0.1:9002")
    assert (tmp_path / EDGE / "static" / "seiriken.css").exists()


def test_a_limit_of_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_BURST_PER_NETWORK", "0")
    with pytest.raises(SettingsError, match="EDGE_BURST_PER_NETWORK"):
        front(tmp_path).prepare()


def test_nothing_is_left_behind_where_the_pid_is_none_or_another_programs(tmp_path: Path) -> None:
    assert left_behind(tmp_path) == []
    pid_file = tmp_path / EDGE / "run" / "nginx.pid"
    pid_file.parent.mkdir(parents=True)
    pid_file.write_text("")
    assert left_behind(tmp_path) == []
    pid_file.write_text(str(os.getpid()))
    assert left_behind(tmp_path) == []


def test_without_nginx_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CommandError, match=r"sh deploy/find-edge\.sh"):
        find_nginx("/nowhere")
