"""A city as attackers meet it: a real gateway, and nginx with ModSecurity before it.

An attack is tried at a `Door`: through the edge, and at the gateway itself, as if somebody had
come into the inner network. Whatever is tried, the answer must be harmless (`assert_harmless`):
no fault, nothing of the victim's, nothing of how the system is built, and nothing that a browser
would run.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from redis import Redis

from monitoring.edge_events import EdgeEvents
from seiriken.embedded_postgres import EmbeddedPostgres
from seiriken.embedded_redis import EmbeddedRedis
from tests.integration.city import (
    BORN,
    CONTACT,
    PHONE,
    PROGRAM,
    City,
    city_of_a_module,
    flexible,
    ticket,
)
from tests.integration.edge import NAME, Edge, running_edge
from tests.system.attackers import Device, calling
from tests.waiting import until

VICTIM = 7
"""The number of the resident whose booking attackers are after."""

ATTACKER_CONTACT = {"name": "A. Ttacker", "phone": "0476001234", "email": "attacker@example.jp"}
OPENED_S = 60
"""So long a test waits for an answer: what takes longer hangs."""

REFUSED_PROTOCOL = frozenset({501, 505})
"""The edge's own answers to unknown transfer codings, and to HTTP/1.0: refusals, and no faults."""

INNER_WORDS = re.compile(
    r"Traceback|psycopg|sqlstate|syntax error|jinja2|starlette|uvicorn|redis\.|/site-packages/"
    r"|nginx/\d|root:x:|ModSecurity|owasp",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Door:
    """One way to the gateway. `http` keeps no cookies and follows nothing."""

    name: str
    http: httpx2.Client
    port: int
    certificate: Path | None
    host: str
    """What the Host header says."""

    def device(self, **cookies: str) -> Device:
        """Return a device that holds these cookies."""
        return Device(self.http, **cookies)

    def asks(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Make a call as one of our own programs."""
        headers = PROGRAM | options.pop("headers", {})
        return self.http.request(method, path, headers=headers, **options)

    def signed_in(self, number: int) -> Device:
        """Return the device of a resident who has come in."""
        device = self.device()
        answer = device.signs_in(identity(number))
        assert answer.status_code == 200, answer.text
        return device

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        """Open a connection to send bytes on, as they are."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=OPENED_S) as plain:
            if self.certificate is None:
                yield plain
                return
            context = ssl.create_default_context(cafile=str(self.certificate))
            with context.wrap_socket(plain, server_hostname=NAME) as wrapped:
                yield wrapped

    def says(
        self, request: bytes, silent_s: float | None = None, *, answers: bool = False
    ) -> bytes:
        """Send bytes as they are; return all that is said until the other side hangs up.

        Which it may do before it has taken them all. `silent_s` and `answers` as for `heard`.

        Raises:
            TimeoutError: it neither answered nor hung up.
        """
        with self.connection() as connection:
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                connection.sendall(request)
            return heard(connection, silent_s, answers=answers)


@dataclass(frozen=True)
class Victim:
    """Somebody who has booked, and all that nobody else may read of it."""

    device: Device
    request_id: str
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """The city, its two doors, and what the edge told of refusals."""

    city: City
    edge: Edge
    doors: Mapping[str, Door]
    victim: Victim

    def forget_failures(self) -> None:
        """Let failed sign-ins of earlier attacks count no more."""
        with Redis.from_url(self.city.redis_url) as redis:
            for key in redis.scan_iter("failures:*"):
                redis.delete(key)


def identity(number: int) -> dict[str, str]:
    """Return what a resident signs in with."""
    return {"ticket_number": ticket(number), "birth_date": BORN.isoformat()}


def heard(
    connection: socket.socket, silent_s: float | None = None, *, answers: bool = False
) -> bytes:
    """Return all that is said until the other side hangs up, however it does so.

    With `silent_s` also when it says nothing for so long: from the beginning on, or, with
    `answers`, after it has begun to answer, which it must.

    Raises:
        TimeoutError: it neither answered nor hung up.
    """
    if silent_s is not None and not answers:
        connection.settimeout(silent_s)
    answer = b""
    try:
        while more := connection.recv(65_536):
            answer += more
            if silent_s is not None:
                connection.settimeout(silent_s)
    except TimeoutError:
        if silent_s is None or (answers and not answer):
            raise
    except (ConnectionError, ssl.SSLError):
        return answer
    return answer


def statuses(answer: bytes) -> list[int]:
    """Return the statuses of all answers that stand in what was said on one connection."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", answer)]


def is_no_fault(status: int) -> bool:
    """Say whether a status is an answer or a refusal."""
    return status < 500 or status in REFUSED_PROTOCOL


def assert_harmless(answer: httpx2.Response, victim: Victim, script: str | None = None) -> None:
    """The answer is no fault, and gives nothing away; `script` does not stand in it unescaped."""
    asked = f"{answer.request.method} {answer.request.url.path}"
    assert is_no_fault(answer.status_code), asked
    assert_tells_nothing(answer.text + str(answer.headers), victim)
    assert script is None or script not in answer.text, asked
    assert answer.headers["x-content-type-options"] == "nosniff", asked
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], asked


def assert_tells_nothing(text: str, victim: Victim) -> None:
    """Nothing of the victim's, and nothing of how the system is built."""
    assert [secret for secret in victim.secrets if secret in text] == []
    assert INNER_WORDS.findall(text) == []


@contextmanager
def running_site(
    postgres: EmbeddedPostgres, template: str, redis_server: EmbeddedRedis, home: Path
) -> Iterator[Site]:
    """Run a city whose gateway stands behind an edge with the application firewall."""
    behind_edge = {"cookie_secure": True, "client_address_header": "X-Real-IP"}
    with (
        city_of_a_module(postgres, template, redis_server, home, **behind_edge) as city,
        _events() as events,
        running_edge(
            [city.url.removeprefix("http://")],
            waf=True,
            events=f"127.0.0.1:{events.port}",
            requests_per_s_per_network=10_000,
            burst_per_network=10_000,
        ) as edge,
        calling(city.url) as inner,
        calling(
            f"https://127.0.0.1:{edge.tls_port}",
            verify=ssl.create_default_context(cafile=str(edge.certificate)),
            headers={"Host": NAME},
        ) as outer,
    ):
        until(lambda: outer.get("/healthz").status_code == 200)
        port = int(city.url.rpartition(":")[2])
        gateway = Door("gateway", inner, port, None, f"127.0.0.1:{port}")
        doors = {
            "edge": Door("edge", outer, edge.tls_port, edge.certificate, NAME),
            "gateway": gateway,
        }
        yield Site(city, edge, doors, _victim(gateway))


def _victim(door: Door) -> Victim:
    device, request_id = door.signed_in(VICTIM), str(uuid4())
    body = {"contact": CONTACT, "flexible": flexible()}
    booked = device.call("POST", "/api/v1/bookings", body, Idempotency_Key=request_id)
    number = str(booked.raise_for_status().json()["booking_number"])
    own = (CONTACT["name"], PHONE, "080-9876-5432", CONTACT["email"], number, ticket(VICTIM))
    return Victim(device, request_id, own)


@contextmanager
def _events() -> Iterator[EdgeEvents]:
    events = EdgeEvents(0)
    try:
        yield events
    finally:
        events.close()
