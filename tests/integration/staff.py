"""A staff gateway for tests, and colleagues who work at it with browsers of their own.

Its clock can be put ahead (`StaffDesk.passes`): a code counts once, and sessions run out.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx2
import pyotp
import uvicorn

from allocator.migrate import create_login_roles, role_url
from gateway.staff.access import Role
from gateway.staff.app import create_app
from gateway.staff.parts import StaffParts, assemble
from gateway.staff.register import add_account
from gateway.staff.settings import StaffSettings
from tests.integration.city import BORN, MUNICIPALITY, City, ticket
from tests.waiting import until

OWN_PASSWORD = "correct horse battery staple"
BROWSER = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
_numbers = count(1)


class Colleague:
    """One of the staff, with a browser and an authenticator."""

    def __init__(self, desk: StaffDesk, login: str, password: str) -> None:
        self.desk, self.login, self.password = desk, login, password
        self.secret = ""
        self.http = httpx2.Client(base_url=desk.url, headers=BROWSER, timeout=60)
        self.seen = ""

    def code(self) -> str:
        """Return what the authenticator shows, a code that was not used before."""
        self.desk.passes(timedelta(seconds=30))
        return self.code_now()

    def code_now(self) -> str:
        """Return what the authenticator shows."""
        return pyotp.TOTP(self.secret).at(self.desk.now())

    def get(self, path: str) -> httpx2.Response:
        """Open a page."""
        return self._see(self.http.get(path))

    def post(self, path: str, **fields: str) -> httpx2.Response:
        """Send a form of the page that was seen last."""
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.seen)
        token = {"form_token": found[1]} if found else {}
        return self._see(self.http.post(path, data=token | fields))

    def send_in(self, path: str, *files: tuple[str, str | bytes], **fields: str) -> httpx2.Response:
        """Send files, each a field's name and content, with the form that was seen last."""
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.seen)
        token = {"form_token": found[1]} if found else {}
        sent = [(name, ("roster.csv", content, "text/csv")) for name, content in files]
        return self._see(self.http.post(path, data=token | fields, files=sent))

    def sign_in(self, **changes: str) -> httpx2.Response:
        """Send the sign-in form, as it should be or with changes."""
        typed = {"login": self.login, "password": self.password, "code": ""}
        if self.secret and "code" not in changes:
            typed["code"] = self.code()
        return self._see(self.http.post("/sign-in", data=typed | changes))

    def enrol(self) -> Colleague:
        """Sign in for the first time: scan the picture, choose a password."""
        assert self.sign_in().headers["location"] == "/enrol"
        found = re.search(r"<code[^>]*>([A-Z2-7]{32})</code>", self.get("/enrol").text)
        assert found is not None
        self.secret = found[1]
        answer = self.post(
            "/enrol", code=self.code(), password=OWN_PASSWORD, password_again=OWN_PASSWORD
        )
        assert answer.headers["location"] == "/", answer.text
        self.password = OWN_PASSWORD
        self.get(self.get("/").headers["location"])
        return self

    def looks_up(self, number: int, path: str = "/caller", **changes: str) -> httpx2.Response:
        """Send the form about a resident of the city."""
        return self.post(path, **(caller(number) | changes))

    @property
    def token(self) -> str | None:
        """Return the session's token."""
        return self.http.cookies.get("staff")

    def _see(self, answer: httpx2.Response) -> httpx2.Response:
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.seen = answer.text
        return answer


class StaffDesk:
    """A running staff gateway. `ahead` is how far its clock is ahead of the machine's."""

    def __init__(self, database_url: str, ahead: timedelta = timedelta()) -> None:
        self.database_url = database_url
        self.url = ""
        self.parts: StaffParts | None = None
        self._ahead = ahead
        self._colleagues: list[Colleague] = []

    def now(self) -> datetime:
        """Return the time at this desk."""
        return datetime.now(UTC) + self._ahead

    def passes(self, time: timedelta) -> None:
        """Let time pass at this desk."""
        self._ahead += time

    def newcomer(self, role: Role, *venues: str) -> Colleague:
        """Make an account that nobody has used; one of a venue is bound to the hall or to these."""
        login = f"{role}{next(_numbers)}"
        bound = (venues or ("hall",)) if role == "venue" else ()
        password = add_account(self.database_url, login, role, self.now(), bound)
        assert password is not None
        return self.returning(login, password)

    def returning(self, login: str, password: str) -> Colleague:
        """Return somebody who comes with another browser."""
        colleague = Colleague(self, login, password)
        self._colleagues.append(colleague)
        return colleague

    def colleague(self, role: Role, *venues: str) -> Colleague:
        """Return somebody who is signed in, the second factor enrolled."""
        return self.newcomer(role, *venues).enrol()

    def leave(self) -> None:
        """Close every browser."""
        for colleague in self._colleagues:
            colleague.http.close()


def caller(number: int) -> dict[str, str]:
    """Return what a clerk types of a resident."""
    return {
        "ticket_number": ticket(number),
        "birth_year": str(BORN.year),
        "birth_month": str(BORN.month),
        "birth_day": str(BORN.day),
        "reason": "asks_state",
    }


@contextmanager
def running_desk(
    database_url: str,
    redis_url: str,
    secrets_dir: Path,
    ahead: timedelta = timedelta(),
    /,
    **changes: object,
) -> Iterator[StaffDesk]:
    """Run a staff gateway, in the database as its own role."""
    create_login_roles(database_url, {"staff": "staff-password"})
    values: dict[str, object] = {
        "database_url": role_url(database_url, "staff", "staff-password"),
        "redis_url": redis_url,
        "secrets_dir": secrets_dir,
        "internal_port": 0,
        "port": 0,
        "municipality_code": MUNICIPALITY,
        "network_failures_max": 1_000,
        "reply_wait_s": 15.0,
        "redis_timeout_s": 15.0,
        "database_timeout_s": 15.0,
    }
    desk = StaffDesk(database_url, ahead)
    desk.parts = assemble(StaffSettings.model_validate(values | changes), desk.now)
    listener = socket.create_server(("127.0.0.1", 0))
    desk.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        create_app(desk.parts), loop="uvloop", ws="none", lifespan="on", log_config=None
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        until(lambda: server.started)
        yield desk
    finally:
        desk.leave()
        server.should_exit = True
        thread.join()


@contextmanager
def desk_of(city: City, **changes: object) -> Iterator[StaffDesk]:
    """Run a staff gateway in a running city, and wait until it has all that it needs."""
    urls = city.database_url, city.redis_url
    with running_desk(*urls, city.secrets_dir, city.ahead, **changes) as desk:
        assert desk.parts is not None
        readiness = desk.parts.readiness
        until(lambda: all(readiness.snapshot().values()))
        yield desk
