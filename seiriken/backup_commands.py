"""`seiriken backup`: make, list, prove and restore backups.

`list`, `drill` and `restore` need the repository and its key alone: on the worst day there is
nothing else. `now` needs the server that is backed up.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from seiriken.errors import CommandError
from seiriken.home import Home
from seiriken.output import AsJson, print_json, print_lines, print_table
from seiriken.progress import Steps
from seiriken.stack_commands import HomeOption
from seiriken.target import HOME_USUAL, find_target

if TYPE_CHECKING:
    from seiriken.backup.catalogue import Backup
    from seiriken.backup.engine import Engine
    from seiriken.backup.repository import Repository

app = typer.Typer(help="Backups: made, listed, proved, restored.", no_args_is_help=True)

RepositoryOption = Annotated[
    Path | None,
    typer.Option("--repository", help="Its folder; BACKUP_DIR, or the stack's when left out."),
]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", help="The file of its key; BACKUP_KEY_FILE, or the stack's."),
]
_MIB = 2**20


@app.command()
def now(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Make a full backup now, and remove those that are too many."""
    from seiriken.backup.catalogue import KEEP_USUAL
    from seiriken.backup.taking import Source, read_facts, take

    target = find_target(home)
    folders = Home(home or HOME_USUAL) if target.home is None else target.home
    house = folders.house_dirs if target.home is not None else (target.secrets_dir,)
    source = Source(_backup_url(target.database_url, target.secrets_dir), house)
    repository, steps = _repository(folders, None, None), Steps()
    repository.make()
    engine, keep = _engine(), _number("BACKUP_KEEP", KEEP_USUAL)
    size_mib = max(1, read_facts(source.database_url).size_bytes // _MIB)
    with repository.held(alone=True):
        with steps.counted("copying the database (MiB)", size_mib) as advance:
            counted = _in_mib(advance)
            made = take(repository, source, engine, is_urgent=True, progress=counted)
        with steps.step("removing what is too old"):
            removed = engine.rotate(repository, keep)
    if as_json:
        print_json({"backup": made, "removed": removed, "kept": len(repository.backups())})
    else:
        _show([made])


@app.command("list")
def list_backups(
    home: HomeOption = None,
    repository_dir: RepositoryOption = None,
    as_json: AsJson = False,
) -> None:
    """Show the backups, and up to which moment a restore is possible. Needs no key."""
    from seiriken.backup.repository import Repository

    folders = Home(home or HOME_USUAL)
    repository = Repository(repository_dir or _folder(folders), None)
    backups, names = repository.backups(), repository.wal_names()
    through = repository.reach(backups)
    drills = repository.drills()
    if as_json:
        print_json({"backups": backups, "through": through, "drills": drills, "wal": len(names)})
        return
    _show(backups)
    print_lines([f"WAL reaches to {_moment(through)}"])
    if drills:
        result = "found nothing wrong" if not drills[-1].findings else "FAILED"
        print_lines([f"last drill {_moment(drills[-1].ended_at)}: {result}"])


@app.command()
def drill(
    home: HomeOption = None,
    repository_dir: RepositoryOption = None,
    key: KeyOption = None,
    as_json: AsJson = False,
) -> None:
    """Restore the newest and the oldest backup beside the system, and compare (exit code 1)."""
    from seiriken.backup.drill import drill as run

    folders, steps = Home(home or HOME_USUAL), Steps()
    repository = _repository(folders, repository_dir, key)
    with _work_dir(folders) as work_dir, steps.step("restoring the newest and the oldest backup"):
        drilled = run(repository, work_dir, _engine(), steps.say)
    if as_json:
        print_json(drilled)
    elif drilled.findings:
        print_lines(drilled.findings)
    else:
        print_lines([f"in order: {', '.join(drilled.backups)}"])
    if drilled.findings:
        raise typer.Exit(1)


@app.command()
def restore(
    into: Annotated[Path, typer.Option("--into", help="An empty folder, the new system's home.")],
    to: Annotated[
        str, typer.Option("--to", metavar="TIME", help="As 2021-09-01T12:00:30; the last there is.")
    ] = "",
    home: HomeOption = None,
    repository_dir: RepositoryOption = None,
    key: KeyOption = None,
    as_json: AsJson = False,
) -> None:
    """Restore the system of a moment into a folder that `seiriken up --home` can start."""
    from seiriken.backup.restoring import restore as run

    repository = _repository(Home(home or HOME_USUAL), repository_dir, key)
    moment, steps = _moment_from(to), Steps()
    with steps.step("restoring"):
        restored = run(repository, into.expanduser().resolve(), moment, _engine())
    if as_json:
        print_json(restored)
        return
    bookings, entries = restored.note.rows.get("booking", 0), restored.note.journal_seq
    reached = _moment(restored.to or restored.through)
    print_lines(
        [
            f"restored from {restored.backup_id}, to {reached}",
            f"{bookings:,} bookings, the journal ends at entry {entries:,}",
            "next: see that nothing of the old system runs, empty its Redis if you keep it, then",
            f"  seiriken up --home {restored.folder}",
            f"  seiriken verify --home {restored.folder}",
        ]
    )


@app.command()
def configure(
    repository_dir: Annotated[Path, typer.Option("--repository", help="Of pgBackRest's own.")],
    data_dir: Annotated[Path, typer.Option("--data-dir", help="PostgreSQL's data folder.")],
    socket_dir: Annotated[Path, typer.Option("--socket-dir")] = Path("/var/run/postgresql"),
    user: Annotated[str, typer.Option("--user", help="As whom pgBackRest connects.")] = "postgres",
    home: HomeOption = None,
    key: KeyOption = None,
) -> None:
    """Print pgBackRest's configuration, its passphrase included, and what PostgreSQL needs."""
    from seiriken.backup.catalogue import KEEP_USUAL
    from seiriken.backup.pgbackrest import configuration, server_settings
    from seiriken.backup.sealing import read_key

    server = {"pg1-path": str(data_dir), "pg1-socket-path": str(socket_dir), "pg1-user": user}
    passphrase = read_key(_key_file(Home(home or HOME_USUAL), key)).hex()
    keep = _number("BACKUP_KEEP", KEEP_USUAL)
    wanted = [f"# {line}" for line in ("In postgresql.conf:", *server_settings())]
    print_lines([configuration(repository_dir, passphrase, server, keep), *wanted])


def _repository(folders: Home, repository_dir: Path | None, key: Path | None) -> Repository:
    """Return the repository that the options, the environment or the stack name, with its key."""
    from seiriken.backup.repository import Repository
    from seiriken.backup.sealing import read_key

    return Repository(repository_dir or _folder(folders), read_key(_key_file(folders, key)))


def _key_file(folders: Home, key: Path | None) -> Path:
    named = os.environ.get("BACKUP_KEY_FILE")
    return key or (Path(named) if named else folders.backup_key_file)


def _folder(folders: Home) -> Path:
    named = os.environ.get("BACKUP_DIR")
    return Path(named) if named else folders.backups_dir


@contextmanager
def _work_dir(folders: Home) -> Iterator[Path]:
    """Give where a drill restores to: the stack's folder for that, else one that goes again."""
    if folders.path.is_dir():
        yield folders.backup_work_dir
        return
    with TemporaryDirectory(prefix="seiriken-") as folder:
        yield Path(folder)


def _engine() -> Engine:
    """Return what copies servers: pgBackRest where its configuration is named, else the wheel."""
    from seiriken.backup.pgbackrest import PgBackRest
    from seiriken.backup.programs import programs
    from seiriken.backup.wheel import Wheel

    named = os.environ.get("BACKUP_POSTGRES_BIN")
    tools = programs(Path(named) if named else None)
    config = os.environ.get("BACKUP_PGBACKREST_CONFIG")
    return PgBackRest(Path(config), tools) if config else Wheel(tools)


def _backup_url(database_url: str, secrets_dir: Path) -> str:
    from allocator.migrate import role_url
    from seiriken.home import password_in

    return role_url(database_url, "backup", password_in(secrets_dir, "backup"))


def _in_mib(advance: Callable[[int], None]) -> Callable[[int], None]:
    """Return a counter of bytes that advances a bar by whole MiB."""
    seen = [0]

    def count(read: int) -> None:
        before, seen[0] = seen[0] // _MIB, seen[0] + read
        advance(seen[0] // _MIB - before)

    return count


def _number(variable: str, usual: int) -> int:
    value = os.environ.get(variable, "")
    if value and not (value.isdecimal() and int(value) > 0):
        raise CommandError(f"{variable}: not a number from 1 on")
    return int(value) if value else usual


def _moment_from(text: str) -> datetime | None:
    """Read a moment; without an offset it is the site's. Raises `CommandError`."""
    from allocator.model import SITE_TIMEZONE

    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError("--to: not a time such as 2021-09-01T12:00:30") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=SITE_TIMEZONE)


def _moment(moment: datetime | None) -> str:
    from allocator.model import SITE_TIMEZONE

    if moment is None:
        return "no moment yet"
    return moment.astimezone(SITE_TIMEZONE).isoformat(timespec="seconds")


def _show(backups: list[Backup]) -> None:
    rows = [
        [
            one.backup_id,
            _moment(one.ended_at),
            f"{one.bytes / _MIB:,.1f} MiB",
            f"{one.after.rows.get('booking', 0):,}",
            f"{one.after.journal_seq:,}",
        ]
        for one in backups
    ]
    print_table(["id", "ended", "size", "bookings", "journal"], rows)
