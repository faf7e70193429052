from __future__ import annotations

from pathlib import Path

from loadtests.chaos.links import Links


def test_each_kind_of_process_goes_through_sockets_of_its_own(tmp_path: Path) -> None:
    settings = Links(tmp_path / "links", tmp_path / "home").settings()
    assert settings["GATEWAY_REDIS_URL"] == f"unix://{tmp_path}/links/gateway.sock?db=0"
    assert settings["ALLOCATOR_DATABASE_URL"].endswith(
        f"@/seiriken?host={tmp_path}/links/allocator"
    )
    assert len(set(settings.values())) == len(settings) == 7
    assert "ROOM_DATABASE_URL" not in settings


def test_password_that_the_city_has_is_kept_and_a_new_one_is_private(tmp_path: Path) -> None:
    secrets = tmp_path / "home" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "gateway.password").write_text("kept")
    settings = Links(tmp_path / "links", tmp_path / "home").settings()
    assert "seiriken_gateway_login:kept@" in settings["GATEWAY_DATABASE_URL"]
    made = secrets / "jobs.password"
    assert made.read_text() in settings["JOBS_DATABASE_URL"]
    assert made.stat().st_mode & 0o077 == 0
