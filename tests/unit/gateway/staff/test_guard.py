"""A file that is sent in stays in memory."""

from __future__ import annotations

import asyncio

import pytest
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from gateway.staff.body_limits import FILE_BYTES_MAX
from gateway.staff.guard import form_with_file

BOUNDARY = "edge"


def request_with(body: bytes, content_type: str) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode())] if content_type else []
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


def part(size: int) -> bytes:
    head = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
    return head.encode() + b"0" * size + b"\r\n"


def test_largest_file_never_comes_to_a_disk() -> None:
    async def sent() -> tuple[int, bool]:
        body = part(FILE_BYTES_MAX) + f"--{BOUNDARY}--\r\n".encode()
        form = await form_with_file(request_with(body, f"multipart/form-data; boundary={BOUNDARY}"))
        upload = form["file"]
        assert isinstance(upload, UploadFile)
        in_memory = vars(upload.file)["_rolled"] is False
        size = len(await upload.read())
        await form.close()
        return size, in_memory

    assert asyncio.run(sent()) == (FILE_BYTES_MAX, True)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", ""),
        (b"a=b", "application/x-www-form-urlencoded"),
        (b"x", "multipart/form-data"),
        (b"x", f"multipart/form-data; boundary={BOUNDARY}"),
        (part(1) + part(1), f"multipart/form-data; boundary={BOUNDARY}"),
    ],
)
def test_what_is_no_form_with_one_file_is_a_bad_request(body: bytes, content_type: str) -> None:
    with pytest.raises(HTTPException) as refused:
        asyncio.run(form_with_file(request_with(body, content_type)))
    assert refused.value.status_code == 400
