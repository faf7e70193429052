"""`seiriken release load`, `open`, `pause`, `resume` and `close`.

With RELEASE_APPROVAL=two_people each names who does it and why, and what lets people book is
proposed and approved by two (`seiriken approval`). Without it they go by themselves, as in a demo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, NoReturn

import typer

from monitoring.settings import named
from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from allocator.approval import Policy
    from allocator.model import Release
    from allocator.release import Finding, ReleasePlan
    from allocator.release_orders import Order

app = typer.Typer(help="What is on offer, and when.", no_args_is_help=True)

ReleasePath = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A YAML file.")
]
ReleaseId = Annotated[
    str | None, typer.Option("--release", help="Its id; the only one when left out.")
]
Message = Annotated[
    str | None, typer.Option(help="Shown to everybody who waits (at most 500 characters).")
]
By = Annotated[str | None, typer.Option("--by", help="Your staff account.")]
Reason = Annotated[str, typer.Option(help="Why: kept for good.")]

APPROVAL = "RELEASE_APPROVAL"


@app.command()
def load(file: ReleasePath, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Load a release that has no error, or load its changes; bookings stay."""
    from allocator.release import ReleasePlan, has_error, pairs_possible
    from allocator.release_file import read_release_file
    from allocator.release_store import Loaded, check_load, load_release
    from seiriken.cohort_look import look_at_roster
    from seiriken.target import find_target

    _alone_or_refuse("load")
    target = find_target(home)
    planned = read_release_file(file.read_bytes())
    if not isinstance(planned, ReleasePlan):
        refuse(planned, as_json=as_json)
    cohort = look_at_roster(target, planned.release) or []
    findings = [*check_load(target.database_url, planned), *cohort]
    done = findings if has_error(findings) else load_release(target.database_url, planned)
    if not isinstance(done, Loaded):
        refuse(done, as_json=as_json)
    _note(target.database_url, done.release_id, "load")
    pairs = pairs_possible(planned)
    if as_json:
        print_json({"loaded": done, "pairs": pairs, "findings": findings})
        return
    head = f"{done.release_id}: {done.slots:,} slots, {pairs:,} pairs"
    more = f"{done.slots_added:,} slots new, {done.slots_removed:,} gone"
    print_lines([*finding_lines(findings), f"{head} ({more})"])


