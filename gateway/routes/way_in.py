"""The way in, as pages: first page, sign in, wait, enter, sign out.

Without JavaScript the waiting page reloads itself as often as the status document says; with
it, `static/waiting.js` asks for that document and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.model import SITE_TIMEZONE
from gateway import forms, i18n, residents
from gateway.answers import answer
from gateway.attempting import attempt_of, remember_device
from gateway.drafting import next_step
from gateway.draw_words import is_drawn
from gateway.identity import Visitor, find_visitor, held_token
from gateway.parts import Parts, parts_of
from gateway.policies import Policy, visitor_of
from gateway.problems import Problem
from gateway.proofs import in_a_form
from gateway.rendering import render, render_kept
from gateway.residents import Inside, SignedIn
from gateway.routes.html import (
    SIGN_IN_PATH,
    WAIT_PATH,
    error_words,
    page_route,
    problem_shown,
    read_form,
    see_other,
    wait_path,
    way_back,
)
from gateway.sessions import clear_cookies, place_token, set_place_cookie, set_session_cookie
from gateway.status_words import ReleaseShown, Show, release_shown, wait_shown
from gateway.views import words_in
from waiting_room.answers import Word
from waiting_room.attempts import SLOW_WINDOW_S
from waiting_room.errors import WaitingRoomError

_SIGN_IN_FIELDS = (
    "ticket_number", "birth_era", "birth_year", "birth_month", "birth_day", "pin", "back",
    "challenge", "proof",
)  # fmt: skip
_BACK_WITH_BOOKING = ("my-booking", "change", "cancel")
_ON_PAGE = {"birth_date": "birth_year"}
CLEARED = '"cache", "storage"'
"""What a browser throws away at signing out: pages to go back to, and what scripts kept.

