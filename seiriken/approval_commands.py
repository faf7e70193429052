"""`seiriken approval`: what is proposed for a release, decided and done (docs/releases.md).

A person at the command line names their staff account. It is not asked to prove itself: whoever can
run these commands holds the database owner's rights, against which a password would prove nothing.
The name goes into lines that no command changes, and the rules are the same as on the pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines, print_table
from seiriken.release_commands import Message, ReleaseId, checked_message, loaded, refuse
from seiriken.stack_commands import HomeOption
from seiriken.target import find_target

if TYPE_CHECKING:
    from allocator.approval import Decided, Proposal, Refusal
    from allocator.approval_view import View
    from allocator.release import Finding

app = typer.Typer(help="Two people for each release.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", help="Your staff account (seiriken staff list).")]
Reason = Annotated[str, typer.Option(help="Why: kept for good (at most 500 characters).")]
ProposalId = Annotated[int, typer.Argument(min=1, help="Its number (seiriken approval list).")]
File = Annotated[
    Path | None,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="A YAML file, to load."),
]
What = Annotated[
    Literal["load", "open", "resume"], typer.Argument(help="What is to be done by two.")
]

WORDS = {
    "no_such_account": "there is no such account, or it is disabled (seiriken staff list)",
    "not_their_work": "releases are an operator's or a supervisor's work",
    "no_reason": "say why, by --reason",
    "reason_too_long": "a reason has at most 500 characters",
    "message_no_line": "a message is one line of at most 500 characters",
    "closed": "it is closed, so there is nothing to pause",
    "needs_second": "two people are needed for this: seiriken approval propose",
    "no_such_proposal": "there is no proposal of that number",
    "decided_already": "the proposal was decided already",
    "own_proposal": "somebody else must approve what you proposed",
    "changed": "somebody has changed the release since: look again (seiriken approval show)",
}


@app.command()
def propose(
    what: What,
    by: By,
    reason: Reason,
    file: File = None,
    release: ReleaseId = None,
    message: Message = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Propose to load a file, to open at once, or to open again what was closed."""
    from allocator.approval import Proposal
    from allocator.approval_store import Wanted
    from allocator.approval_store import propose as store
    from allocator.release import has_error

    if (what == "load") != (file is not None):
        raise CommandError("a file is proposed by `load`, and by nothing else")
    checked_message(message)
    text = file.read_text("utf-8-sig") if file else ""
    planned = None if file else loaded(home, release)[0]
    if file and has_error(found := _cohort_of(home, text)):
        refuse(found, as_json=as_json)
    wanted = Wanted(what, by, reason, message, text, planned)
    done = store(find_target(home).database_url, wanted, datetime.now(UTC))
    if not isinstance(done, Proposal):
        _not_done(done, as_json=as_json)
    if as_json:
        print_json({"proposal_id": done.proposal_id, "release_id": done.release_id})
    else:
        print_lines(
            [f"proposal {done.proposal_id}: {what} {done.release_id}; a second person approves it"]
        )


