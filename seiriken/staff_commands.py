"""`seiriken staff`: the accounts of those who work at the desk (docs/staff.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines, print_table
from seiriken.stack_commands import HomeOption

app = typer.Typer(help="The staff's accounts.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="The account's name, not a person's.")]


Role = Annotated[
    Literal["clerk", "supervisor", "operator", "auditor", "venue"],
    typer.Option(help="What it may do (docs/staff.md)."),
]

Venues = Annotated[
    list[str] | None,
    typer.Option("--venue", help="A venue's id, for the role venue; may be given again."),
]


@app.command()
def add(
    login: Login,
    role: Role,
    venue: Venues = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Make an account and print the password for its first sign-in, once."""
    from gateway.staff.register import add_account
    from seiriken.target import find_target

    try:
        password = add_account(
            find_target(home).database_url, login, role, datetime.now(UTC), venue or ()
        )
    except ValueError as error:
        raise CommandError(str(error)) from None
    if password is None:
        raise CommandError("there is an account of that name")
    _show_first(login, password, as_json=as_json)


@app.command("list")
def list_(home: HomeOption = None, as_json: AsJson = False) -> None:
    """List the accounts."""
    from gateway.staff.register import list_accounts
    from seiriken.target import find_target

    accounts = list_accounts(find_target(home).database_url)
    if as_json:
        print_json({"accounts": accounts})
        return
    rows = [
        (
            one.login,
            one.role,
            "disabled" if one.disabled else "enrolled" if one.enrolled else "not enrolled yet",
        )
        for one in accounts
    ]
    print_table(("login", "role", "state"), rows)


@app.command()
def disable(login: Login, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Let an account in no more and end its sessions at once. It cannot be undone."""
    from gateway.staff.register import disable_account
    from seiriken.target import find_target

    found = disable_account(find_target(home).database_url, login, datetime.now(UTC))
    _show_done(login, "disabled", found=found, as_json=as_json)


@app.command()
def reset(login: Login, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Let an account begin anew: another first password, no second factor, no sessions."""
    from gateway.staff.register import reset_account
    from seiriken.target import find_target

    try:
        password = reset_account(find_target(home).database_url, login)
    except ValueError as error:
        raise CommandError(str(error)) from None
    if password is None:
        raise CommandError("there is no account of that name")
    _show_first(login, password, as_json=as_json)


@app.command("sign-out")
def sign_out(login: Login, home: HomeOption = None, as_json: AsJson = False) -> None:
    """End an account's sessions at once."""
    from gateway.staff.register import sign_account_out
    from seiriken.target import find_target

    found = sign_account_out(find_target(home).database_url, login)
    _show_done(login, "signed out", found=found, as_json=as_json)


def _show_first(login: str, password: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"login": login, "first_password": password})
    else:
        print_lines([f"{login}: first password {password}", "It is shown this once."])


def _show_done(login: str, done: str, *, found: bool, as_json: bool) -> None:
    if not found:
        raise CommandError("there is no account of that name")
    if as_json:
        print_json({"login": login, "done": done})
    else:
        print_lines([f"{login}: {done}"])
