"""A token in our forms, for browsers that do not say where a form comes from.

Browsers since 2020 say it (`gateway.middleware.is_from_us`). One that asked for a page without
`Sec-Fetch-Site` is given a cookie with a random value, and each form of the page a token made of
that value and of its session, which a foreign page can neither read nor make (OWASP, "Signed
double-submit cookie"). Its form counts as ours if it brings both and they belong together.

Rule 1: a token is asked for only where a browser tells nothing at all. Where it says that a form
is foreign, no token makes it ours.
Rule 2: nothing but the name and value of that one field is looked at here; the body goes on as
it came.
Rule 3: who has no such browser gets neither cookie nor token: pages that are kept stay the same.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope

from gateway.forms import BODY_BYTES_MAX, FIELDS_MAX
from gateway.middleware import PROGRAM_HEADER
from gateway.parts import parts_of
from gateway.sessions import form_cookie, session_token, set_form_cookie

FORM_TOKEN = "form_token"  # noqa: S105 (the name of a field)
FORM_TYPE = "application/x-www-form-urlencoded"

_FORM = re.compile(r'<form\b[^>]*\bmethod="post"[^>]*>')
_NONCE = re.compile(r"[A-Za-z0-9_-]{22}")
_NONCE_BYTES = 16


def says_nothing(headers: Headers) -> bool:
    """Say whether a call tells nothing of where it comes from."""
    return not any(name in headers for name in (PROGRAM_HEADER, "sec-fetch-site", "origin"))


def form_token(key: bytes, nonce: str, session: str | None) -> str:
    """Return the token that goes with the value of the cookie, and with a session (its token)."""
    made_of = f"form token\n{nonce}\n{session or ''}"
    return hmac.new(key, made_of.encode(), hashlib.sha256).hexdigest()


def with_token(content: str, token: str) -> str:
    """Return a page with the token in each form that changes something."""
    field = f'<input type="hidden" name="{FORM_TOKEN}" value="{token}">'
    return _FORM.sub(lambda found: found[0] + field, content)


def filled_in(request: Request, content: str) -> tuple[str, str | None]:
    """Return a page as this browser needs it, and the value of the cookie that it is to be given.

    The value is None where the browser has the cookie, or needs none.
    """
    if not says_nothing(request.headers) or _FORM.search(content) is None:
        return content, None
    held = _nonce(request)
    nonce = held or secrets.token_urlsafe(_NONCE_BYTES)
    return with_token(content, _token_of(request, nonce)), None if held else nonce


def give_cookie(request: Request, response: Response, nonce: str | None) -> None:
    """Give the browser the cookie, if `filled_in` says that it needs one."""
    if nonce is not None:
        set_form_cookie(response, parts_of(request).settings, nonce)


async def vouched(scope: Scope, receive: Receive) -> Receive | None:
    """Return how to read the call's body from its beginning, if it brings the token; else None.

    Raises:
        ClientDisconnect: the client left while sending.
    """
    request = Request(scope, receive)
    nonce = _nonce(request)
    if not says_nothing(request.headers) or nonce is None or not _is_small_form(request.headers):
        return None
    body = await request.body()
    if not hmac.compare_digest(_token_in(body).encode(), _token_of(request, nonce).encode()):
        return None
    return _again(body, receive)


def _nonce(connection: HTTPConnection) -> str | None:
    held = form_cookie(connection, parts_of(connection).settings)
    return held if _NONCE.fullmatch(held) else None


def _token_of(connection: HTTPConnection, nonce: str) -> str:
    parts = parts_of(connection)
    return form_token(parts.keys.session, nonce, session_token(connection, parts.settings))


def _is_small_form(headers: Headers) -> bool:
    """Say whether a body is a form whose told length is within what forms may have."""
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    told = headers.get("content-length", "")
    is_number = told.isascii() and told.isdigit() and len(told) <= len(str(BODY_BYTES_MAX))
    return content_type == FORM_TYPE and is_number and int(told) <= BODY_BYTES_MAX


def _token_in(body: bytes) -> str:
    """Return the token that a form brings; empty if it brings none, or more than one."""
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=FIELDS_MAX)
    except ValueError:
        return ""
    tokens = fields.get(FORM_TOKEN, [])
    return tokens[0] if len(tokens) == 1 else ""


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a way to receive a body that was read, and after it what comes."""
    is_given = False

    async def receive_again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
