"""What is typed stays text: for SQL, the shell, files, HTML, HTTP headers, mails and Redis.

IPA's "How to Secure Your Website", classes 1, 2, 3, 5, 7 and 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.integration.city import CONTACT, flexible
from tests.security.site import (
    ATTACKER_CONTACT,
    Door,
    Site,
    assert_harmless,
    identity,
)
from tests.system.attackers import Device

ATTACKER = 11
FORM = "application/x-www-form-urlencoded"

PAYLOADS = {
    "sql-always-true": "' OR '1'='1' -- ",
    "sql-union": "0' UNION SELECT name, phone FROM booking -- ",
    "sql-stacked": "1'; DROP TABLE booking; -- ",
    "sql-time": "1' AND (SELECT pg_sleep(30)) IS NOT NULL -- ",
    "sql-backslash-quote": "\\' OR 1=1 #",
    "sql-copy-program": "'; COPY booking TO PROGRAM 'id' -- ",
    "shell-semicolon": "; cat /etc/passwd",
    "shell-backticks": "`id`",
    "shell-substitution": "$(sleep 30)",
    "shell-pipe": "| nc 127.0.0.1 9 -e /bin/sh",
    "path-dots": "../../../../../../etc/passwd",
    "path-dots-encoded": "..%2f..%2f..%2fetc%2fpasswd",
    "path-file-scheme": "file:///etc/passwd",
    "path-windows": "..\\..\\..\\windows\\win.ini",
    "html-script": "<script>alert(1)</script>",
    "html-attribute": '"><img src=x onerror=alert(1)>',
    "html-svg": "<svg/onload=alert(1)>",
    "html-javascript-url": "javascript:alert(document.cookie)",
    "html-entity": "&#60;script&#62;alert(1)&#60;/script&#62;",
    "template-jinja": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "template-dollar": "${7*7}#{7*7}",
    "log4shell": "${jndi:ldap://127.0.0.1:9/a}",
    "redis-lines": "x\r\nFLUSHALL\r\n",
    "header-lines": "x\r\nSet-Cookie: __Host-session=attacker\r\n\r\n<b>",
    "mail-lines": "a@example.jp\r\nBcc: everybody@example.jp",
    "format-string": "%s%s%s%n%x {0.__class__} %(name)s",
    "ldap": "*)(uid=*))(|(uid=*",
    "xml-entity": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "csv-formula": "=cmd|' /C calc'!A0",
    "nul": "a\x00b",
    "control-direction": "\u202egpj.exe\u2066",
}

IN_ONE_LINE = {name: text for name, text in PAYLOADS.items() if text.isprintable()}


def tried(door: Door, device: Device, text: str) -> Iterator[httpx2.Response]:
    """Send a text as everything that the gateway reads, but header lines."""
    who, key = identity(ATTACKER), {"Idempotency-Key": str(uuid4())}
    cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in device.cookies.items())}
    yield door.asks("POST", "/api/v1/sign-in", json=who | {"ticket_number": text})
    yield door.asks("POST", "/api/v1/sign-in", json=who | {"birth_date": text})
    yield door.asks("POST", "/api/v1/sign-in", json=who | {text: text})
    yield door.asks("POST", "/sign-in", data={"ticket_number": text, "birth_year": text})
    yield door.asks("POST", "/sign-in", data={"ticket_number": "12", "back": text})
    for contact in ({"name": text}, {"email": text}, {"phone": text}):
        sent = CONTACT | ATTACKER_CONTACT | contact
        yield door.asks("POST", "/details", data=sent, headers=cookies)
        yield door.asks("GET", "/details", headers=cookies)
    for wish in ({"venue": text}, {"product": text}, {"from": text}, {"times": [text]}):
        body = {"contact": ATTACKER_CONTACT, "flexible": flexible(**wish)}
        yield door.asks("POST", "/api/v1/bookings", json=body, headers=cookies | key)
    body = {"contact": ATTACKER_CONTACT, "choices": [{"slot_id": text}]}
    yield door.asks("POST", "/api/v1/bookings", json=body, headers=cookies | key)
    for name in ("venue", "product", "from", "doses", text):
        path = "/api/v1/availability"
        yield door.asks("GET", path, params={name: text}, headers=cookies)
    yield door.asks("GET", "/sign-in", params={"back": text, "language": text, "again": text})
    for folder in ("/", "/choose/", "/checking/", "/api/v1/bookings/", "/queue/", "/draw/"):
        yield door.asks("GET", folder + quote(text, safe=""), headers=cookies)


@pytest.fixture
def device(site: Site, door: Door) -> Device:
    """Return the device of a resident who means ill."""
    return site.doors["gateway"].signed_in(ATTACKER)


def told(answer: httpx2.Response) -> int:
    return answer.status_code


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_text_is_refused_or_stays_text(site: Site, door: Door, device: Device, text: str) -> None:
    script = text if "<" in text else None
    seen = [told(answer) for answer in _harmless(site, tried(door, device, text), script)]
    assert len(seen) > 20
    assert set(seen) <= {200, 303, 400, 401, 403, 404, 409, 422, 429}, seen
    with psycopg.connect(site.city.database_url) as connection:
        row = connection.execute("SELECT count(*) FROM booking").fetchone()
    assert row == (1,), "the victim's alone"


def _harmless(
    site: Site, answers: Iterator[httpx2.Response], script: str | None
) -> Iterator[httpx2.Response]:
    for answer in answers:
        assert_harmless(answer, site.victim, script)
        assert "everybody@" not in answer.headers.get("set-cookie", "")
        assert "attacker" not in answer.headers.get("set-cookie", "")
        yield answer


@pytest.mark.parametrize("text", IN_ONE_LINE.values(), ids=IN_ONE_LINE)
def test_text_in_header_lines_changes_nothing(site: Site, door: Door, text: str) -> None:
    names = (
        *("User-Agent", "Referer", "Accept-Language", "Accept-Encoding", "Origin", "X-Request-ID"),
        *("X-Forwarded-For", "If-None-Match", "Idempotency-Key", "Range", "Authorization"),
    )
    for name in names:
        value = text.strip().encode("utf-8")
        answer = door.asks("GET", "/sign-in", headers={name: value})
        assert_harmless(answer, site.victim, text if "<" in text else None)
        assert answer.status_code in (200, 400, 403), name
    for name in ("__Host-session", "__Host-place", "language"):
        sent = {"Cookie": f"{name}={quote(text)}"}
        answer = door.asks("GET", "/api/v1/me", headers=sent)
        assert_harmless(answer, site.victim)
        assert answer.status_code in (401, 403)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x0b", "%0d%0a"])
def test_name_and_address_bring_no_line_into_a_mail(
    site: Site, door: Door, device: Device, end: str
) -> None:
    """IPA 8: what would be a second line of a header is refused at its field."""
    for field, value in (
        ("name", f"A{end}Bcc: b@example.jp"),
        ("email", f"a@example.jp{end}Cc: b"),
    ):
        body = {"contact": ATTACKER_CONTACT | {field: value}, "flexible": flexible()}
        headers = {"Idempotency_Key": str(uuid4())}
        if field == "name" and end == "%0d%0a":
            continue  # Four letters and two signs of percent: a strange name, and one line.
        answer = Device(door.http, **device.cookies).call(
            "POST", "/api/v1/bookings", body, **headers
        )
        assert_harmless(answer, site.victim)
        assert answer.status_code in (403, 422)
        if answer.status_code == 422:
            assert [error["field"] for error in answer.json()["errors"]] == [f"contact.{field}"]
