"""The web application: everything it is made of, listed in one constructor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from gateway.answers import FAULTS, on_fault, on_http_exception
from gateway.downtime import AwayAsPlanned
from gateway.form_tokens import vouched
from gateway.forms import BODY_BYTES_MAX
from gateway.middleware import BodyLimit, SameSite, SecurityHeaders, Watch
from gateway.notices import Notices
from gateway.parts import Parts
from gateway.policies import all_with_policy, policy_mount
from gateway.routes import (
    api,
    api_standby,
    api_step_up,
    contract,
    health,
    pages,
    queue,
    receipt_key,
    unsubscribe_pages,
    vwr,
)
from gateway.static_files import StaticFolder

ANONYMOUS_PATHS = (*vwr.ANONYMOUS_PATHS, *unsubscribe_pages.ANONYMOUS_PATHS)

STATIC_FOLDER = Path(__file__).parent / "static"


def create_app(parts: Parts) -> Starlette:
    """Build the application around its parts.

    Raises:
        RouteWithoutPolicy: a route does not say who may use it.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with parts.running():
            yield

    app = Starlette(
        routes=all_with_policy(
            [
                *pages.routes(),  # First: a request is compared with one route after another.
                *queue.routes(),
                *api_standby.routes(),
                *api.routes(),
                *contract.routes(),
                *api_step_up.routes(),
                *health.routes(),
                *receipt_key.routes(),
                *vwr.routes(parts.vwr),
                policy_mount("/static", StaticFolder(STATIC_FOLDER)),
            ]
        ),
        middleware=[
            Middleware(Notices, board=parts.board, tls=parts.settings.cookie_secure),
            Middleware(SecurityHeaders, tls=parts.settings.cookie_secure),
            Middleware(Watch),
            Middleware(SameSite, anonymous=ANONYMOUS_PATHS, vouched=vouched),
            Middleware(BodyLimit, bytes_max=BODY_BYTES_MAX),
            Middleware(AwayAsPlanned, downtime=parts.downtime),
        ],
        exception_handlers={
            HTTPException: on_http_exception,
            **dict.fromkeys(FAULTS, on_fault),
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.parts = parts
    app.state.error_page = pages.error_response
    app.state.fault_page = pages.fault_response
    return app
