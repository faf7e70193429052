"""Settings of backups (`BACKUP_…`): of the keeper, and of the commands, which need fewer."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from monitoring.settings import ProcessSettings
from seiriken.backup.catalogue import KEEP_USUAL
from seiriken.backup.schedule import Schedule

Engine = Literal["wheel", "pgbackrest"]


class KeeperSettings(ProcessSettings):
    """What the keeper needs to know. Times of day are those of the site.

    `dir` is the repository, which should lie on another machine's disk; `key_file` its key;
    `house_dirs` are the folders that are kept besides the database (secrets, bulletin). WAL
    waits in `spool_dir` until it is sealed. `postgres_bin` holds PostgreSQL's programs; the
    wheel's when left out. `pgbackrest_config` is asked for with that engine alone.
    """

    model_config = SettingsConfigDict(env_prefix="BACKUP_")

    database_url: str
    redis_url: str
    dir: Path
    key_file: Path
    spool_dir: Path
    house_dirs: tuple[Path, ...] = ()
    engine: Engine = "wheel"
    postgres_bin: Path | None = None
    pgbackrest_config: Path | None = None
    keep: int = Field(default=KEEP_USUAL, ge=1, le=400)
    full_at: time = time(2, 0)
    drill_at: time = time(3, 30)
    catch_up_after_s: int = Field(default=600, ge=0, le=86_400)
    niceness: int = Field(default=19, ge=0, le=19)
    internal_port: int = Field(ge=0, le=65_535)
    internal_host: str = "127.0.0.1"

    @model_validator(mode="after")
    def _check_engine(self) -> KeeperSettings:
        if self.engine == "pgbackrest" and self.pgbackrest_config is None:
            raise ValueError("set PGBACKREST_CONFIG for that engine")
        return self

    @property
    def schedule(self) -> Schedule:
        """Return when what is due."""
        return Schedule(self.full_at, self.drill_at, timedelta(seconds=self.catch_up_after_s))
