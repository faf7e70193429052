"""Settings of the allocator's process (`ALLOCATOR_…`)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from monitoring.settings import ProcessSettings


class AllocatorSettings(ProcessSettings):
    """What `python -m allocator` needs to know.

    `instance` names this process among the allocators: one of the same name may
    take its own lease over at once, another waits until the lease has run out. The
    leader renews its lease every second, and with every batch. `pipelined` is a switch
    for psycopg's pipeline mode (see `allocator.store.Store`).
    """

    model_config = SettingsConfigDict(env_prefix="ALLOCATOR_")

    database_url: str
    redis_url: str
    secrets_dir: Path
    internal_port: int = Field(ge=0, le=65_535)
    internal_host: str = "127.0.0.1"
    instance: str = "allocator-0"
    batch_size_max: int = Field(default=1_000, ge=1, le=5_000)
    lease_s: float = Field(default=3.0, ge=2.0)
    publish_every_s: float = Field(default=0.25, gt=0)
    pipelined: bool = True
