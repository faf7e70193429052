"""The synthetic resident meets servers that are away, hang, lie, or show a bad certificate."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from monitoring.errors import SecretError
from monitoring.probe_run import Probe, Run, TestResident, read_resident, tls_context

RESIDENT = TestResident("000000", "0123456789", "1800-01-01")
HASTY_S, HALTING_S, PATIENT_S = 0.8, 5.0, 8.0
"""The time of a step before a server of which nothing comes, one of which something comes that is
to be there in time, and before all others."""

LATE_S = 30.0
"""How much later than its time a run may end on a full machine."""

EXPIRES = datetime(2099, 1, 2, 3, 4, 5, tzinfo=UTC)
LONG_S = 60.0
LATER = "GET /api/v1/bookings/"

PAGE = (200, "text/html; charset=utf-8", '<link href="/static/seiriken.css">')
DAYS = {"days": [{"date": "2099-01-05", "slots": [{"slot_id": "7", "pairs": "few"}]}]}

STEPS = ("landing", "line", "sign_in", "availability", "book", "cancel")

Reply = tuple[int, str, str]
Replies = dict[str, Reply]


def told(status: int, **content: object) -> Reply:
    return status, "application/json", json.dumps(content)


def good() -> Replies:
    """A city in which all goes well."""
    return {
        "GET /": PAGE,
        "GET /queue/status.json": told(200, state="open"),
        "POST /api/v1/sign-in": told(200, state="inside"),
        "GET /api/v1/availability": told(200, **DAYS),
        "POST /api/v1/bookings": told(201, state="booked"),
        "DELETE /api/v1/booking": told(200, state="cancelled"),
    }


class Town(ThreadingHTTPServer):
    """Says what it was told to say; `ended` lets those who wait go."""

    daemon_threads = True
    replies: Replies
    asked: list[str]
    ended: threading.Event
    drips: str = ""


class _Handler(BaseHTTPRequestHandler):
    server: Town
    protocol_version = "HTTP/1.1"

    def _reply(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = f"{self.command} {self.path}"
        self.server.asked.append(call)
        later = call.startswith(LATER)
        reply = self.server.replies.get(LATER if later else call)
        if reply is None:
            self.server.ended.wait(LONG_S)
            return
        status, media_type, body = reply
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if call == self.server.drips:
            for letter in body:
                self.wfile.write(letter.encode())
                if self.server.ended.wait(HASTY_S / 2):
                    return
        self.wfile.write(body.encode())

    do_GET = do_POST = do_DELETE = _reply  # noqa: N815 (the names are the base's)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the name is the base's
        """Say nothing."""


@contextmanager
def town(replies: Replies, certificate: Path | None = None) -> Iterator[Town]:
    server = Town(("127.0.0.1", 0), _Handler)
    server.replies, server.asked, server.ended = replies, [], threading.Event()
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def url_of(port: int, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{port}"


def go(url: str, ca_file: Path | None = None, step_s: float = PATIENT_S) -> Run:
    """Run once."""
    probe = Probe(url, RESIDENT, tls_context(ca_file), step_s=step_s, run_s=3 * step_s)
    return asyncio.run(probe.run())


def go_hastily(url: str, step_s: float = HASTY_S) -> Run:
    """Run once before a server that does not answer; it ends in time."""
    began_s = time.monotonic()
    run = go(url, step_s=step_s)
    assert time.monotonic() - began_s <= 3 * step_s + LATE_S
    return run


def go_to_each(cities: list[Replies]) -> list[Run]:
    """Run before several servers that halt, at the same time: each takes all the time of a step."""
    with ExitStack() as stack, ThreadPoolExecutor(len(cities)) as pool:
        urls = [url_of(stack.enter_context(town(replies)).server_port) for replies in cities]
        return list(pool.map(lambda url: go_hastily(url, HALTING_S), urls))


def failed(run: Run) -> tuple[str | None, str]:
    assert run.result == "failed"
    return run.failed_at, run.reason


def test_a_server_that_accepts_and_never_answers_or_decides_is_noticed_at_the_step() -> None:
    silent = [{call: good()[call] for call in good() if call != missing} for missing in good()]
    later = told(202, request_id="1")
    undecided = good() | {"POST /api/v1/bookings": later, LATER: later}
    runs = go_to_each([*silent, undecided])
    assert [failed(run) for run in runs] == [(step, "timeout") for step in (*STEPS, "book")]


def test_a_server_that_does_not_even_accept_is_noticed() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listener, ExitStack() as stack:
        port = listener.getsockname()[1]
        for _ in range(4):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        assert failed(go_hastily(url_of(port))) == ("landing", "timeout")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_connection_on_which_nothing_comes_is_noticed(scheme: str) -> None:
    """The kernel accepts it; over TLS not even the handshake is answered."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = url_of(listener.getsockname()[1], scheme)
        assert failed(go_hastily(url)) == ("landing", "timeout")


