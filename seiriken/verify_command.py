"""`seiriken verify`: prove the tables from the journal, and look for broken promises."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.progress import Steps
from seiriken.stack_commands import HomeOption
from seiriken.target import find_target


def verify(
    home: HomeOption = None,
    told: Annotated[
        Path | None, typer.Option(help="Booking numbers that were told, one a line: each must be.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild seats and bookings from the journal; compare; check the chain and the invariants."""
    from allocator.audit import audit
    from allocator.verify import verify as prove
    from seiriken.proving import broken

    target, steps = find_target(home), Steps()
    with steps.step("reading the journal and comparing"):
        proof = prove(target.database_url)
    with steps.step("checking the invariants"):
        audited = audit(target.database_url, numbers=_numbers(told))
    findings = [*proof.findings, *broken(audited)]
    if as_json:
        result = {"in_order": not findings, "decisions": proof.entries, "findings": findings}
        print_json(result)
    elif findings:
        print_lines(findings)
    else:
        print_lines([f"in order: {proof.entries:,} decisions, the chain holds, the tables agree"])
    if findings:
        raise typer.Exit(1)


def _numbers(told: Path | None) -> list[str]:
    """Read booking numbers from a file.

    Raises:
        CommandError: there is no such file, or it is no text.
    """
    if told is None:
        return []
    try:
        lines = told.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"--told: {told} cannot be read") from None
    return [line.strip() for line in lines if line.strip()]
