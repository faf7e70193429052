"""The supervisor's page: the accounts, and a clerk who has lost the second factor begins anew."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.answers import answer
from gateway.problems import Problem
from gateway.staff import passwords
from gateway.staff.access import RESET_BY_SUPERVISOR
from gateway.staff.accounts import Account
from gateway.staff.guard import came_from, guarded, read_form, session_of
from gateway.staff.journal import Look
from gateway.staff.parts import parts_of
from gateway.staff.rendering import forbidden_page, render


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", "/accounts", accounts_page),
        guarded("POST", "/accounts/reset", resetting),
    ]


async def accounts_page(request: Request) -> Response:
    """List the accounts."""
    return await _page(request, None, "")


async def resetting(request: Request) -> Response:
    """End a clerk's sessions and second factor; show a password to begin with, once."""
    parts, by = parts_of(request), session_of(request)
    values = await read_form(request, ("login",))
    if isinstance(values, Problem):
        return answer(request, values)
    account = await parts.accounts.named(values.get("login", ""))
    if account is None or not _may_reset(account):
        return forbidden_page(request)
    look = Look(by.login, by.role, "account_reset", None, account.login, came_from(request))
    await parts.journal.note(look, parts.clock())
    password = passwords.first_password()
    await parts.accounts.reset(account.login, await parts.checker.hashed(password))
    await parts.sessions.end_all(account.account_id)
    return await _page(request, account, password)


def _may_reset(account: Account) -> bool:
    return account.role in RESET_BY_SUPERVISOR and not account.is_disabled


async def _page(request: Request, reset: Account | None, password: str) -> Response:
    accounts = await parts_of(request).accounts.all()
    return render(
        request,
        "staff_accounts.html",
        accounts=[(account, _may_reset(account)) for account in accounts],
        reset=reset,
        password=password,
    )