@app.command("open")
def open_now(
    release: ReleaseId = None,
    message: Message = None,
    by: By = None,
    reason: Reason = "",
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Open now, if the linter finds no error; takes back a pause or a closing."""
    _order(Asked("open", release, message, by, reason), home, as_json=as_json)


@app.command()
def pause(
    release: ReleaseId = None,
    message: Message = None,
    by: By = None,
    reason: Reason = "",
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Let nobody in for now; who waits keeps the place, who is inside may finish."""
    _order(Asked("pause", release, message, by, reason), home, as_json=as_json)


@app.command()
def resume(
    release: ReleaseId = None,
    message: Message = None,
    by: By = None,
    reason: Reason = "",
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Take back a pause or a closing, if the linter finds no error: the clock decides again."""
    _order(Asked("resume", release, message, by, reason), home, as_json=as_json)


@app.command()
def close(
    release: ReleaseId = None,
    message: Message = None,
    by: By = None,
    reason: Reason = "",
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Take no more bookings; those that stand stay."""
    _order(Asked("close", release, message, by, reason), home, as_json=as_json)


class Asked(NamedTuple):
    """An order as it was typed."""

    order: Order
    release: str | None
    message: str | None
    by: str | None
    reason: str


def _order(asked: Asked, home: Path | None, *, as_json: bool) -> None:
    from allocator.model import SITE_TIMEZONE
    from allocator.release_orders import give_sound_order
    from allocator.release_store import Overtaken
    from seiriken.cohort_look import roster_key_of
    from seiriken.target import find_target

    checked_message(asked.message)
    target = find_target(home)
    url, roster_key = target.database_url, roster_key_of(target)
    held = stored_plan(home, asked.release)
    if asked.by is None:
        _alone_or_refuse(asked.order)
        now = datetime.now(SITE_TIMEZONE)
        ordered = give_sound_order(url, held, asked.order, asked.message, now, roster_key)
    else:
        ordered = _order_by(url, asked, held, roster_key)
    if isinstance(ordered, Overtaken):
        raise CommandError("somebody gave another order meanwhile: nothing is done; look again")
    if isinstance(ordered, list):
        refuse(ordered, as_json=as_json)
    if asked.by is None:
        _note(url, ordered.release_id, asked.order, asked.reason)
    if as_json:
        done = {"order": asked.order, "message": ordered.message}
        print_json({"release_id": ordered.release_id} | done)
    else:
        print_lines([f"{ordered.release_id}: {asked.order} is ordered"])


def _order_by(
    url: str, asked: Asked, planned: ReleasePlan, roster_key: bytes | None
) -> Release | list[Finding]:
    """Give an order in somebody's name, if one person may and nothing stands against it."""
    from allocator.approval import Refusal
    from allocator.approval_store import Wanted, order_alone
    from seiriken.approval_commands import refused

    wanted = Wanted(asked.order, asked.by or "", asked.reason, asked.message, release=planned)
    now = datetime.now(UTC)
    done = order_alone(url, approval_policy(), wanted, asked.order, now, roster_key)
    if isinstance(done, Refusal):
        refused(done)
    return done


def approval_policy() -> Policy:
    """Return whether two people are needed for a release: RELEASE_APPROVAL, off when it is unset.

    Raises:
        CommandError: it is set to something else.
    """
    match named(APPROVAL):
        case "" | "off":
            return "off"
        case "two_people":
            return "two_people"
        case _:
            raise CommandError(f"{APPROVAL} is neither off nor two_people")


def checked_message(message: str | None) -> None:
    """Refuse a message that is longer than a line.

    Raises:
        CommandError: it is.
    """
    from allocator.approval import MESSAGE_LENGTH_MAX, message_refusal

    if message_refusal(message) is not None:
        raise CommandError(f"a message is one line of at most {MESSAGE_LENGTH_MAX} characters")


def _alone_or_refuse(act: str) -> None:
    """Refuse what nobody stands up for, where two people are asked for."""
    if approval_policy() == "off":
        return
    if act in ("load", "open"):
        raise CommandError("two people are needed for this: seiriken approval propose")
    raise CommandError("say who you are and why: --by and --reason")


def _note(url: str, release_id: str, act: Order | Literal["load"], reason: str = "") -> None:
    from allocator.approval_store import DoneAct, note_act

    note_act(url, DoneAct(0, release_id, act, reason, None, None, "done", datetime.now(UTC)))


def loaded(home: Path | None, release: str | None) -> tuple[ReleasePlan, list[Finding]]:
    """Return a stored release as a plan, and what is wrong with it now."""
    from allocator.release_store import check_release
    from seiriken.target import find_target

    planned = stored_plan(home, release)
    return planned, check_release(find_target(home).database_url, planned)


def stored_plan(home: Path | None, release: str | None) -> ReleasePlan:
    """Return a stored release as a plan."""
    from allocator.release_store import read_catalogue, read_plan
    from seiriken.target import find_target

    url = find_target(home).database_url
    catalogue = read_catalogue(url)
    return read_plan(url, catalogue, chosen_release(catalogue.releases, release))


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


def refuse(findings: Sequence[Finding], *, as_json: bool) -> NoReturn:
    """Show what is wrong, and end with exit code 1."""
    if as_json:
        print_json({"findings": findings})
    else:
        print_lines([*finding_lines(findings), "not accepted; nothing was changed"])
    raise typer.Exit(1)


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """Return each finding as it is shown: what, where, and how to mend it."""
    return [
        line
        for finding in findings
        for line in (
            f"{finding.severity}: {f'{finding.path}: ' if finding.path else ''}{finding.message}",
            f"  mend: {finding.mend}",
        )
    ]