@app.command()
def show(proposal_id: ProposalId, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show what a proposal would change, as the staff's page does."""
    from seiriken.approval_show import view_document, view_lines

    proposal, view = _viewed(home, proposal_id)
    if as_json:
        print_json(view_document(proposal, view))
    else:
        print_lines(view_lines(proposal, view))


@app.command()
def approve(
    proposal_id: ProposalId,
    by: By,
    reason: Annotated[str, typer.Option(help="A remark, if there is one.")] = "",
    seen: Annotated[
        str | None, typer.Option(help="What `approval show` said last: it is not asked again.")
    ] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Approve what somebody else proposed, and do it at once; shows it and asks without --seen."""
    from allocator.approval import Refusal
    from allocator.approval_store import carry_out

    url = find_target(home).database_url
    looked = _asked(home, proposal_id, as_json=as_json) if seen is None else seen
    proposal = _decided(url, proposal_id, "approved", by, reason, looked, as_json=as_json)
    done = carry_out(url, proposal, looked, datetime.now(UTC))
    if isinstance(done, (list, Refusal)):
        _not_done(done, as_json=as_json)
    _show_done(proposal, "approved and done", as_json=as_json)


@app.command()
def reject(
    proposal_id: ProposalId,
    by: By,
    reason: Reason,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Reject a proposal, or take back one's own. Nothing is done."""
    url = find_target(home).database_url
    proposal = _decided(url, proposal_id, "rejected", by, reason, as_json=as_json)
    _show_done(proposal, "rejected", as_json=as_json)


@app.command("list")
def list_(home: HomeOption = None, as_json: AsJson = False) -> None:
    """List the proposals, the newest first."""
    from allocator.approval_store import read_proposals

    found = read_proposals(find_target(home).database_url)
    if as_json:
        print_json({"proposals": found})
        return
    rows = [
        (f"{one.proposal_id}", one.release_id, one.act, one.proposed_by, state_of(one), one.reason)
        for one in found
    ]
    print_table(("number", "release", "act", "by", "state", "reason"), rows)


@app.command()
def acts(home: HomeOption = None, as_json: AsJson = False) -> None:
    """List what was done to releases, the newest first: who, when, why."""
    from allocator.approval_store import read_acts
    from seiriken.approval_show import clock

    found = read_acts(find_target(home).database_url)
    if as_json:
        print_json({"acts": found})
        return
    rows = [
        (clock(one.done_at), one.release_id, one.act, one.done_by or "", one.result, one.reason)
        for one in found
    ]
    print_table(("when", "release", "act", "by", "result", "reason"), rows)


def _cohort_of(home: Path | None, text: str) -> list[Finding]:
    from allocator.release import ReleasePlan
    from allocator.release_file import read_release_file
    from seiriken.cohort_look import look_at_roster

    planned = read_release_file(text.encode())
    if not isinstance(planned, ReleasePlan):
        return []  # What cannot be read is refused with its reasons by whoever stores it.
    return look_at_roster(find_target(home), planned.release) or []


def state_of(proposal: Proposal) -> str:
    """Return how far a proposal has come, in a word or two."""
    if proposal.decision != "approved":
        return proposal.decision or "waits"
    return f"approved, {proposal.result or 'not done yet'}"


def refused(refusal: Refusal) -> NoReturn:
    """Say why somebody may not.

    Raises:
        CommandError: always.
    """
    raise CommandError(WORDS[refusal])


def _viewed(home: Path | None, proposal_id: int) -> tuple[Proposal, View]:
    from allocator.approval import Refusal
    from allocator.approval_store import read_proposal
    from allocator.approval_view import view_of

    url = find_target(home).database_url
    proposal = read_proposal(url, proposal_id)
    if proposal is None:
        refused(Refusal.NO_SUCH_PROPOSAL)
    return proposal, view_of(url, proposal)


def _asked(home: Path | None, proposal_id: int, *, as_json: bool) -> str:
    """Show a proposal and ask; return what was seen.

    Raises:
        CommandError: a program has to say what it looked at.
    """
    from seiriken.approval_show import view_lines

    if as_json:
        raise CommandError("say what you have seen, by --seen: seiriken approval show")
    proposal, view = _viewed(home, proposal_id)
    print_lines(view_lines(proposal, view))
    typer.confirm("Approve?", abort=True, err=True)
    return view.standing.seen


def _decided(
    url: str,
    proposal_id: int,
    decision: Decided,
    by: str,
    reason: str,
    seen: str = "",
    *,
    as_json: bool,
) -> Proposal:
    from allocator.approval import Proposal
    from allocator.approval_store import decide

    now = datetime.now(UTC)
    done = decide(url, proposal_id, decision, by, reason, now, seen=seen)
    if not isinstance(done, Proposal):
        _not_done(done, as_json=as_json)
    return done


def _not_done(why: Refusal | Sequence[Finding], *, as_json: bool) -> NoReturn:
    if isinstance(why, str):
        refused(why)
    refuse(why, as_json=as_json)


def _show_done(proposal: Proposal, done: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"proposal_id": proposal.proposal_id, "done": done})
    else:
        print_lines(
            [f"proposal {proposal.proposal_id} ({proposal.act} {proposal.release_id}): {done}"]
        )
