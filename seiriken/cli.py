"""The `seiriken` command: each of its words, and which module carries it out.

Exit codes: 0 done, 1 not done (one line says why), 2 the command was not understood.
"""

from __future__ import annotations

import sys

import typer

from allocator.errors import AllocatorError
from monitoring.errors import MonitoringError
from seiriken import (
    approval_commands,
    backup_commands,
    bulletin_commands,
    closing_command,
    demo_command,
    desk_commands,
    draw_commands,
    forecast_command,
    keys_commands,
    letters_commands,
    plan_commands,
    probe_commands,
    receipt_commands,
    release_check_command,
    release_commands,
    report_commands,
    room_commands,
    roster_change_command,
    roster_commands,
    stack_commands,
    staff_commands,
)
from seiriken.errors import CommandError
from seiriken.output import print_error
from seiriken.rehearse import rehearse
from seiriken.retention_command import retention
from seiriken.size_command import size
from seiriken.top_command import top
from seiriken.verify_command import verify
from waiting_room.errors import WaitingRoomError

app = typer.Typer(
    help="Seiriken: a city's vaccine release, from the queue to both doses.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(stack_commands.up)
app.command()(stack_commands.down)
app.command()(stack_commands.migrate)
app.command()(stack_commands.status)
app.command()(demo_command.demo)
app.command()(top)
app.command()(rehearse)
app.command()(verify)
app.command()(retention)
app.command()(size)
app.add_typer(roster_commands.app, name="roster")
release_commands.app.command("check")(release_check_command.check)
release_commands.app.command("rehearse")(forecast_command.rehearse)
app.add_typer(release_commands.app, name="release")
app.add_typer(plan_commands.app, name="plan")
app.add_typer(approval_commands.app, name="approval")
app.add_typer(room_commands.app, name="room")
app.add_typer(draw_commands.app, name="draw")
app.add_typer(receipt_commands.app, name="receipt")
roster_commands.app.command("change")(roster_change_command.change)
desk_commands.app.command("close-day")(closing_command.close_day)
app.add_typer(desk_commands.app, name="desk")
app.add_typer(staff_commands.app, name="staff")
app.add_typer(backup_commands.app, name="backup")
app.add_typer(keys_commands.app, name="keys")
app.add_typer(letters_commands.app, name="letters")
app.add_typer(probe_commands.app, name="probe")
app.add_typer(report_commands.app, name="report")
app.add_typer(bulletin_commands.incident, name="incident")
app.add_typer(bulletin_commands.maintenance, name="maintenance")
app.add_typer(bulletin_commands.contacts, name="contacts")


def main() -> None:
    """Run the command that the arguments name."""
    try:
        app()
    except (CommandError, AllocatorError, MonitoringError, WaitingRoomError, OSError) as error:
        print_error(error)
        sys.exit(1)


if __name__ == "__main__":
    main()