Not "cookies": that would be those of the city's other sites, too; ours are cleared by name.
"""

_SHOW: Mapping[Word, Show] = {
    "not_open_yet": "lobby",
    "lobby": "lobby",
    "waiting": "waiting",
    "your_turn": "turn",
    "inside": "turn",
    "booked": "booked",
    "closed": "closed",
}


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    public, identified = Policy.PUBLIC, Policy.IDENTIFIED
    return [
        page_route("/", landing, methods=["GET"], policy=public),
        page_route(SIGN_IN_PATH, sign_in_page, methods=["GET"], policy=public),
        page_route(SIGN_IN_PATH, sign_in, methods=["POST"], policy=public),
        page_route(WAIT_PATH, wait, methods=["GET"], policy=identified),
        page_route("/enter", enter, methods=["POST"], policy=identified),
        page_route("/stay", stay, methods=["POST"], policy=identified),
        page_route("/sign-out", sign_out, methods=["POST"], policy=public),
        page_route("/signed-out", signed_out, methods=["GET"], policy=public),
    ]


async def landing(request: Request) -> Response:
    """Say what this is, whether booking is open, and where to begin."""
    parts = parts_of(request)
    releases = parts.reads.catalogue.releases
    status = parts.board.status()
    if status is None:
        if not all(release.is_for_probe for release in releases.values()):
            return answer(request, Problem("not_ready"))
        return render(request, "landing.html", release=ReleaseShown("none"))
    release = releases.get(str(status["release_id"]))

    def shown(language: str) -> dict[str, object]:
        name = "" if release is None else words_in(release.names, language)
        return {"release": release_shown(status, name, language)}

    return render_kept(request, "landing.html", state=(status, release), shown=shown)


async def sign_in_page(request: Request) -> Response:
    """Ask who somebody is."""
    back = _back_asked(request)
    again = request.query_params.get("again", "")
    came_back = again if again in ("", "ended") else "yes"
    return render_kept(
        request,
        "sign_in.html",
        # There are too many days for a page to be kept for each.
        view=None if "/" in back else (back, came_back),
        state=(parts_of(request).reads.has_pins,),
        shown=lambda _: {
            "has_pins": parts_of(request).reads.has_pins,
            "challenge": "",
            "wait_s": SLOW_WINDOW_S,
            "values": {},
            "back": back,
            "errors": {},
            "refused": None,
            "came_back": came_back,
        },
    )


async def sign_in(request: Request) -> Response:
    """Confirm an identity and lead on: in, to the booking, or to the waiting page."""
    parts = parts_of(request)
    values = await read_form(request, _SIGN_IN_FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    given = {
        "ticket_number": values.get("ticket_number", ""),
        "birth_date": date_from_parts(values, "birth"),
        "pin": values.get("pin", ""),
    }
    today = parts.clock().astimezone(SITE_TIMEZONE).date()
    form = forms.parse_sign_in(given, parts.settings.municipality_code, today)
    if isinstance(form, list):
        errors = error_words(request, form, _ON_PAGE)
        return _sign_in_page(request, values=values, errors=errors, status=422)
    attempt = await attempt_of(request, parts, values.get("proof", ""), values.get("challenge", ""))
    signed_in = await residents.sign_in(parts, form, attempt, held_token(request, parts))
    if isinstance(signed_in, Problem):
        if signed_in.code != "identity_not_confirmed" and "challenge" not in signed_in.params:
            return answer(request, signed_in)  # To type it again would change nothing.
        return _sign_in_page(request, values=values, refused=signed_in)
    response = see_other(_destination(signed_in, way_back(values.get("back", ""))))
    remember_device(response, parts, attempt, signed_in.person_key)
    return _signed_in(response, parts, signed_in)


def _signed_in(response: Response, parts: Parts, signed_in: SignedIn) -> Response:
    set_place_cookie(response, parts.settings, signed_in.place_token)
    if signed_in.session_token is not None:
        set_session_cookie(response, parts.settings, signed_in.session_token)
    return response


def _destination(signed_in: SignedIn, back: str) -> str:
    if signed_in.session_token is None:
        return wait_path(back)
    leads_to_booking = back in _BACK_WITH_BOOKING
    if signed_in.state == "booked":
        return f"/{back}" if leads_to_booking else "/my-booking"
    return f"/{back}" if back and not leads_to_booking else "/details"


def _sign_in_page(
    request: Request,
    *,
    values: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    refused: Problem | None = None,
    status: int = 200,
) -> Response:
    challenge = refused.params.get("challenge") if refused is not None else None
    said = None if refused is None or challenge else problem_shown(request, refused)
    return render(
        request,
        "sign_in.html",
        status=status if refused is None else refused.status,
        headers=None if refused is None else refused.headers,
        values=values,
        back=way_back(values.get("back", "")),
        errors=errors or {},
        refused=said,
        came_back="",
        has_pins=parts_of(request).reads.has_pins,
        challenge=in_a_form(challenge) if isinstance(challenge, dict) else "",
        wait_s=SLOW_WINDOW_S,
    )


async def wait(request: Request) -> Response:
    """Show the place in the line and what it means, or lead on whoever need not wait."""
    parts, visitor = parts_of(request), visitor_of(request)
    where = await residents.standing(parts, visitor)
    if visitor.session is not None:
        if where.state == "booked":
            return see_other("/my-booking")
        return see_other(await _way_on(parts, visitor, _back_asked(request)))
    status = parts.board.status(where.release_id)
    show = _SHOW[where.state]
    if show == "waiting" and status is not None and status["state"] == "paused":
        show = "paused"
    language = i18n.language_of(request)
    # In the lobby there is no order yet: a number of arrival would be taken for one.
    place = None if show == "lobby" else where.place
    shown = wait_shown(status, where.release_id, place, show, language)
    shown = replace(shown, arrival=where.arrival, drawn=is_drawn(status))
    response = render(request, "wait.html", wait=shown, back=_back_asked(request))
    if where.place_token is not None:
        set_place_cookie(response, parts.settings, where.place_token)
    return response


async def enter(request: Request) -> Response:
    """Come in, and go on where one was, or where the draft left off."""
    parts, visitor = parts_of(request), visitor_of(request)
    values = await read_form(request, ("back",))
    if isinstance(values, Problem):
        return answer(request, values)
    back = way_back(values.get("back", ""))
    entered = await residents.enter(parts, visitor)
    if not isinstance(entered, Inside):
        return see_other(wait_path(back))
    response = see_other(await _way_on(parts, visitor, back))
    if entered.session_token is not None:
        set_session_cookie(response, parts.settings, entered.session_token)
    return response


async def stay(request: Request) -> Response:
    """Begin the idle limit anew, or come in again. The page stays as it is, with what was typed.

    To 204 a browser shows nothing else, with JavaScript or without.
    """
    parts, visitor = parts_of(request), visitor_of(request)
    entered = await residents.enter(parts, visitor)
    if not isinstance(entered, Inside):
        return see_other(WAIT_PATH)
    response = Response(status_code=204)
    if entered.session_token is not None:
        set_session_cookie(response, parts.settings, entered.session_token)
    return response


async def _way_on(parts: Parts, visitor: Visitor, back: str) -> str:
    return f"/{back}" if back else next_step(await parts.drafts.load(visitor.person_key))


def _back_asked(request: Request) -> str:
    return way_back(request.query_params.get("back", ""))


async def sign_out(request: Request) -> Response:
    """End the session. The browser forgets it even when the room cannot be told."""
    parts = parts_of(request)
    response = see_other("/signed-out")
    clear_cookies(response, parts.settings)
    response.headers["Clear-Site-Data"] = CLEARED
    try:
        visitor = await find_visitor(request, parts)
        if visitor is not None:
            await residents.sign_out(parts, visitor, place_token(request, parts.settings))
    except WaitingRoomError:
        # The session ends by itself when it has been idle.
        return response
    return response


async def signed_out(request: Request) -> Response:
    """Say that nothing is kept on this device."""
    return render(request, "signed_out.html")


def date_from_parts(values: Mapping[str, str], name: str) -> forms.TypedDay | str:
    """Return year, month and day as they were typed; an empty text when all three are empty."""
    year, month, day = (
        forms.normalised(values.get(f"{name}_{part}", "")) for part in ("year", "month", "day")
    )
    if not year and not month and not day:
        return ""
    return forms.TypedDay(values.get(f"{name}_era", ""), year, month, day)
