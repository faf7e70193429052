"""A bare Starlette beside which the gateway is measured: `python -m … FD ANSWER_FILE`.

It serves on the socket that it inherits, with the settings of `gateway/__main__.py`: one
route gives the bytes and headers that a gateway gave for status.json, another one decodes
the body of a sign-in and does nothing with it.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BACKLOG = 2_048
STATUS = "/queue/status.json"
SIGN_IN = "/api/v1/sign-in"
_KEEP_ALIVE_S = 30
_DECODED = b'{"decoded":true}'


class PlainAnswer(msgspec.Struct, frozen=True):
    """What a gateway answered; the server itself adds the date and Starlette the length."""

    headers: dict[str, str]
    body: str


def plain_app(answer: PlainAnswer) -> Starlette:
    """Build the application."""
    body = answer.body.encode()

    async def status(_request: Request) -> Response:
        return Response(body, headers=answer.headers)

    async def sign_in(request: Request) -> Response:
        msgspec.json.decode(await request.body())
        return Response(_DECODED, media_type="application/json")

    return Starlette(routes=[Route(STATUS, status), Route(SIGN_IN, sign_in, methods=["POST"])])


def main(public_fd: int, answer_file: Path) -> None:
    """Serve until told to stop."""
    answer = msgspec.json.decode(answer_file.read_bytes(), type=PlainAnswer)
    server = uvicorn.Server(
        uvicorn.Config(
            plain_app(answer),
            loop="uvloop",
            http="httptools",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_S,
        )
    )
    listener = socket.socket(fileno=public_fd)
    listener.settimeout(0)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
