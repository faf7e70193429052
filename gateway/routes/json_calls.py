"""What all calls of the JSON contract share: read a body, and tell what was answered."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from allocator.model import SITE_TIMEZONE
from gateway import forms, i18n
from gateway.answers import JSON, answer, json_answer
from gateway.fields import FieldError, Fields
from gateway.parts import Parts
from gateway.problems import Problem, invalid
from gateway.residents import Answered, Undecided
from gateway.views import held_document

BOOKINGS_PATH = "/api/v1/bookings"


async def read_object(request: Request) -> dict[str, object] | Problem:
    """Read the body, which must be a JSON object."""
    kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if kind != JSON and not kind.endswith("+json"):
        return Problem("unsupported_media_type")
    data = forms.decode_object(await request.body())
    return invalid(data) if isinstance(data, list) else data


async def read_nothing(request: Request) -> Problem | None:
    """Read a body that has nothing to say: none, or an empty object."""
    if not await request.body():
        return None
    data = await read_object(request)
    if isinstance(data, Problem):
        return data
    return invalid(errors) if (errors := Fields(data, ()).errors) else None


def errors_of(*parsed: object) -> list[FieldError]:
    """Gather the errors of all that was parsed."""
    return [error for result in parsed if isinstance(result, list) for error in result]


def tell(request: Request, answered: Answered, *, created: bool = False) -> Response:
    """Answer with what a request came to."""
    match answered:
        case Problem():
            return answer(request, answered)
        case Undecided(request_id=request_id):
            return _undecided(request_id)
    document = held_document(answered, i18n.language_of(request))
    return json_answer(document, 201 if created else 200)


def today_of(parts: Parts) -> date:
    """Return today's date at the site."""
    return parts.clock().astimezone(SITE_TIMEZONE).date()


def _undecided(request_id: UUID) -> Response:
    headers = {"Location": f"{BOOKINGS_PATH}/{request_id}", "Retry-After": "1"}
    return json_answer({"request_id": str(request_id)}, 202, headers)
