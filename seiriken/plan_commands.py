"""`seiriken plan`: what comes of a plan, what differs, and every edit of it (docs/releases.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seiriken.approval_commands import By, Reason, refused
from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines, print_table
from seiriken.release_commands import ReleaseId, ReleasePath, loaded, refuse
from seiriken.stack_commands import HomeOption
from seiriken.target import find_target

if TYPE_CHECKING:
    from allocator.plan_diff import DayOfPlan, Difference
    from allocator.release import ReleasePlan

app = typer.Typer(help="Plans: what comes of them, and their history.", no_args_is_help=True)

PlanId = Annotated[str, typer.Argument(help="The release's id.")]
Other = Annotated[
    Path | None,
    typer.Option("--with", exists=True, dir_okay=False, readable=True, help="Another file."),
]


@app.command()
def show(file: ReleasePath, as_json: AsJson = False) -> None:
    """List the days that come of a plan: slots and seats of each dose."""
    from allocator.plan_diff import days_of

    days = days_of(_planned(file, as_json=as_json).slots)
    if as_json:
        print_json({"days": days})
        return
    rows = [(*_where(day), f"{day.slots:,}", f"{day.dose_1:,}", f"{day.dose_2:,}") for day in days]
    print_table(("day", "venue", "product", "slots", "dose 1", "dose 2"), rows)


@app.command()
def diff(
    file: ReleasePath,
    other: Other = None,
    release: ReleaseId = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """List the days on which a plan differs from what is loaded, or from another file."""
    from allocator.plan_diff import differences

    after = _planned(file, as_json=as_json)
    name = release or after.release.release_id
    before = _planned(other, as_json=as_json) if other else loaded(home, name)[0]
    found = differences(before.slots, after.slots)
    if as_json:
        print_json({"differences": found})
    elif not found:
        print_lines(["the same slots and seats"])
    else:
        columns = ("day", "venue", "product", "slots", "dose 1", "dose 2")
        print_table(columns, [_changed(one) for one in found])


@app.command()
def save(
    file: ReleasePath,
    by: By,
    reason: Reason,
    follows: Annotated[
        int | None, typer.Option(help="The edit that this one was made from (plan history).")
    ] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Keep a plan in the history, under its release's id. It is not loaded."""
    from allocator.approval import Refusal
    from allocator.plan_store import Overtaken
    from allocator.plan_store import save as keep

    plan_id = _planned(file, as_json=as_json).release.release_id
    text = file.read_text("utf-8-sig")
    url = find_target(home).database_url
    done = keep(url, plan_id, text, by, reason, follows, now=datetime.now(UTC))
    if isinstance(done, Refusal):
        refused(done)
    if isinstance(done, Overtaken):
        newest = done.newest
        raise CommandError(
            f"{plan_id} was saved by {newest.edited_by} as edit {newest.edit_id}: look at it "
            f"(seiriken plan history {plan_id}), then give --follows {newest.edit_id}"
        )
    if as_json:
        print_json({"plan_id": plan_id, "edit_id": done.edit_id})
    else:
        print_lines([f"{plan_id}: edit {done.edit_id} is kept"])


@app.command()
def history(plan_id: PlanId, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show every edit of a plan, the newest first: who, when, why, and which lines changed."""
    from allocator.plan_store import read_edits

    edits = read_edits(find_target(home).database_url, plan_id)
    if as_json:
        print_json({"edits": edits})
        return
    texts = {edit.edit_id: edit.text for edit in edits}
    lines: list[str] = []
    for edit in edits:
        lines.append(
            f"edit {edit.edit_id}, {edit.edited_at:%F %R %Z}, {edit.edited_by}: {edit.reason}"
        )
        before = texts.get(edit.follows or 0, "")
        lines += unified_diff(before.splitlines(), edit.text.splitlines(), lineterm="", n=1)
    print_lines(lines or ["no edit of this plan is kept"])


def _planned(file: Path, *, as_json: bool) -> ReleasePlan:
    from allocator.release import ReleasePlan
    from allocator.release_file import read_release_file

    planned = read_release_file(file.read_bytes())
    if not isinstance(planned, ReleasePlan):
        refuse(planned, as_json=as_json)
    return planned


def _where(day: DayOfPlan) -> tuple[str, str, str]:
    return f"{day.day:%Y-%m-%d %a}", day.venue_id, day.product_id


def _changed(one: Difference) -> tuple[str, ...]:
    day = one.after or one.before
    assert day is not None, "one of the two has it"
    numbers = (
        tuple(0 if side is None else getattr(side, name) for side in (one.before, one.after))
        for name in ("slots", "dose_1", "dose_2")
    )
    return *_where(day), *(
        f"{was:,} → {now:,}" if was != now else f"{now:,}" for was, now in numbers
    )
