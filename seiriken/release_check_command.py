"""`seiriken release check`: what is wrong with a file, or with what is loaded.

A file is held against what is loaded wherever a system is named or runs, so that `release load`
does not refuse what was found right. What nobody looked at is said.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.release_commands import ReleaseId, finding_lines, loaded
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from allocator.release import Finding, ReleasePlan
    from seiriken.target import Target

CheckedPath = Annotated[
    Path | None,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="A YAML file, not loaded."),
]
FileAlone = Annotated[
    bool, typer.Option("--file-alone", help="Hold the file against nothing that is loaded.")
]

LOADED = ("other_releases", "seats_taken", "roster")
"""What a file is held against where a system is named or runs."""

COHORT = "cohort"
"""What of the roster only its key opens."""
_WORDS = {
    "seats": "its seats, intervals and limits (until it can be read)",
    "other_releases": "other releases that are loaded",
    "seats_taken": "seats that are taken",
    "roster": "the roster",
    COHORT: "whether anybody on the roster is of the cohort (roster.key cannot be read there)",
}


class Looked(NamedTuple):
    """What was found, and what was not looked at. `planned` is None if it cannot be read.

    `is_loaded` says of a file whether a release of its id is loaded.
    """

    planned: ReleasePlan | None
    findings: list[Finding]
    not_looked_at: tuple[str, ...] = ()
    is_loaded: bool = False


def check(
    file: CheckedPath = None,
    release: ReleaseId = None,
    file_alone: FileAlone = False,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Look for mistakes, in a file or in what is loaded. Exit code 1 when there is an error.

    A file is held against what is loaded in the system that --home or DATABASE_URL names, or
    that runs in the usual place. Without one, it says what it did not look at.
    """
    from allocator.release import has_error, pairs_possible
    from seiriken.target import find_named_target, find_target

    if file is None:
        looked = _with_cohort(Looked(*loaded(home, release)), find_target(home))
    else:
        looked = _look(file, None if file_alone else find_named_target(home))
    pairs = pairs_possible(looked.planned) if looked.planned else 0
    is_wrong = has_error(looked.findings)
    if as_json:
        found = {"findings": looked.findings, "not_looked_at": looked.not_looked_at}
        print_json(found if is_wrong else found | {"pairs": pairs})
    else:
        print_lines([*finding_lines(looked.findings), *_summary(looked, pairs, is_wrong=is_wrong)])
    if is_wrong:
        raise typer.Exit(1)


def _look(file: Path, target: Target | None) -> Looked:
    from allocator.errors import StoreAway
    from allocator.release import ReleasePlan, findings_of
    from allocator.release_file import known_products, read_release_file
    from allocator.release_store import check_load, read_releases

    read = read_release_file(file.read_bytes())
    if not isinstance(read, ReleasePlan):
        return Looked(None, read, ("seats", *LOADED))
    if target is None:
        return Looked(read, findings_of(read, known_products()), LOADED)
    try:
        findings = check_load(target.database_url, read)
        held = {one.release_id for one in read_releases(target.database_url)}
    except StoreAway:
        raise CommandError(
            "the database does not answer, so the file cannot be held against what is loaded; "
            "--file-alone looks at the file alone"
        ) from None
    looked = Looked(read, findings, is_loaded=read.release.release_id in held)
    return _with_cohort(looked, target)


def _with_cohort(looked: Looked, target: Target) -> Looked:
    from seiriken.cohort_look import look_at_roster

    assert looked.planned is not None, "only what was read has a cohort"
    found = look_at_roster(target, looked.planned.release)
    if found is None:
        return looked._replace(not_looked_at=(COHORT,))
    both = sorted([*looked.findings, *found], key=lambda finding: finding.severity)
    return looked._replace(findings=both)


def _summary(looked: Looked, pairs: int, *, is_wrong: bool) -> list[str]:
    lines = []
    if not is_wrong and looked.planned:
        lines.append(f"{looked.planned.release.release_id}: no error, {pairs:,} pairs")
    if looked.not_looked_at:
        words = ", ".join(_WORDS[one] for one in looked.not_looked_at)
        lines.append(f"not looked at: {words}")
    if LOADED[0] in looked.not_looked_at:
        lines.append("  `release load` looks at all; name the system by --home or DATABASE_URL")
    else:
        lines.append(f"held against {', '.join(_WORDS[one] for one in LOADED)}")
    if looked.is_loaded:
        lines.append("a release of this id is loaded already: `release load` would change it")
    return [*lines, *(["not accepted; nothing was changed"] if is_wrong else [])]
