"""A mail server for tests: it speaks just enough SMTP (RFC 5321), and can be told to refuse.

The standard library's `smtpd` is gone since Python 3.12.
"""

from __future__ import annotations

import socketserver
import threading
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps the mails it took. `replies` replace its reply to a verb; `gate` holds back the last.

    An empty reply hangs up. `asked` is set when a mail has come in whole and its reply is due.
    `drip_s` lies between any two characters of that reply.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.replies: dict[str, str] = {}
        self.recipients: list[str] = []
        self.mails: list[EmailMessage] = []
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Event()
        self.drip_s = 0.0
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Return its address as the settings have it."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        """Stop to serve."""
        self.stopped.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline():
            words = line.decode().strip()
            verb = words[:4].upper()
            reply = self.server.replies.get(verb)
            if verb == "DATA" and reply is None:
                self._say("354 go on")
                self._take(self._text())
                if self.server.replies.get("TEXT") == "":
                    return
                continue
            if verb == "RCPT" and reply is None:
                self.server.recipients.append(words.partition(":")[2].strip("<> "))
            if reply == "":
                return
            self._say(reply or ("221 bye" if verb == "QUIT" else "250 ok"))
            if verb == "QUIT":
                return

    def _text(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _take(self, text: bytes) -> None:
        mail = message_from_bytes(text, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.server.mails.append(mail)
        self.server.asked.set()
        self.server.gate.wait(60)
        if self.server.drip_s:
            self._drip()
        elif reply := self.server.replies.get("TEXT", "250 taken"):
            self._say(reply)

    def _drip(self) -> None:
        with suppress(OSError):
            for character in "250 taken\r\n":
                self.wfile.write(character.encode())
                self.server.stopped.wait(self.server.drip_s)

    def _say(self, reply: str) -> None:
        self.wfile.write(reply.encode() + b"\r\n")
