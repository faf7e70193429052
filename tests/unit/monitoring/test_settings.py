from __future__ import annotations

from pathlib import Path
from typing import Self

import pytest
from pydantic import ValidationError, model_validator
from pydantic_settings import SettingsConfigDict

from monitoring.settings import FILES_DIR, ProcessSettings, SettingsError, load, named


class DemoSettings(ProcessSettings):
    model_config = SettingsConfigDict(env_prefix="DEMO_")

    redis_url: str
    tick_s: float = 0.5
    secrets_dir: Path = Path("secrets")
    hosts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def tick_is_positive(self) -> Self:
        if self.tick_s <= 0:
            raise ValueError("tick_s must be above 0")
        return self


@pytest.fixture(autouse=True)
def redis_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_REDIS_URL", "redis://somewhere")


def test_settings_come_from_variables_with_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_TICK_S", "2.5")
    settings = load(DemoSettings)
    assert (settings.redis_url, settings.tick_s) == ("redis://somewhere", 2.5)
    assert settings.secrets_dir == Path("secrets")


def test_settings_cannot_be_changed() -> None:
    settings = load(DemoSettings)
    with pytest.raises(ValidationError, match="frozen"):
        settings.tick_s = 1.0  # type: ignore[misc]  # the frozen field is the point


def test_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO_REDIS_URL")
    with pytest.raises(SettingsError, match="DEMO_REDIS_URL: Field required") as caught:
        load(DemoSettings)
    assert caught.value.variables == ("DEMO_REDIS_URL",)


def test_misspelt_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_TICKS_S", "sesame")
    with pytest.raises(SettingsError, match="DEMO_TICKS_S: no such setting") as caught:
        load(DemoSettings)
    assert "sesame" not in str(caught.value)


def test_malformed_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_TICK_S", "sesame")
    with pytest.raises(SettingsError, match="DEMO_TICK_S: ") as caught:
        load(DemoSettings)
    assert "sesame" not in str(caught.value)
    assert caught.value.__context__ is None


def test_value_that_should_be_a_list_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_HOSTS", "sesame")
    with pytest.raises(SettingsError) as caught:
        load(DemoSettings)
    assert caught.value.variables == ("DEMO_*",)
    assert "sesame" not in str(caught.value)


def test_contradiction_is_told_in_our_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_TICK_S", "0")
    with pytest.raises(SettingsError, match=r"DEMO_\*: tick_s must be above 0"):
        load(DemoSettings)


def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_TICK_S", "sesame")
    assert load(DemoSettings).tick_s == 0.5


def test_class_without_prefix_takes_no_notice_of_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare(ProcessSettings):
        redis_url: str

    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    assert load(Bare).redis_url == "redis://elsewhere"


def test_setting_may_stand_in_a_file_and_a_variable_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "demo_redis_url").write_text("redis://from-a-file\n")
    (tmp_path / "identity.key").write_text("none of the settings")
    monkeypatch.setenv(FILES_DIR, str(tmp_path))
    assert load(DemoSettings).redis_url == "redis://somewhere"
    monkeypatch.delenv("DEMO_REDIS_URL")
    assert load(DemoSettings).redis_url == "redis://from-a-file"


def test_what_is_named_by_a_variable_or_a_file_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv(FILES_DIR, raising=False)
    assert named("DATABASE_URL") == ""
    monkeypatch.setenv(FILES_DIR, str(tmp_path))
    assert named("DATABASE_URL") == ""
    (tmp_path / "database_url").write_text("postgresql://file\n")
    assert named("DATABASE_URL") == "postgresql://file"
    monkeypatch.setenv("DATABASE_URL", "postgresql://variable")
    assert named("DATABASE_URL") == "postgresql://variable"
