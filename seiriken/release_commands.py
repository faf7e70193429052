"""`seiriken release load`, `check`, `open`, `pause`, `resume` and `close`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from allocator.model import Release
    from allocator.release import Finding, ReleasePlan
    from allocator.release_store import Order

app = typer.Typer(help="What is on offer, and when.", no_args_is_help=True)

ReleasePath = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A YAML file.")
]
CheckedPath = Annotated[
    Path | None,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="A YAML file, not loaded."),
]
ReleaseId = Annotated[
    str | None, typer.Option("--release", help="Its id; the only one when left out.")
]
Message = Annotated[
    str | None, typer.Option(help="Shown to everybody who waits (at most 500 characters).")
]

MESSAGE_LENGTH_MAX = 500


@app.command()
def load(file: ReleasePath, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Load a release that has no error, or load its changes; bookings stay."""
    from allocator.release import ReleasePlan, pairs_possible
    from allocator.release_file import read_release_file
    from allocator.release_store import Loaded, check_release, load_release
    from seiriken.target import find_target

    target = find_target(home)
    planned = read_release_file(file.read_bytes())
    if not isinstance(planned, ReleasePlan):
        _refuse(planned, as_json=as_json)
    done = load_release(target.database_url, planned)
    if not isinstance(done, Loaded):
        _refuse(done, as_json=as_json)
    warnings = check_release(target.database_url, planned)
    pairs = pairs_possible(planned)
    if as_json:
        print_json({"loaded": done, "pairs": pairs, "findings": warnings})
        return
    head = f"{done.release_id}: {done.slots:,} slots, {pairs:,} pairs"
    more = f"{done.slots_added:,} slots new, {done.slots_removed:,} gone"
    print_lines([*_lines(warnings), f"{head} ({more})"])


@app.command()
def check(
    file: CheckedPath = None,
    release: ReleaseId = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Look for mistakes, in a file or in what is loaded. Exit code 1 when there is an error."""
    from allocator.release import ReleasePlan, findings_of, has_error, pairs_possible
    from allocator.release_file import known_products, read_release_file

    if file is None:
        planned, findings = _loaded(home, release)
    else:
        read = read_release_file(file.read_bytes())
        if not isinstance(read, ReleasePlan):
            _refuse(read, as_json=as_json)
        planned, findings = read, findings_of(read, known_products())
    if has_error(findings):
        _refuse(findings, as_json=as_json)
    pairs = pairs_possible(planned)
    if as_json:
        print_json({"findings": findings, "pairs": pairs})
    else:
        name = planned.release.release_id
        print_lines([*_lines(findings), f"{name}: no error, {pairs:,} pairs"])


@app.command("open")
def open_now(
    release: ReleaseId = None,
    message: Message = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Open now, if the linter finds no error; takes back a pause or a closing."""
    from allocator.release import has_error

    _, findings = _loaded(home, release)
    if has_error(findings):
        _refuse(findings, as_json=as_json)
    _order("open", release, message, home, as_json=as_json)


@app.command()
def pause(
    release: ReleaseId = None,
    message: Message = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Let nobody in for now; who waits keeps the place, who is inside may finish."""
    _order("pause", release, message, home, as_json=as_json)


@app.command()
def resume(
    release: ReleaseId = None,
    message: Message = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Take back a pause or a closing: the clock decides again."""
    _order("resume", release, message, home, as_json=as_json)


@app.command()
def close(
    release: ReleaseId = None,
    message: Message = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Take no more bookings; those that stand stay."""
    _order("close", release, message, home, as_json=as_json)


def _order(
    order: Order, release: str | None, message: str | None, home: Path | None, *, as_json: bool
) -> None:
    from allocator.model import SITE_TIMEZONE
    from allocator.release_store import give_order, read_catalogue
    from seiriken.target import find_target

    if message is not None and (len(message) > MESSAGE_LENGTH_MAX or not message.isprintable()):
        raise CommandError(f"a message is one line of at most {MESSAGE_LENGTH_MAX} characters")
    target = find_target(home)
    catalogue = read_catalogue(target.database_url)
    chosen = catalogue.releases[chosen_release(catalogue.releases, release)]
    now = datetime.now(SITE_TIMEZONE)
    ordered = give_order(target.database_url, chosen, order, message, now)
    if as_json:
        print_json({"release_id": ordered.release_id, "order": order, "message": ordered.message})
    else:
        print_lines([f"{ordered.release_id}: {order} is ordered"])


def _loaded(home: Path | None, release: str | None) -> tuple[ReleasePlan, list[Finding]]:
    from allocator.release_store import check_release, read_catalogue, read_plan
    from seiriken.target import find_target

    url = find_target(home).database_url
    catalogue = read_catalogue(url)
    planned = read_plan(url, catalogue, chosen_release(catalogue.releases, release))
    return planned, check_release(url, planned)


def chosen_release(releases: Mapping[str, Release], asked: str | None) -> str:
    """Return the release that was asked for, or the only one there is for residents.

    Raises:
        CommandError: there is none, or none was named of several.
    """
    for_residents = [name for name, release in releases.items() if not release.is_for_probe]
    if asked is None and len(for_residents) == 1:
        return for_residents[0]
    if asked is not None and asked in releases:
        return asked
    known = ", ".join(sorted(for_residents)) or "none"
    raise CommandError(f"say which release by --release; loaded: {known}")


def _refuse(findings: Sequence[Finding], *, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"findings": findings})
    else:
        print_lines([*_lines(findings), "not accepted; nothing was changed"])
    raise typer.Exit(1)


def _lines(findings: Sequence[Finding]) -> list[str]:
    return [
        line
        for finding in findings
        for line in (
            f"{finding.severity}: {f'{finding.path}: ' if finding.path else ''}{finding.message}",
            f"  mend: {finding.mend}",
        )
    ]
