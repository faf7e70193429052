"""Our static files, kept by browsers for as long as their name names their content.

Browsers get the larger ones compressed, which is done once: at the start. An edge before the
gateways has copies of its own and does the same; without one the waiting page stays as light.
"""

from __future__ import annotations

import gzip
from pathlib import Path

from starlette.datastructures import QueryParams
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gateway.notices import takes_gzip

FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=300"
PACKED_KINDS = frozenset({".css", ".js", ".svg"})
PACKED_BYTES_MIN = 512
"""Smaller files are not worth it; as at the edge (`gzip_min_length`)."""


class StaticFolder(StaticFiles):
    """One folder of files. A link that carries a digest (`?v=`) never changes its content."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)
        self._packed = {
            path.name: gzip.compress(path.read_bytes(), mtime=0)
            for path in folder.iterdir()
            if path.suffix in PACKED_KINDS and path.stat().st_size >= PACKED_BYTES_MIN
        }

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer a file, and say how long it may be kept."""
        response = await super().get_response(path, scope)
        packed = self._packed.get(path)
        if packed is not None:
            if isinstance(response, FileResponse) and takes_gzip(scope["headers"]):
                response = _packed_answer(response, packed)
            response.headers["Vary"] = "Accept-Encoding"
        has_digest = "v" in QueryParams(scope["query_string"])
        response.headers["Cache-Control"] = FOREVER if has_digest else BRIEFLY
        return response


def _packed_answer(plain: FileResponse, packed: bytes) -> Response:
    """Answer the same file compressed. Its tag is weak: the bytes are others."""
    headers = {
        "content-encoding": "gzip",
        "etag": f"W/{plain.headers['etag']}",
        "last-modified": plain.headers["last-modified"],
    }
    return Response(packed, headers=headers, media_type=plain.media_type)
