"""What leaves the city goes to whom it is meant for."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from allocator.post import MailServer, PostAway
from tests.integration.edge import make_certificate


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """A server with a certificate that it has signed itself; and what it was told."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(tmp_path))
    told: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            plain, _ = listening.accept()
            with plain, context.wrap_socket(plain, server_side=True) as wrapped:
                wrapped.sendall(b"220 ready\r\n")
                told.append(wrapped.recv(4_096))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield listening.getsockname()[1], told
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_mail_is_not_given_to_a_server_that_nobody_vouches_for(
    impostor: tuple[int, list[bytes]],
) -> None:
    port, told = impostor
    server = MailServer(f"smtps://127.0.0.1:{port}", "city@example.jp", None)
    with pytest.raises(PostAway):
        server.send(EmailMessage(), 1, "yuri.7@example.jp")
    assert told == []
