"""`seiriken report`: the doses and vials that are needed (R7), and the doses that were given."""

from __future__ import annotations

import getpass
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines, print_table
from seiriken.stack_commands import HomeOption
from seiriken.target import find_target

if TYPE_CHECKING:
    from allocator.demand import Need, Total
    from allocator.demand_report import DemandReport

app = typer.Typer(help="Figures for planning.", no_args_is_help=True)


@app.callback()
def _reports() -> None:
    """Figures for planning."""


@app.command()
def demand(
    from_: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="DAY", help="The first day."),
    ] = None,
    to: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], metavar="DAY", help="The last day."),
    ] = None,
    venue: Annotated[str | None, typer.Option(help="Of one venue alone, by its id.")] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE|-", help="Write a table for a spreadsheet.")
    ] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Show doses and vials by day, venue and product: what is booked, and if all is booked."""
    from allocator.demand import totals
    from allocator.demand_report import as_csv, read_demand
    from allocator.model import PROBE_ID

    first, last = _day(from_), _day(to)
    if first and last and first > last:
        raise CommandError(f"--from {first} is after --to {last}")
    report = read_demand(
        find_target(home).database_url, first_day=first, last_day=last, venue_id=venue
    )
    if venue is not None and venue not in report.venues:
        known = ", ".join(sorted(report.venues.keys() - {PROBE_ID}))
        raise CommandError(f"--venue: there is no {venue}; known: {known}")
    in_all = totals(report.needs)
    if csv is not None:
        _write(csv, as_csv(report.needs, report.venues, report.products))
    if as_json and csv != Path("-"):
        print_json({"needs": report.needs, "totals": in_all})
    elif csv is None:
        _show(report, in_all)
    elif csv != Path("-"):
        print_lines([f"{len(report.needs):,} lines written to {csv}"])


@app.command()
def doses(
    csv: Annotated[Path, typer.Option(metavar="FILE|-", help="Where the table is written.")],
    from_: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="DAY", help="The first day."),
    ] = None,
    to: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], metavar="DAY", help="The last day."),
    ] = None,
    by_record: Annotated[
        bool, typer.Option("--by-record", help="Days on which doses were recorded, not given.")
    ] = False,
    encoding: Annotated[
        Literal["utf-8", "utf-8-bom", "shift_jis"], typer.Option(help="Of the table.")
    ] = "utf-8",
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Write the doses given as a table in the shape of the national record (docs/venue.md)."""
    from allocator.roster import read_keys
    from gateway.staff.doses_given import read_doses
    from gateway.staff.national_record import Days, NotEncodable, as_record

    first, last = _day(from_), _day(to)
    if first and last and first > last:
        raise CommandError(f"--from {first} is after --to {last}")
    target = find_target(home)
    roster_key = read_keys(target.secrets_dir).roster
    days = Days(first, last, by_record)
    given = read_doses(target.database_url, roster_key, days, _operator())
    try:
        _write_bytes(csv, as_record(given, encoding))
    except NotEncodable:
        raise CommandError("--encoding: it lacks a character of the table; use utf-8") from None
    if csv != Path("-") and as_json:
        print_json({"doses": len(given), "file": str(csv)})
    elif csv != Path("-"):
        print_lines([f"{len(given):,} doses written to {csv}"])


def _operator() -> str:
    """Return who asks, for the journal of looks: the account on this machine."""
    return getpass.getuser()


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _write(path: Path, text: str) -> None:
    """Write with a byte order mark: without it Excel takes Japanese for something else."""
    _write_bytes(path, text.encode("utf-8-sig"))


def _write_bytes(path: Path, content: bytes) -> None:
    if path == Path("-"):
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CommandError(f"--csv: {path} cannot be written: {error.strerror}") from None


def _show(report: DemandReport, in_all: list[Total]) -> None:
    if not report.needs:
        print_lines(["no seats there"])
        return
    columns = ("day", "venue", "product", "dose 1", "dose 2", "vials", "left over", "if all booked")
    print_table(columns, [_row(report, need) for need in report.needs])
    for total in in_all:
        name = report.products[total.product_id].names["ja"]
        booked = f"{total.doses:,} doses booked, {total.vials:,} vials"
        most = f"{total.vials_for_all_seats:,} vials if all {total.seats:,} seats are booked"
        print_lines([f"{name}: {booked} ({total.spare_doses:,} doses left over); {most}"])


def _row(report: DemandReport, need: Need) -> list[str]:
    numbers = (need.dose_1, need.dose_2, need.vials, need.spare_doses, need.vials_for_all_seats)
    return [
        f"{need.day:%Y-%m-%d %a}",
        report.venues[need.venue_id].names["ja"],
        report.products[need.product_id].names["ja"],
        *(f"{number:,}" for number in numbers),
    ]
