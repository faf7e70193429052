"""Bodies that are too large, too deep, twice the same, or not what they say they are.

IPA's class 10 (what overflows), and the oddities of JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import uuid4

import pytest

from gateway.forms import BODY_BYTES_MAX
from tests.integration.city import flexible
from tests.security.site import (
    ATTACKER_CONTACT,
    Door,
    Site,
    assert_harmless,
    assert_tells_nothing,
    identity,
    is_no_fault,
    statuses,
)
from tests.system.attackers import Device

ATTACKER = 17
JSON = "application/json"
WHO = '"ticket_number":"0000000017","birth_date":"1950-01-01"'
"""Who would come in, were the body read."""

REFUSED: Mapping[str, bytes] = {
    "empty": b"",
    "nothing": b" ",
    "null": b"null",
    "list": b"[]",
    "text": b'"ticket_number"',
    "number": b"1",
    "list-of-objects": f"[{{{WHO}}}]".encode(),
    "two-objects": f"{{{WHO}}}{{{WHO}}}".encode(),
    "trailing-comma": f"{{{WHO},}}".encode(),
    "comment": f"{{{WHO}}} // and more".encode(),
    "single-quotes": f"{{{WHO}}}".replace('"', "'").encode(),
    "not-a-number": f'{{{WHO},"a":NaN}}'.encode(),
    "infinity": f'{{{WHO},"a":Infinity}}'.encode(),
    "byte-order-mark": b"\xef\xbb\xbf" + f"{{{WHO}}}".encode(),
    "utf-16": f"{{{WHO}}}".encode("utf-16"),
    "utf-7": b"+AHs-" + WHO.encode() + b"+AH0-",
    "broken-utf-8": f"{{{WHO}}}".encode().replace(b"1950", b"\xff950"),
    "overlong-utf-8": f"{{{WHO}}}".encode().replace(b"1950", b"\xc0\xb1950"),
    "lone-surrogate": f'{{{WHO},"a":"\\ud800"}}'.encode(),
    "nul-behind": f"{{{WHO}}}".encode() + b"\0",
    "nul-inside": f"{{{WHO}}}".replace("1950", "\\u0000950").encode(),
    "deep-lists": b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "deep-objects": b'{"a":' * 8_000 + b"1" + b"}" * 8_000,
    "deep-open": b"[" * 60_000,
    "huge-number": f'{{{WHO},"a":{"9" * 50_000}}}'.encode(),
    "huge-exponent": f'{{{WHO},"a":1e999999999}}'.encode(),
    "many-fields": b"{" + b",".join(b'"f%d":1' % n for n in range(6_000)) + b"}",
    "number-for-text": b'{"ticket_number":17,"birth_date":"1950-01-01"}',
    "list-for-text": b'{"ticket_number":["0000000017"],"birth_date":"1950-01-01"}',
    "object-for-text": b'{"ticket_number":{"$ne":""},"birth_date":{"$gt":""}}',
    "true-for-text": b'{"ticket_number":true,"birth_date":true}',
    "prototype": f'{{{WHO},"__proto__":{{"state":"inside"}}}}'.encode(),
    "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "pickle": b"\x80\x04\x95\x1f\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94.",
    "message-pack": b"\x82\xadticket_number\xaa0000000017\xaabirth_date\xaa1950-01-01",
    "form": b"ticket_number=0000000017&birth_date=1950-01-01",
}

KINDS = (
    *("text/plain", "text/html", "application/xml", "application/x-www-form-urlencoded"),
    *("multipart/form-data", "multipart/form-data; boundary=a", "application/octet-stream"),
    *("application/x-msgpack", "application/json5", "*/*", "json", "application/jsonp"),
)


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_body_that_is_no_plain_object_is_refused(site: Site, door: Door, body: bytes) -> None:
    answer = door.asks("POST", "/api/v1/sign-in", content=body, headers={"Content-Type": JSON})
    assert_harmless(answer, site.victim)
    assert answer.status_code in (400, 403, 422), answer.text
    assert "set-cookie" not in answer.headers


def test_name_that_stands_twice_has_one_meaning(site: Site, door: Door) -> None:
    """No part before the gateway decides by a body's content: the last one counts, and alone."""
    body = b'{"ticket_number":"0000000007","ticket_number":"0000000017","birth_date":"1950-01-01"}'
    answer = door.asks("POST", "/api/v1/sign-in", content=body, headers={"Content-Type": JSON})
    assert_harmless(answer, site.victim)
    assert answer.status_code in (200, 400, 403)
    if answer.status_code == 200:
        token = {"__Host-place": answer.json()["place_token"]}
        shown = door.device(**token).call("GET", "/api/v1/me").json()
        assert shown["ticket_number"] == "0000000017"


@pytest.mark.parametrize("kind", KINDS)
def test_body_of_another_kind_is_refused(site: Site, door: Door, kind: str) -> None:
    body = f"{{{WHO}}}".encode()
    answer = door.asks("POST", "/api/v1/sign-in", content=body, headers={"Content-Type": kind})
    assert_harmless(answer, site.victim)
    assert answer.status_code in (400, 403, 415)
    page = door.asks("POST", "/sign-in", content=body, headers={"Content-Type": kind})
    assert_harmless(page, site.victim)
    assert page.status_code in (400, 403, 415, 422)


