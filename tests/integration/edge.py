"""The edge for tests: nginx with our configuration, before servers that note what they got."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import gateway
from seiriken.edge import Place, Tls, write_edge
from seiriken.firewall import Firewall
from seiriken.processes import free_ports
from tests.waiting import until

DEPLOY = Path(__file__).parents[2] / "deploy"
FIND_EDGE = DEPLOY / "find-edge.sh"
FIND_WAF = DEPLOY / "find-waf.sh"
STATIC_FOLDER = Path(gateway.__file__).parent / "static"
NAME = "seiriken.example"


_given: set[int] = set()


def free_port() -> int:
    """Return a port that is free now, and never the same twice: nobody listens there yet."""
    while (port := free_ports(1)[0]) in _given:
        continue
    _given.add(port)
    return port


@dataclass
class Behind:
    """A server behind the edge: what it was asked, and whether it hangs up instead of answering."""

    port: int
    hangs_up: bool = False
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Return where the edge reaches it."""
        return f"127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        """Return the paths it was asked for."""
        return [path for _, path, _ in self.asked]


@contextmanager
def behind() -> Iterator[Behind]:
    """Run a server that answers every request with 200, and notes it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen.asked.append((self.command, self.path, headers))
            if seen.hangs_up:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Cache-Control", "public, max-age=1")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def __getattr__(self, name: str) -> object:
            """Answer every method alike."""
            if name.startswith("do_"):
                return self._answer
            raise AttributeError(name)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's name)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    seen = Behind(int(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Edge:
    """A running edge."""

    http_port: int
    tls_port: int
    certificate: Path
    log_file: Path

    def client(self, *, http2: bool = False) -> httpx2.Client:
        """Return a client that trusts the certificate and finds the name here."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        return httpx2.Client(
            base_url=f"https://127.0.0.1:{self.tls_port}",
            verify=context,
            http2=http2,
            headers={"Host": NAME, "Accept-Language": "en"},
            timeout=60,
        )

    def says(self, request: bytes) -> bytes:
        """Send bytes as they are to the port without TLS, and return the whole answer."""
        with socket.create_connection(("127.0.0.1", self.http_port), timeout=60) as connection:
            connection.sendall(request)
            answer = b""
            while more := connection.recv(65_536):
                answer += more
        return answer


@contextmanager
def running_edge(gateways: list[str], *, waf: object = False, **changes: object) -> Iterator[Edge]:
    """Run nginx with our configuration before servers, `waf`: with ModSecurity and its rules."""
    found = subprocess.run(["sh", str(FIND_EDGE)], check=True, capture_output=True, text=True)
    folder = Path(tempfile.mkdtemp(prefix="seiriken-edge-", dir="/tmp"))
    folder.chmod(0o755)
    certificate, key = make_certificate(folder)
    http_port, tls_port = free_port(), free_port()
    values: dict[str, object] = {
        "conf_dir": folder / "conf",
        "run_dir": folder / "run",
        "static_dir": folder / "static",
        "status_dir": folder / "status",
        "gateways": gateways,
        "http": f"127.0.0.1:{http_port}",
        "tls": Tls(f"127.0.0.1:{tls_port}", NAME, certificate, key, f":{tls_port}"),
        "log": folder / "run" / "access.log",
    }
    shutil.copytree(STATIC_FOLDER, folder / "static")
    (folder / "status").mkdir()
    (folder / "status" / "index.html").write_text("<!doctype html><title>status</title>")
    (folder / "run").mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder / "run", "nobody")
    settings_file = write_edge(Place(**(values | changes)))  # type: ignore[arg-type]
    if waf:
        parts = subprocess.run(["sh", str(FIND_WAF)], check=True, capture_output=True, text=True)
        Firewall(*map(Path, parts.stdout.split())).write(folder / "conf")
    command = [found.stdout.strip(), "-p", str(folder), "-c", str(settings_file)]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        # It is written when all ports are listened at.
        until((folder / "run" / "nginx.pid").exists)
        yield Edge(http_port, tls_port, certificate, folder / "run" / "access.log")
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(60)
        shutil.rmtree(folder)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for the name and the loopback address, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    names = [x509.DNSName(NAME), x509.IPAddress(IPv4Address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "edge.pem", folder / "edge.key"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file
