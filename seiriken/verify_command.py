"""`seiriken verify`: prove the tables from the journal, and look for broken promises."""

from __future__ import annotations

import typer

from seiriken.output import AsJson, print_json, print_lines
from seiriken.progress import Steps
from seiriken.stack_commands import HomeOption
from seiriken.target import find_target


def verify(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Rebuild seats and bookings from the journal; compare; check the chain and the invariants."""
    from allocator.audit import audit
    from allocator.verify import verify as prove

    target, steps = find_target(home), Steps()
    with steps.step("reading the journal and comparing"):
        proof = prove(target.database_url)
    with steps.step("checking the invariants"):
        audited = audit(target.database_url)
    broken = [f"{check}: {found}" for check, all_ in audited.findings.items() for found in all_]
    findings = [*proof.findings, *broken]
    if as_json:
        result = {"in_order": not findings, "decisions": proof.entries, "findings": findings}
        print_json(result)
    elif findings:
        print_lines(findings)
    else:
        print_lines([f"in order: {proof.entries:,} decisions, the chain holds, the tables agree"])
    if findings:
        raise typer.Exit(1)
