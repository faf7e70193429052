"""The description of the JSON contract (OpenAPI 3.1), made of its types and of our own tables.

Rule 1: what several operations share follows from what they are: who may call (`Policy`), whether
they change something, whether they read a body. Only what is their own stands in `OPERATIONS`.
Rule 2: statuses and codes of refusals are those of `gateway.problems`; none is listed twice.

A test compares `OPERATIONS` with the application's routes, and every answer that the tests of the
contract get is held against the document. The AWS-compatible API (docs/vwr.md) has a description
of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec

from gateway import contract_shapes as shapes
from gateway.policies import Policy
from gateway.problems import RETRY_AFTER_S, STATUS
from waiting_room.status import Status

DESCRIPTION_PATH = "/api/v1/openapi.json"
PREFIXES = ("/api/v1/", "/queue/")
"""Below these every route is described."""

JSON, PROBLEM = "application/json", "application/problem+json"
SAFE = ("GET", "HEAD")
OF_EVERY_CALL = (400, 413, 500, 503)
_REF = "#/components/schemas/{name}"

Schema = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Operation:
    """One call: what it answers (the first status is the usual one), and its own refusals.

    `keyed`: it has an Idempotency-Key. `query` names parameters, all optional.
    """

    method: str
    path: str
    summary: str
    policy: Policy
    answers: Mapping[int, Sequence[type]]
    body: type | None = None
    refusals: Sequence[int] = ()
    keyed: bool = False
    query: Mapping[str, Schema] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Say whether it changes something, and so must come from our own pages or a program."""
        return self.method not in SAFE

    def problem_statuses(self) -> Iterator[int]:
        """Yield the statuses of all refusals and faults that it can meet."""
        yield from OF_EVERY_CALL
        yield from self.refusals
        if self.policy is not Policy.PUBLIC:
            yield 401
        if self.policy is Policy.SESSION or self.changes:
            yield 403
        if self.body is not None:
            yield 415
        if self.body is not None or self.keyed or self.query:
            yield 422


def _parameter(pattern: str) -> Schema:
    return {"type": "string", "pattern": pattern}


