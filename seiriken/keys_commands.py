"""`seiriken keys`: the keys of contact details: listed, rotated, retired (docs/keys.md)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seiriken.errors import CommandError
from seiriken.home import Home
from seiriken.output import AsJson, print_json, print_lines, print_table
from seiriken.stack_commands import HomeOption
from seiriken.target import HOME_USUAL

if TYPE_CHECKING:
    from allocator.key_rotation import KeyStore, Resealed, StoredKey
    from allocator.retiring import BackupsLeft, Uses
    from seiriken.target import Target

app = typer.Typer(help="The keys of contact details.", no_args_is_help=True)


@app.command("list")
def list_keys(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show each data key, what it seals, and the master keys in the secrets' folder."""
    from allocator.key_rotation import requests_by_key
    from seiriken.target import find_target

    target = find_target(home)
    with _opened(target) as store:
        keys, contacts = store.data_keys(), store.contacts_by_key()
    masters = _masters(target.secrets_dir)
    requests = requests_by_key(target.redis_url)
    if as_json:
        without_id = {"contacts": contacts.get("", 0), "requests": requests.get("", 0)}
        shown = [{"master_id": one, "file": name} for one, name in masters.items()]
        print_json({"keys": keys, "masters": shown, "sealed_without_id": without_id})
        return
    print_table(
        ["data key", "made", "contacts", "in the inbox", "master key", ""],
        [
            [
                one.key_id,
                one.made_at.astimezone().isoformat(timespec="seconds"),
                f"{one.contacts:,}",
                f"{requests.get(one.key_id, 0):,}",
                one.master_id,
                "seals" if one is keys[-1] else "opens",
            ]
            for one in keys
        ],
    )
    lines = [f"master key {one}: {name}" for one, name in masters.items()]
    print_lines([*lines, f"{contacts.get('', 0):,} contacts are sealed with a master key itself"])


