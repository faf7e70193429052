"""Our static files, kept by browsers for as long as their name names their content."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=300"


class StaticFolder(StaticFiles):
    """One folder of files. A link that carries a digest (`?v=`) never changes its content."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer a file, and say how long it may be kept."""
        response = await super().get_response(path, scope)
        has_digest = "v" in QueryParams(scope["query_string"])
        response.headers["Cache-Control"] = FOREVER if has_digest else BRIEFLY
        return response
