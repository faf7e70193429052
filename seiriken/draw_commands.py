"""`seiriken draw beacon`, `record` and `verify`: what makes the lobby's draw provable.

A draw that does not hold is a finding, said on standard output with exit code 1.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from seiriken.draw_verify import verify
from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from allocator.record_chain import KeptRecord

app = typer.Typer(help="The draw of the lobby: beacon, record, proof.", no_args_is_help=True)

BeaconText = Annotated[
    str | None,
    typer.Argument(
        metavar="[VALUE]",
        help="What nobody could know before. Left out, the source alone is announced.",
    ),
]
Source = Annotated[
    str, typer.Option(help="Where everybody can look the value up, in words or as an address.")
]
ReleaseId = Annotated[
    str | None, typer.Option("--release", help="Its id; the only one when left out.")
]
OneRelease = Annotated[
    str | None, typer.Option("--release", help="Show the records of this release alone.")
]

app.command()(verify)


@app.command()
def beacon(
    source: Source,
    value: BeaconText = None,
    release: ReleaseId = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Give the public value that the draw mixes in. Until the opening it can be replaced.

    Each value that was given stays on record. Best announce the source early, and give its
    value as soon as it is known; announcing a source takes a value back.
    """
    from allocator.model import SITE_TIMEZONE
    from allocator.record_store import BEACON_BEFORE, give_beacon
    from allocator.release_store import read_catalogue
    from seiriken.release_commands import chosen_release
    from seiriken.target import find_target

    given = "" if value is None else _checked("a beacon", value)
    source = _checked("a source", source)
    target = find_target(home)
    catalogue = read_catalogue(target.database_url)
    chosen = catalogue.releases[chosen_release(catalogue.releases, release)]
    if chosen.queue != "draw":
        raise CommandError(f"{chosen.release_id} is not drawn (queue: {chosen.queue})")
    now = datetime.now(SITE_TIMEZONE)
    if not give_beacon(target.database_url, chosen.release_id, given, source, now):
        opens_at = chosen.opens_at.astimezone(SITE_TIMEZONE)
        raise CommandError(
            f"too late: {chosen.release_id} is drawn when it opens ({opens_at:%F %T}), and a "
            f"beacon can be given until {BEACON_BEFORE.seconds} s before; nothing was changed"
        )
    if as_json:
        told = {"release_id": chosen.release_id, "beacon": given, "beacon_source": source}
        print_json(told)
    elif given:
        print_lines([f"{chosen.release_id}: the draw is going to mix in {given!r} ({source})"])
    else:
        print_lines([f"{chosen.release_id}: announced; give the value from: {source}"])


@app.command()
def record(release: OneRelease = None, home: HomeOption = None, as_json: AsJson = False) -> None:
    """List commitments, beacons and draws as they were kept, and check their chain of hashes.

    Exit code 1 when the chain breaks or records contradict each other.
    """
    from allocator.record_chain import chain_findings, draw_findings
    from allocator.record_store import read_records
    from seiriken.target import find_target

    kept = read_records(find_target(home).database_url)
    findings = [*chain_findings(kept), *draw_findings(kept)]
    shown = [row for row in kept if release in (None, row.record.release_id)]
    head = kept[-1].chain_hash.hex() if kept else ""
    if as_json:
        documents = [_document(row) for row in shown]
        result = {"in_order": not findings, "findings": findings, "head": head}
        print_json(result | {"records": documents})
    else:
        lines = [line for row in shown for line in _lines(row)]
        verdict = [f"in order: {len(kept):,} records, the chain holds to {head or 'nothing yet'}"]
        print_lines([*lines, *(findings or verdict)])
    if findings:
        raise typer.Exit(1)


def _checked(what: str, given: str) -> str:
    """Return a text as it is going to be hashed: without spaces around it, in the form NFC."""
    from waiting_room.draw import beacon_fault

    text = unicodedata.normalize("NFC", given.strip())
    if (fault := beacon_fault(text)) is not None:
        raise CommandError(f"{what} {fault}")
    return text


def _document(row: KeptRecord) -> dict[str, object]:
    return {
        "record_seq": row.record_seq,
        "release_id": row.record.release_id,
        "kind": row.record.kind,
        "recorded_at": row.record.recorded_at.isoformat(timespec="milliseconds"),
        "content": row.record.content,
        "chain_hash": row.chain_hash.hex(),
    }


def _lines(row: KeptRecord) -> list[str]:
    from allocator.model import SITE_TIMEZONE

    at = row.record.recorded_at.astimezone(SITE_TIMEZONE)
    head = f"{row.record_seq:>5}  {at:%F %T}  {row.record.release_id}  {row.record.kind}"
    return [head, *(f"       {name}: {value}" for name, value in row.record.content.items())]