_DAY = _parameter("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
_IDENTIFIER = _parameter("^[A-Za-z0-9_-]{1,64}$")
_DOSES: Schema = {"enum": ["both", "second"], "default": "both"}
_HELD = (shapes.Booking, shapes.StandbyPlace)
_UNDECIDED = (shapes.Undecided,)

_PUBLIC, _IDENTIFIED, _SESSION = Policy.PUBLIC, Policy.IDENTIFIED, Policy.SESSION

OPERATIONS: Sequence[Operation] = (
    Operation(
        "GET",
        "/queue/status.json",
        "The line of the release that is open or next to open: the same bytes for everybody.",
        _PUBLIC,
        {200: (Status,)},
        refusals=(404,),
    ),
    Operation(
        "GET",
        "/queue/{release_id}/status.json",
        "The line of one release.",
        _PUBLIC,
        {200: (Status,)},
        refusals=(404,),
    ),
    Operation("GET", DESCRIPTION_PATH, "This description.", _PUBLIC, {200: (dict,)}),
    Operation(
        "POST",
        "/api/v1/sign-in",
        "Confirm an identity; take a place, or come straight in.",
        _PUBLIC,
        {200: (shapes.SignedIn,)},
        body=shapes.SignIn,
        refusals=(401, 409, 410, 429),
    ),
    Operation(
        "GET",
        "/api/v1/receipt-key",
        "The public key of the city's receipts.",
        _PUBLIC,
        {200: (shapes.ReceiptKey,)},
    ),
    Operation(
        "GET",
        "/api/v1/me",
        "Who one is, and where one stands.",
        _IDENTIFIED,
        {200: (shapes.MeBefore, shapes.MeAfter)},
    ),
    Operation(
        "POST",
        "/api/v1/enter",
        "Come in, if it is one's turn.",
        _IDENTIFIED,
        {200: (shapes.CameIn,)},
        body=shapes.Nothing,
        refusals=(409, 410),
    ),
    Operation(
        "POST",
        "/api/v1/sign-out",
        "End the session.",
        _IDENTIFIED,
        {204: ()},
        body=shapes.Nothing,
    ),
    Operation(
        "GET",
        "/api/v1/availability",
        "What the release still has; 304 for who has it already (ETag).",
        _SESSION,
        {200: (shapes.Pairs, shapes.SecondDoses), 304: ()},
        query={
            "venue": _IDENTIFIER,
            "product": _IDENTIFIER,
            "from": _DAY,
            "to": _DAY,
            "doses": _DOSES,
        },
    ),
    Operation(
        "POST",
        "/api/v1/bookings",
        "Ask for both doses, or for dose 2 after a first dose elsewhere.",
        _SESSION,
        {201: (shapes.Booking,), 202: _UNDECIDED},
        body=shapes.Book,
        refusals=(409,),
        keyed=True,
    ),
    Operation(
        "POST",
        "/api/v1/bookings/together",
        "Ask for two pairs, for oneself and a companion: both people or neither.",
        _SESSION,
        {201: (shapes.TwoBookings,), 202: _UNDECIDED},
        body=shapes.BookTogether,
        refusals=(409, 429),
        keyed=True,
    ),
    Operation(
        "GET",
        "/api/v1/bookings/{request_id}",
        "What became of a request.",
        _SESSION,
        {200: (*_HELD, shapes.TwoBookings, shapes.GivenBack, shapes.Refused), 202: _UNDECIDED},
        refusals=(404,),
    ),
    Operation(
        "GET",
        "/api/v1/booking",
        "The booking that one holds.",
        _SESSION,
        {200: (shapes.Booking,)},
        refusals=(404,),
    ),
    Operation(
        "PUT",
        "/api/v1/booking",
        "Ask for other seats; refused means that the old ones stand.",
        _SESSION,
        {200: (shapes.Booking,), 202: _UNDECIDED},
        body=shapes.Change,
        refusals=(404, 409),
        keyed=True,
    ),
    Operation(
        "DELETE",
        "/api/v1/booking",
        "Give both doses back, or dose 2 alone.",
        _SESSION,
        {200: (shapes.GivenBack,), 202: _UNDECIDED},
        body=shapes.Nothing,
        refusals=(404, 409),
        keyed=True,
        query={"doses": _DOSES},
    ),
    Operation(
        "POST",
        "/api/v1/standby",
        "Ask for a place on the standby list.",
        _SESSION,
        {201: (shapes.StandbyPlace,), 202: _UNDECIDED},
        body=shapes.JoinStandby,
        refusals=(409,),
        keyed=True,
    ),
    Operation(
        "GET",
        "/api/v1/standby",
        "Where one stands on the list, and what is offered.",
        _SESSION,
        {200: (shapes.StandbyPlace,)},
        refusals=(404,),
    ),
    Operation(
        "DELETE",
        "/api/v1/standby",
        "Leave the list.",
        _SESSION,
        {200: (shapes.GivenBack,), 202: _UNDECIDED},
        body=shapes.Nothing,
        refusals=(404, 409),
        keyed=True,
    ),
    Operation(
        "POST",
        "/api/v1/standby/accept",
        "Take what is offered.",
        _SESSION,
        {201: (shapes.Booking,), 202: _UNDECIDED},
        body=shapes.Nothing,
        refusals=(404, 409),
        keyed=True,
    ),
    Operation(
        "POST",
        "/api/v1/step-up",
        "Have a code mailed that opens the contact details on the pages.",
        _SESSION,
        {202: (shapes.CodeSent,)},
        body=shapes.Nothing,
        refusals=(404, 409, 429),
    ),
    Operation(
        "PUT",
        "/api/v1/step-up",
        "Give the code.",
        _SESSION,
        {200: (shapes.DetailsShown,)},
        body=shapes.GiveCode,
    ),
)


@cache
def description_json() -> bytes:
    """Return the description as it is served."""
    return msgspec.json.encode(description())


def description() -> Schema:
    """Return the description of the contract."""
    types = {
        kind
        for operation in OPERATIONS
        for kind in (operation.body, *(k for kinds in operation.answers.values() for k in kinds))
        if kind is not None and kind is not dict
    }
    listed = sorted(types | {shapes.ProblemTold}, key=lambda kind: kind.__name__)
    _, schemas = msgspec.json.schema_components(listed, ref_template=_REF)
    paths: dict[str, dict[str, Schema]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Seiriken: the JSON contract",
            "version": "1",
            "description": "Times are RFC 3339 with offset, ids are strings. Bodies with fields "
            "that are not listed are refused; answers may get more fields in time.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": _cookie("__Host-session", "Who was let in. Plain `session` by HTTP."),
                "place": _cookie("__Host-place", "Who has a place. Plain `place` by HTTP."),
            },
        },
    }


