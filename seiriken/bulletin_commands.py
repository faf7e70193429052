"""`seiriken incident`, `maintenance` and `contacts`: what the public and the contacts are told.

They need the folder of the system alone, neither PostgreSQL nor Redis: an incident may be
that these are away. The herald (`python -m monitoring.bulletin`) sends and writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from seiriken.errors import CommandError
from seiriken.home import Home
from seiriken.output import AsJson, print_json, print_lines, print_table
from seiriken.stack_commands import HomeOption
from seiriken.target import HOME_USUAL

if TYPE_CHECKING:
    from monitoring.bulletin.incidents import Incident
    from monitoring.bulletin.maintenance import Plan
    from monitoring.bulletin.record import Record

FOLDER_VARIABLE = "BULLETIN_DIR"

Changed = TypeVar("Changed")

incident = typer.Typer(help="Incidents: notices, status page.", no_args_is_help=True)
maintenance = typer.Typer(help="Planned downtime, a week ahead.", no_args_is_help=True)
contacts = typer.Typer(help="The agreed contacts.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="Its id, as `list` shows it.")]
Japanese = Annotated[str, typer.Option("--ja", help="What to say, in Japanese.")]
English = Annotated[str, typer.Option("--en", help="The same in English.")]
NextMinutes = Annotated[
    int, typer.Option("--next", min=1, max=1_440, help="Minutes until the next update.")
]


@incident.command("open")
def open_incident(
    ja: Japanese,
    en: English,
    next_minutes: NextMinutes = 30,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Tell the contacts and the public that something is wrong, and when more will be said."""
    from monitoring.bulletin.incidents import opened

    def make(record: Record) -> tuple[Record, Incident]:
        one = opened(record.incidents, {"ja": ja, "en": en}, _now(), _minutes(next_minutes))
        return record.with_incident(one), one

    _show_incident(_change(home, make), as_json=as_json)