@app.command()
def rotate(
    home: HomeOption = None,
    master: Annotated[
        bool, typer.Option("--master", help="Make a new master key; contacts stay as they are.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Make no key; seal anew what remains.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new data key and seal all stored contacts anew, while the city works.

    It can be stopped at any moment, and goes on with --resume.
    """
    from seiriken.progress import Steps
    from seiriken.target import find_target

    target, steps = find_target(home), Steps()
    if master:
        _rotate_master(target, resume=resume, as_json=as_json)
        return
    with _opened(target) as store:
        key_id = store.make_key(only_first=resume)
        waiting = store.remaining(key_id)
        with steps.counted("sealing contacts anew", waiting) as advance:
            done = store.reseal(advance)
    _say_resealed(done, as_json=as_json)


@app.command()
def retire(
    key: Annotated[str, typer.Argument(help="The id of a data key or a master key.")],
    home: HomeOption = None,
    backups_checked: Annotated[
        bool,
        typer.Option(
            "--backups-checked", help="You looked: no backup is kept that needs the master key."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Drop a key that nothing needs any more; refused while anything may."""
    from allocator.retiring import reasons_to_keep
    from seiriken.target import find_target

    target = find_target(home)
    masters = _masters(target.secrets_dir)
    with _opened(target) as store:
        backups = None
        if key in masters:
            uses, backups = _uses_of_master(target, store, key, masters)
        else:
            uses = _uses_of_data_key(target, store, key)
        asked = None if backups_checked else backups
        if reasons := reasons_to_keep(uses, datetime.now(UTC), asked):
            raise CommandError(f"{key} is kept: " + "; ".join(reasons))
        if key in masters:
            (target.secrets_dir / masters[key]).unlink()
        else:
            store.retire(key)
    if as_json:
        print_json({"retired": key})
    else:
        print_lines([f"{key} is retired"])


def _rotate_master(target: Target, *, resume: bool, as_json: bool) -> None:
    """Put a new master key in place, unless one waits to be used; wrap every data key with it."""
    from monitoring.secrets import replace_master

    newest = next(iter(_masters(target.secrets_dir)))
    with _opened(target) as store:
        store.make_key(only_first=True)
        is_used = any(one.master_id == newest for one in store.data_keys())
        if is_used and not resume:
            try:
                replace_master(target.secrets_dir, f"contact-{newest}.key")
            except OSError as error:
                raise CommandError(
                    f"{target.secrets_dir}: {os.strerror(error.errno or 0)}. Where the folder is "
                    "read-only, put the files there yourself (docs/keys.md), then: "
                    "seiriken keys rotate --master --resume"
                ) from None
        rewrapped = store.wrap_anew()
    newest = next(iter(_masters(target.secrets_dir)))
    if as_json:
        print_json({"master_id": newest, "rewrapped": rewrapped})
        return
    print_lines(
        [
            f"master key {newest} wraps {rewrapped:,} data keys anew",
            "Copy the secrets' folder to where you keep it, and make a backup: seiriken backup now",
        ]
    )


def _say_resealed(done: Resealed, *, as_json: bool) -> None:
    if as_json:
        print_json(done)
    else:
        print_lines(
            [
                f"data key {done.key_id} seals",
                f"{done.resealed:,} contacts were sealed anew, {done.remaining:,} remain",
                "A process learns of it within a minute. Older keys go by: seiriken keys retire ID",
            ]
        )
    if done.unreadable:
        raise CommandError(
            f"{done.unreadable:,} contacts cannot be opened with any key; they stay as they are"
        )
    if done.remaining:
        raise CommandError(f"{done.remaining:,} remain; seiriken keys rotate --resume goes on")


def _uses_of_data_key(target: Target, store: KeyStore, key: str) -> Uses:
    """Look into the inbox before the tables: what is decided in between is seen in them."""
    from allocator.key_rotation import requests_by_key
    from allocator.retiring import Uses

    requests = requests_by_key(target.redis_url)
    keys = store.data_keys()
    found = next((one for one in keys if one.key_id == key), None)
    if found is None:
        raise CommandError(f"{key}: no key has this id; seiriken keys list shows them")
    newer_since = None if found is keys[-1] else keys[-1].made_at
    return Uses(found.contacts, requests.get(key, 0), newer_since)


def _uses_of_master(
    target: Target, store: KeyStore, key: str, masters: dict[str, str]
) -> tuple[Uses, BackupsLeft]:
    from allocator.key_rotation import requests_by_key
    from allocator.retiring import BackupsLeft, Uses

    requests = requests_by_key(target.redis_url)
    keys = store.data_keys()
    wraps = sum(one.master_id == key for one in keys)
    is_newest = key == next(iter(masters))
    needed_until = max(_moments(keys), default=datetime.now(UTC))
    # Processes seal with a master key itself until they know of a data key.
    newer_since = None if is_newest or not keys else keys[0].made_at
    uses = Uses(store.contacts_by_key().get("", 0), requests.get("", 0), newer_since, wraps)
    return uses, BackupsLeft(_oldest_backup(target), needed_until)


def _moments(keys: list[StoredKey]) -> Iterator[datetime]:
    for one in keys:
        yield one.wrapped_at
        if one.resealed_at is not None:
            yield one.resealed_at


def _oldest_backup(target: Target) -> datetime | None:
    """Return when the oldest backup that is kept began; None if there is none to be seen."""
    from seiriken.backup.repository import Repository

    named = os.environ.get("BACKUP_DIR")
    folder = Path(named) if named else (target.home or Home(HOME_USUAL)).backups_dir
    if not folder.is_dir():
        return None
    return min((one.began_at for one in Repository(folder, None).backups()), default=None)


def _masters(secrets_dir: Path) -> dict[str, str]:
    """Return the id and file name of each master key, the one that wraps first."""
    from allocator.contact_keys import master_id
    from monitoring.secrets import MASTER_KEYS, read_secret

    names = sorted(path.name for path in secrets_dir.glob(MASTER_KEYS))
    found: dict[str, str] = {}
    for name in ("contact.key", *names):
        found.setdefault(master_id(read_secret(secrets_dir, name)).hex(), name)
    return found


@contextmanager
def _opened(target: Target) -> Iterator[KeyStore]:
    from allocator.key_rotation import open_keys

    with open_keys(target.database_url, target.secrets_dir) as store:
        yield store
