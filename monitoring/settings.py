"""Settings of a process: one frozen typed object, read once, in its entry point.

Rule 1: a variable that is missing, malformed, contradictory or misspelt stops
the process, and the message names the variable, never its value.
Rule 2: secrets are no settings; they are read from files (`monitoring.secrets`). What is a setting
and holds a password, a server's URL, may stand in a file of its own name, too: in the folder
SETTINGS_DIR, as `gateway_database_url`. A variable of that name wins.

A process's class derives from `ProcessSettings` and sets its own prefix:

    class RoomSettings(ProcessSettings):
        model_config = SettingsConfigDict(env_prefix="ROOM_")
        tick_s: float = 0.5

    settings = load(RoomSettings)   # reads ROOM_TICK_S
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableSetting

from monitoring.errors import SettingsError as SettingsError


class ProcessSettings(BaseSettings):
    """What every process's settings share: frozen, closed, silent about values.

    A validator of a derived class may raise ValueError; its text is shown, so
    that it must not repeat a value.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Settings = TypeVar("Settings", bound=ProcessSettings)

FILES_DIR = "SETTINGS_DIR"
"""The variable that names the folder with settings in files, as containers get their secrets."""


def load(cls: type[Settings]) -> Settings:
    """Read a process's settings from the environment, and from files where it names a folder.

    Raises:
        SettingsError: a variable is missing, malformed, contradictory or misspelt.
    """
    if faults := _misspelt(cls):
        raise SettingsError(faults)
    try:
        return cls(_secrets_dir=os.environ.get(FILES_DIR) or None)
    except ValidationError as error:
        faults = _faults(cls, error)
    except UnreadableSetting:
        faults = [(f"{_prefix(cls)}*", "a value that should be JSON is none")]
    raise SettingsError(faults)


def named(name: str) -> str:
    """Return what a variable says, else the file of that name; empty when there is neither."""
    if value := os.environ.get(name, ""):
        return value
    if not (folder := os.environ.get(FILES_DIR, "")):
        return ""
    try:
        return (Path(folder) / name.lower()).read_text("utf-8").strip()
    except OSError:
        return ""


def _prefix(cls: type[ProcessSettings]) -> str:
    return str(cls.model_config.get("env_prefix", "")).upper()


def _misspelt(cls: type[ProcessSettings]) -> list[tuple[str, str]]:
    """Return the variables that carry the prefix and are no field."""
    prefix = _prefix(cls)
    if not prefix:
        return []
    fields = {prefix + field.upper() for field in cls.model_fields}
    names = sorted(name for name in os.environ if name.upper().startswith(prefix))
    return [(name, "no such setting") for name in names if name.upper() not in fields]


def _faults(cls: type[ProcessSettings], error: ValidationError) -> list[tuple[str, str]]:
    """Say what is wrong with which variable, without the text that pydantic takes from values."""
    faults = []
    for detail in error.errors(include_url=False, include_input=False):
        field = str(detail["loc"][0]).upper() if detail["loc"] else "*"
        from_value = "error" in detail.get("ctx", {}) and detail["type"] != "value_error"
        fault = detail["type"] if from_value else detail["msg"].removeprefix("Value error, ")
        faults.append((_prefix(cls) + field, fault))
    return faults