@incident.command()
def update(
    incident_id: Id,
    ja: Japanese,
    en: English,
    next_minutes: NextMinutes = 30,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Say more of an incident, and when the next will be said."""
    from monitoring.bulletin.incidents import updated

    def make(record: Record) -> tuple[Record, Incident]:
        known = record.incident(incident_id)
        one = updated(known, {"ja": ja, "en": en}, _now(), _minutes(next_minutes))
        return record.with_incident(one), one

    _show_incident(_change(home, make), as_json=as_json)


@incident.command()
def resolve(
    incident_id: Id, ja: Japanese, en: English, home: HomeOption = None, as_json: AsJson = False
) -> None:
    """Say that an incident is over."""
    from monitoring.bulletin.incidents import resolved

    def make(record: Record) -> tuple[Record, Incident]:
        one = resolved(record.incident(incident_id), {"ja": ja, "en": en}, _now())
        return record.with_incident(one), one

    _show_incident(_change(home, make), as_json=as_json)


@incident.command("list")
def list_incidents(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show all incidents, the latest first."""
    from monitoring.bulletin.words import moment

    found = _record(home).incidents[::-1]
    if as_json:
        print_json(found)
        return
    rows = [
        [
            one.incident_id,
            one.latest.stage,
            moment(one.latest.said_at, "en"),
            "" if one.latest.next_at is None else moment(one.latest.next_at, "en"),
            one.latest.words["en"],
        ]
        for one in found
    ]
    _table(["id", "stage", "said", "next update by", "words"], rows, "no incidents")


@maintenance.command()
def plan(
    begins: Annotated[str, typer.Option("--from", metavar="TIME", help="As 2021-09-01T22:00.")],
    ends: Annotated[str, typer.Option("--to", metavar="TIME", help="Of the site, if no offset.")],
    emergency: Annotated[
        str, typer.Option(metavar="REASON", help="Why it cannot wait for seven days; public.")
    ] = "",
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Announce downtime: banner on all pages, status page, contacts. Seven days ahead."""
    from monitoring.bulletin.maintenance import planned

    span = (_moment(begins, "--from"), _moment(ends, "--to"))

    def make(record: Record) -> tuple[Record, Plan]:
        one = planned(record.plans, *span, _now(), emergency)
        return record.with_plan(one), one

    _show_plan(_change(home, make), as_json=as_json)


@maintenance.command()
def cancel(plan_id: Id, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Call planned downtime off; while it runs, the system is back at once."""
    from monitoring.bulletin.maintenance import cancelled

    def make(record: Record) -> tuple[Record, Plan]:
        one = cancelled(record.plan(plan_id), _now())
        return record.with_plan(one), one

    _show_plan(_change(home, make), as_json=as_json)


@maintenance.command("list")
def list_plans(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show all planned downtime, the latest first."""
    from monitoring.bulletin.words import span

    found, now = _record(home).plans[::-1], _now()
    if as_json:
        print_json(found)
        return
    rows = [[one.plan_id, one.phase(now), span(one, "en"), one.emergency] for one in found]
    _table(["id", "phase", "when", "emergency"], rows, "no downtime is planned")


@contacts.command()
def add(
    name: Annotated[str, typer.Argument(help="Whom, in a word or two.")],
    url: Annotated[str, typer.Argument(help="An address as apprise has it (mailtos://, json://).")],
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Add somebody who is told of incidents and downtime from now on."""
    from monitoring.bulletin.contacts import Contacts

    added = Contacts(_folder(home)).add(name, url, _now())
    if as_json:
        print_json({"name": added.name, "url": added.shown_url})
    else:
        print_lines([f"{added.name}: {added.shown_url}"])


@contacts.command()
def remove(name: str, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Take somebody off the list."""
    from monitoring.bulletin.contacts import Contacts

    Contacts(_folder(home)).remove(name)
    if as_json:
        print_json({"removed": name})
    else:
        print_lines([f"{name} is told no more"])


@contacts.command("list")
def list_contacts(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show who is told, without the secrets of their addresses."""
    from monitoring.bulletin.contacts import Contacts

    found = Contacts(_folder(home)).read()
    if as_json:
        print_json([{"name": one.name, "url": one.shown_url} for one in found])
    else:
        _table(["name", "address"], [[one.name, one.shown_url] for one in found], "no contacts")


@contacts.command("test")
def send_test(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Send everybody a test notice now; exit code 1 if somebody was not reached."""
    from monitoring.bulletin.contacts import Contacts, send

    words = "試験のお知らせです。対応は要りません。\nThis is a test. Nothing is to be done."
    found = Contacts(_folder(home)).read()
    reached = {one.name: send(one, "[Seiriken] 試験 / Test", words) for one in found}
    if as_json:
        print_json({"reached": reached})
    else:
        rows = [[name, "reached" if is_so else "NOT reached"] for name, is_so in reached.items()]
        _table(["name", ""], rows, "no contacts")
    if not found or not all(reached.values()):
        raise typer.Exit(1)


def _folder(home: Path | None) -> Path:
    """Return where record and contacts are: of a stack, or as the environment says."""
    if home is None and (named := os.environ.get(FOLDER_VARIABLE)):
        return Path(named)
    found = Home(home or HOME_USUAL)
    if not found.path.is_dir():
        raise CommandError(
            f"no system is in {found.path}; name it with --home, or set {FOLDER_VARIABLE}"
        )
    return found.bulletin_dir


def _record(home: Path | None) -> Record:
    from monitoring.bulletin.record import RecordFile

    return RecordFile(_folder(home)).read()


def _change(home: Path | None, make: Callable[[Record], tuple[Record, Changed]]) -> Changed:
    from monitoring.bulletin.record import RecordFile

    return RecordFile(_folder(home)).change(make)


def _show_incident(one: Incident, *, as_json: bool) -> None:
    from monitoring.bulletin.words import moment

    if as_json:
        print_json(one)
        return
    after = one.latest.next_at
    promised = "" if after is None else f"; next update by {moment(after, 'en')}"
    print_lines([f"{one.incident_id}: {one.latest.stage}{promised}"])


def _show_plan(one: Plan, *, as_json: bool) -> None:
    from monitoring.bulletin.words import span

    if as_json:
        print_json(one)
    else:
        print_lines([f"{one.plan_id}: {one.phase(_now())}, {span(one, 'en')}"])


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], none: str) -> None:
    if rows:
        print_table(columns, rows)
    else:
        print_lines([none])


def _moment(text: str, name: str) -> datetime:
    from monitoring.bulletin.words import SITE

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{name}: a time is written as 2021-09-01T22:00") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=SITE)


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def _now() -> datetime:
    return datetime.now(UTC)
