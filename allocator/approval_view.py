"""What a proposal would change, as whoever approves it must have seen it.

Rule 1: page and command show the same, read from the tables in the moment they are asked.
Rule 2: `seen` stands for what the release was then. An approval names it, so that nobody approves
upon a release that somebody else has changed since.

All raise `StoreAway` when the database does not answer.
"""

from __future__ import annotations

import msgspec

from allocator.approval import Proposal
from allocator.finding import Finding
from allocator.plan_diff import Difference, Term, base_of, differences, digest, overwritten
from allocator.release import ReleasePlan
from allocator.release_file import read_release_file
from allocator.release_store import check_load, check_release, read_catalogue, read_plan


class Standing(msgspec.Struct, frozen=True):
    """What a proposal is about, now: the release as it is stored, and the plan to load.

    `planned` are findings where the text cannot be read. `version` is the catalogue's.
    """

    seen: str
    version: int
    held: ReleasePlan | None
    base: ReleasePlan | None
    planned: ReleasePlan | list[Finding] | None


class View(msgspec.Struct, frozen=True):
    """What an approver is shown. `terms` are None where there is nothing to compare with."""

    standing: Standing
    changes: list[Difference]
    terms: list[Term] | None
    findings: list[Finding]


def standing_of(database_url: str, proposal: Proposal) -> Standing:
    """Return how the release of a proposal stands."""
    catalogue = read_catalogue(database_url)
    held = None
    if proposal.release_id in catalogue.releases:
        held = read_plan(database_url, catalogue, proposal.release_id)
    planned = read_release_file(proposal.text.encode()) if proposal.act == "load" else None
    base = base_of(catalogue, held, planned) if isinstance(planned, ReleasePlan) else held
    seen = digest(base, with_orders=proposal.act != "load")
    return Standing(seen, catalogue.version, held, base, planned)


def view_of(database_url: str, proposal: Proposal) -> View:
    """Return what a proposal would change, and what the linter says of it."""
    standing = standing_of(database_url, proposal)
    held, planned = standing.held, standing.planned
    if isinstance(planned, list):
        return View(standing, [], None, planned)
    if planned is None:
        return View(standing, [], None, check_release(database_url, held) if held else [])
    terms = overwritten(standing.base, held, planned) if standing.base else None
    return View(
        standing,
        differences(held.slots if held else (), planned.slots),
        terms if held or terms else None,
        check_load(database_url, planned),
    )