def test_a_server_that_drips_does_not_hold_the_probe() -> None:
    """Each byte comes within any read time-out; the step has a time of its own."""
    with town(good()) as server:
        server.drips = "GET /"
        assert failed(go_hastily(url_of(server.server_port))) == ("landing", "timeout")


def test_a_server_that_is_gone_is_noticed_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    run = go(url_of(port))
    assert failed(run) == ("landing", "no_connection")


@pytest.mark.parametrize(
    ("call", "reply", "then"),
    [
        ("GET /", (502, "text/html", "Bad Gateway"), ("landing", "status_502")),
        ("GET /", (200, "text/html", "Welcome!"), ("landing", "not_understood")),
        ("GET /queue/status.json", (200, "application/json", "{"), ("line", "not_understood")),
        ("GET /queue/status.json", (200, "application/json", "[1]"), ("line", "not_understood")),
        ("POST /api/v1/sign-in", told(500, code="internal_error"), ("sign_in", "internal_error")),
        ("GET /api/v1/availability", told(200, days=[]), ("availability", "no_slot")),
        ("POST /api/v1/bookings", told(503, code="busy"), ("book", "busy")),
        ("DELETE /api/v1/booking", (504, "text/html", ""), ("cancel", "status_504")),
    ],
)
def test_a_wrong_answer_is_a_failure_of_its_step(
    call: str, reply: Reply, then: tuple[str, str]
) -> None:
    with town(good() | {call: reply}) as server:
        run = go(url_of(server.server_port))
    assert failed(run) == then


@pytest.mark.parametrize(
    ("reply", "result", "failed_at"),
    [
        (told(503, code="maintenance"), "maintenance", None),
        (told(503, code="not_ready"), "failed", "landing"),
    ],
)
def test_a_first_page_that_says_503_is_asked_whether_that_is_planned(
    reply: Reply, result: str, failed_at: str | None
) -> None:
    page = (503, "text/html", "Until 9:00")
    with town({"GET /": page, "GET /api/v1/receipt-key": reply}) as server:
        run = go(url_of(server.server_port))
    assert (run.result, run.failed_at) == (result, failed_at)


def test_a_place_in_the_line_is_an_answer_and_ends_the_run() -> None:
    waits = told(200, state="waiting", place=812, place_token="t")
    with town(good() | {"POST /api/v1/sign-in": waits}) as server:
        run = go(url_of(server.server_port))
        assert server.asked[-1] == "POST /api/v1/sign-in"
    assert (run.result, run.failed_at) == ("waiting", None)


@pytest.mark.parametrize(
    ("later", "result"),
    [
        (told(200, state="booked"), "ok"),
        (told(200, state="refused", code="no_first_dose"), "failed"),
    ],
)
def test_what_is_undecided_is_asked_for_until_it_is_decided(later: Reply, result: str) -> None:
    replies = good() | {"POST /api/v1/bookings": told(202, request_id="1")}
    with town(replies | {LATER: later}) as server:
        run = go(url_of(server.server_port))
    assert run.result == result
    assert run.failed_at == (None if result == "ok" else "book")


def test_the_resident_is_in_the_body_of_the_sign_in_alone() -> None:
    with town(good()) as server:
        run = go(url_of(server.server_port))
        assert not any(RESIDENT.ticket_number in call for call in server.asked)
    assert run.result == "ok"
    assert RESIDENT.ticket_number not in f"{RESIDENT!r} {run!r}"


def certificate(folder: Path, expires: datetime) -> Path:
    """Write a key and a certificate of one's own for the loopback address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(expires)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


def test_over_tls_it_says_when_the_certificate_expires(tmp_path: Path) -> None:
    path = certificate(tmp_path, EXPIRES)
    with town(good(), path) as server:
        run = go(url_of(server.server_port, "https"), path)
    assert (run.result, run.certificate_expires_at) == ("ok", EXPIRES.timestamp())


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_certificate_that_is_over_or_not_trusted_is_a_failure(
    tmp_path: Path, is_trusted: bool
) -> None:
    expires = datetime.now(UTC) - timedelta(hours=1) if is_trusted else EXPIRES
    path = certificate(tmp_path, expires)
    with town(good(), path) as server:
        run = go(url_of(server.server_port, "https"), path if is_trusted else None)
    assert failed(run) == ("landing", "certificate")


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "No such file"), ("{}", "not as"), ("\xff", "not as"), ('{"ticket": "7"}', "not as")],
)
def test_a_secret_that_is_not_there_or_not_one_is_named_without_its_content(
    tmp_path: Path, content: str | None, says: str
) -> None:
    path = tmp_path / "probe-resident.json"
    if content is not None:
        path.write_text(content, "latin-1")
    with pytest.raises(SecretError, match=rf"probe-resident\.json: {says}"):
        read_resident(path)


@pytest.mark.parametrize("make", [Path, lambda folder: folder / "none.pem"])
def test_authorities_that_cannot_be_read_are_named(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    with pytest.raises(SecretError, match="no certificates"):
        tls_context(make(tmp_path))