def _described(operation: Operation) -> Schema:
    described: Schema = {
        "summary": operation.summary,
        "security": _security(operation.policy),
        "responses": {str(status): _answered(kinds) for status, kinds in operation.answers.items()}
        | {str(status): _refused(status) for status in sorted(set(operation.problem_statuses()))},
    }
    if parameters := list(_parameters(operation)):
        described["parameters"] = parameters
    if operation.body is not None:
        content = {JSON: {"schema": _schema_of(operation.body)}}
        is_needed = operation.body is not shapes.Nothing
        described["requestBody"] = {"required": is_needed, "content": content}
    return described


def _answered(kinds: Sequence[type]) -> Schema:
    if not kinds:
        return {"description": "Done; there is nothing to say."}
    schemas = [_schema_of(kind) for kind in kinds]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"description": _words(kinds), "content": {JSON: {"schema": schema}}}


def _refused(status: int) -> Schema:
    """Describe all problems of a status together: any of its codes may be told."""
    codes = sorted(code for code, of in STATUS.items() if of == status)
    own = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    schema = {"allOf": [_schema_of(shapes.ProblemTold), own]}
    described: Schema = {"description": ", ".join(codes), "content": {PROBLEM: {"schema": schema}}}
    if status == 429 or RETRY_AFTER_S.keys() & set(codes):
        again = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}
        described["headers"] = {"Retry-After": again}
    return described


def _parameters(operation: Operation) -> Iterator[Schema]:
    for name, schema in operation.query.items():
        yield {"name": name, "in": "query", "required": False, "schema": schema}
    if "{request_id}" in operation.path:
        yield _required("request_id", "path", {"type": "string", "format": "uuid"})
    if "{release_id}" in operation.path:
        yield _required("release_id", "path", _IDENTIFIER)
    if operation.keyed:
        yield _required("Idempotency-Key", "header", {"type": "string", "format": "uuid"})
    if operation.changes:
        yield _required("X-Requested-With", "header", {"const": "seiriken"})


def _required(name: str, place: str, schema: Schema) -> Schema:
    return {"name": name, "in": place, "required": True, "schema": schema}


def _security(policy: Policy) -> list[dict[str, list[str]]]:
    match policy:
        case Policy.PUBLIC:
            return []
        case Policy.IDENTIFIED:
            return [{"session": []}, {"place": []}]
        case Policy.SESSION:
            return [{"session": []}]


def _cookie(name: str, words: str) -> Schema:
    return {"type": "apiKey", "in": "cookie", "name": name, "description": words}


def _schema_of(kind: type) -> Schema:
    return {"type": "object"} if kind is dict else {"$ref": _REF.format(name=kind.__name__)}


def _words(kinds: Sequence[type]) -> str:
    """Return what the first lines of the types' docstrings say."""
    return " Or: ".join((kind.__doc__ or "").partition("\n")[0] for kind in kinds)
