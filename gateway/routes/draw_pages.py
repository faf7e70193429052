"""The draw of the lobby, for residents: how it works, what was published, and a check of it.

The check is computed by the browser (`static/draw.js`); the server only shows what everybody
may know. The rules are served to the byte, since the commitment covers their bytes.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from gateway import i18n
from gateway.answers import answer
from gateway.draw_words import DrawShown, draw_shown
from gateway.parts import parts_of
from gateway.policies import Policy, policy_route
from gateway.problems import Problem
from gateway.rendering import render
from gateway.routes.html import page_route
from gateway.views import words_in
from waiting_room.draw import RULES, RULES_URL

RULES_KEPT = "public, max-age=300"


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    public = Policy.PUBLIC
    return [
        page_route("/draw", draw, methods=["GET"], policy=public),
        page_route("/draw/{release_id}", draw, methods=["GET"], policy=public),
        policy_route(RULES_URL, rules, methods=["GET"], policy=public),
    ]


async def draw(request: Request) -> Response:
    """Explain the draw of a release, or of the one open or next to open; let it be checked."""
    parts = parts_of(request)
    asked = request.path_params.get("release_id")
    status = parts.board.status(asked)
    if status is None and asked is not None:
        return answer(request, Problem("not_found"))
    if status is None:
        return render(request, "draw.html", draw=DrawShown("none"), rules=RULES)
    language = i18n.language_of(request)
    release = parts.reads.catalogue.releases.get(str(status["release_id"]))
    name = "" if release is None else words_in(release.names, language)
    shown = draw_shown(status, name, current=asked is None)
    return render(request, "draw.html", draw=shown, rules=RULES)


async def rules(request: Request) -> Response:
    """Answer the rules as the commitment covers them."""
    return PlainTextResponse(RULES, headers={"Cache-Control": RULES_KEPT})
