"""What a staff gateway is told when it starts (`STAFF_…`)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from monitoring.settings import ProcessSettings


class StaffSettings(ProcessSettings):
    """Frozen, read once."""

    model_config = SettingsConfigDict(env_prefix="STAFF_")

    database_url: str
    redis_url: str
    secrets_dir: Path
    port: int = Field(ge=0, le=65535)
    host: str = "127.0.0.1"
    internal_port: int = Field(ge=0, le=65535)
    internal_host: str = "127.0.0.1"

    municipality_code: str = Field(pattern=r"^[0-9]{6}$")
    city_name_ja: str = "印西市"
    city_name_en: str = "Inzai City"

    cookie_secure: bool = False
    """True behind TLS: the cookie gets the `__Host-` prefix, and answers HSTS."""
    client_address_header: str = ""
    """The header in which the edge proxy names the client; empty without such a proxy."""

    phone_desk: str = "0476-00-0000"
    """The number that a letter names."""

    short_messages: bool = False
    """Whether the city sends short messages (JOBS_SMS_URL), so that callers may choose them."""

    gateway_id: str = Field(default="staff", pattern=r"^[A-Za-z0-9_-]{1,32}$")
    """Names its stream of answers; the user of Redis may read `reply:staff` alone."""
    reply_wait_s: float = Field(default=4.0, gt=0)
    inbox_length_max: int = Field(default=22_000, gt=0)
    """More than the residents' gateways may fill: the rest of the inbox is kept for callers."""
    call_idle_s: int = Field(default=900, gt=0)
    call_absolute_s: int = Field(default=3_600, gt=0)
    """As a resident's own session: a caller is inside no longer than they could be themselves."""

    release_approval: Literal["off", "two_people"] = "off"
    """Whether one of the staff alone may open a release (docs/releases.md)."""

    session_idle_s: int = Field(default=900, gt=0)
    session_absolute_s: int = Field(default=28_800, gt=0)
    """A working day: who looks people up all day signs in once in the morning."""
    login_failures_max: int = Field(default=10, gt=0)
    network_failures_max: int = Field(default=60, gt=0)
    """Each in a quarter of an hour."""
    redis_connections_max: int = Field(default=8, gt=2)
    redis_timeout_s: float = Field(default=3.0, gt=1)
    """Longer than the block of a read of the reply stream (one second)."""
    database_connections_max: int = Field(default=4, gt=0)
    database_timeout_s: float = Field(default=2.0, gt=0)
    graceful_shutdown_s: int = Field(default=8, gt=0)
    leave_s: float = Field(default=1.0, ge=0)
    """How long connections that are idle may still bring a request to a process that stops."""

    @model_validator(mode="after")
    def _check(self) -> StaffSettings:
        if self.session_idle_s > self.session_absolute_s:
            raise ValueError("SESSION_IDLE_S is greater than SESSION_ABSOLUTE_S")
        return self
