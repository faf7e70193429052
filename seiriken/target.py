"""Find the system that a command is about: a running stack's folder, or the environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from monitoring.settings import named
from seiriken.errors import CommandError
from seiriken.home import Home

HOME_USUAL = Path("var") / "demo"
"""Under the current folder."""


@dataclass(frozen=True)
class Target:
    """Where a system's servers and secrets are. `home` is None when it is no stack of ours."""

    database_url: str
    redis_url: str
    secrets_dir: Path
    home: Home | None


def find_target(home: Path | None) -> Target:
    """Return the system in `home`; without one, that of the environment, else the usual stack.

    The environment names it by DATABASE_URL, REDIS_URL and SECRETS_DIR, or by files of these
    names in SETTINGS_DIR.

    Raises:
        CommandError: nothing runs there, or the environment says only a part.
    """
    if home is None and named("DATABASE_URL"):
        return _from_environment()
    folder = Home(home or HOME_USUAL)
    stack = folder.read()
    if stack is None:
        raise CommandError(
            f"no stack runs in {folder.path}; start one with `seiriken up`, name it with "
            "--home, or set DATABASE_URL, REDIS_URL and SECRETS_DIR"
        )
    return Target(stack.database_url, stack.redis_url, folder.secrets_dir, folder)


def find_named_target(home: Path | None) -> Target | None:
    """Return the system that is named, or runs in the usual place; None where there is neither.

    Raises:
        CommandError: what is named does not run, or the environment says only a part.
    """
    is_named = home is not None or bool(named("DATABASE_URL"))
    return find_target(home) if is_named or Home(HOME_USUAL).read() is not None else None


def _from_environment() -> Target:
    values = {name: named(name) for name in ("REDIS_URL", "SECRETS_DIR")}
    if missing := [name for name, value in values.items() if not value]:
        raise CommandError(f"DATABASE_URL is set, but not {' and '.join(missing)}")
    secrets_dir = Path(values["SECRETS_DIR"])
    return Target(named("DATABASE_URL"), values["REDIS_URL"], secrets_dir, home=None)