@pytest.mark.parametrize("path", ["/api/v1/sign-in", "/sign-in", "/nowhere", "/static/a.css", "/"])
@pytest.mark.parametrize("size", [BODY_BYTES_MAX + 1, 20_000_000])
def test_body_that_is_too_large_is_refused(site: Site, door: Door, path: str, size: int) -> None:
    """By its told length, before a byte of it is sent."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {door.host}\r\nContent-Length: {size}\r\n"
        "X-Requested-With: seiriken\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    )
    answer = door.says(head.encode(), silent_s=1.0, answers=True)
    assert statuses(answer)[0] in (404, 405, 413), answer[:100]
    assert_tells_nothing(answer.decode("utf-8", "replace"), site.victim)


def test_body_without_a_told_length_is_counted(site: Site, door: Door) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 1_000

    answer = door.asks("POST", "/api/v1/sign-in", content=chunks())
    assert_harmless(answer, site.victim)
    assert answer.status_code in (400, 403, 413)


def test_upload_is_no_form(site: Site, door: Door) -> None:
    files = {"ticket_number": ("../../a.py", b"import os", "text/x-python")}
    answer = door.asks("POST", "/sign-in", files=files)
    assert_harmless(answer, site.victim)
    assert answer.status_code in (400, 403)


OVERSIZED = {
    "header-line": lambda host: f"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: {'a' * 100_000}\r\n\r\n",
    "header-lines": lambda host: (
        f"GET / HTTP/1.1\r\nHost: {host}\r\n"
        + "".join(f"X-{n}: {'a' * 100}\r\n" for n in range(5_000))
        + "\r\n"
    ),
    "header-name": lambda host: f"GET / HTTP/1.1\r\nHost: {host}\r\n{'A' * 100_000}: a\r\n\r\n",
    "cookie": lambda host: f"GET / HTTP/1.1\r\nHost: {host}\r\nCookie: {'a=b; ' * 20_000}\r\n\r\n",
    "address": lambda host: f"GET /{'a' * 100_000} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "query": lambda host: f"GET /?{'a=b&' * 20_000} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "method": lambda host: f"{'A' * 100_000} / HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "host": lambda host: f"GET / HTTP/1.1\r\nHost: {host * 5_000}\r\n\r\n",
    "chunk-line": lambda host: (
        f"POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
        f"1;{'a' * 100_000}\r\na\r\n0\r\n\r\n"
    ),
    "trailers": lambda host: (
        f"POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
        f"0\r\n{'A: b' * 30_000}\r\n\r\n"
    ),
}


@pytest.mark.parametrize("request_", OVERSIZED.values(), ids=OVERSIZED)
def test_head_that_is_too_large_is_refused(site: Site, door: Door, request_: object) -> None:
    assert callable(request_)
    head = request_(door.host).replace("\r\n", "\r\nConnection: close\r\n", 1)
    answer = door.says(head.encode())
    assert all(map(is_no_fault, statuses(answer))), answer[:100]
    assert_tells_nothing(answer.decode("utf-8", "replace"), site.victim)
    if door.name == "edge":
        assert all(status >= 400 for status in statuses(answer)), answer[:100]
    assert door.asks("GET", "/healthz").status_code == 200


@pytest.mark.parametrize("count", [50, 2_000])
def test_form_with_many_fields_is_refused(site: Site, door: Door, count: int) -> None:
    data = {f"f{number}": "1" for number in range(count)}
    answer = door.asks("POST", "/sign-in", data=data)
    assert_harmless(answer, site.victim)
    assert answer.status_code in (400, 403)


@pytest.mark.parametrize("length", [101, 10_000, 60_000])
def test_value_that_is_too_long_is_refused_at_its_field(
    site: Site, door: Door, length: int
) -> None:
    attacker = Device(door.http, **site.doors["gateway"].signed_in(ATTACKER).cookies)
    for field in ("name", "phone", "email"):
        body = {"contact": ATTACKER_CONTACT | {field: "1" * length}, "flexible": flexible()}
        answer = attacker.call("POST", "/api/v1/bookings", body, Idempotency_Key=str(uuid4()))
        assert_harmless(answer, site.victim)
        assert answer.status_code in (403, 422)


@pytest.mark.parametrize(
    "name", ["ticket_number", "birth_year", "back"], ids=lambda name: f"twice-{name}"
)
def test_parameter_that_stands_twice_is_refused(site: Site, door: Door, name: str) -> None:
    who = identity(ATTACKER)["ticket_number"]
    content = f"ticket_number={who}&birth_year=1950&birth_month=1&birth_day=1&back=&{name}=1"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = door.asks("POST", "/sign-in", content=content.encode(), headers=kind)
    assert_harmless(answer, site.victim)
    assert answer.status_code in (400, 403)
    assert "set-cookie" not in answer.headers
