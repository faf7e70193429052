"""`seiriken probe enrol` and `run`: the synthetic resident (docs/probe.md)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption
from seiriken.target import HOME_USUAL

if TYPE_CHECKING:
    from monitoring.probe_run import Run

app = typer.Typer(help="The synthetic resident, who finds out first.", no_args_is_help=True)

UrlOption = Annotated[
    str | None, typer.Option("--url", help="Where residents go; the stack's when left out.")
]
ResidentOption = Annotated[
    Path | None, typer.Option("--resident", help="The file that enrol wrote; the stack's.")
]
CaOption = Annotated[
    Path | None, typer.Option("--ca", help="The authorities to trust (PEM); the system's.")
]


@app.command()
def enrol(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Make the test resident and their release, which nobody else sees; again: nothing."""
    from seiriken.probe_enrolment import enrol as enrol_there
    from seiriken.target import find_target

    target = find_target(home)
    enrolled = enrol_there(target.database_url, target.secrets_dir)
    if as_json:
        print_json(enrolled)
    else:
        done = "enrolled" if enrolled.is_new else "was enrolled already"
        print_lines(
            [f"the synthetic resident {done}; PROBE_RESIDENT_FILE={enrolled.resident_file}"]
        )


@app.command()
def run(
    url: UrlOption = None,
    resident: ResidentOption = None,
    ca: CaOption = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Go once from the first page to the cancellation, and show each step; exit code 1: failed."""
    from monitoring.probe_run import Probe, read_resident, tls_context

    address, file = _place(home, url, resident)
    probe = Probe(address, read_resident(file), tls_context(ca))
    done = asyncio.run(probe.run())
    if as_json:
        print_json(done)
    else:
        print_lines([f"at {address}", *lines_of(done)])
    if done.failed_at is not None:
        raise typer.Exit(1)


def lines_of(done: Run) -> list[str]:
    """Return a run in words: its steps, then what it came to."""
    from datetime import datetime

    lines = [f"  {taken.step:<13}{taken.duration_s * 1000:8.1f} ms" for taken in done.steps]
    if done.certificate_expires_at is not None:
        expires = datetime.fromtimestamp(done.certificate_expires_at).astimezone()
        lines.append(f"  the certificate expires at {expires:%F %T %z}")
    if done.failed_at is None:
        return [*lines, done.result]
    return [*lines, f"failed: {done.failed_at} ({done.reason})"]


def _place(home: Path | None, url: str | None, resident: Path | None) -> tuple[str, Path]:
    """Return where to go and as whom."""
    from seiriken.home import Home

    folder = Home(home or HOME_USUAL)
    stack = folder.read()
    if url is None:
        if stack is None:
            raise CommandError(f"no stack runs in {folder.path}: say where to go by --url")
        url = stack.url
    if not url.startswith(("http://", "https://")):
        raise CommandError("--url begins with http:// or https://")
    return url, resident or folder.probe_file
