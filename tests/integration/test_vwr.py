"""The AWS-compatible API over HTTP: clients that were written for the original's guide."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx2
import jwt
import pytest
from redis import Redis

from monitoring.secrets import create_rsa_key
from tests.integration.city import City
from tests.waiting import until
from waiting_room.vwr import InletRules
from waiting_room.vwr_line import VwrInlet

EVENT = "Sample"
ISSUER = "https://city.example/vwr"
SHOP = "https://shop.example"
EXPIRY_S = 900
START_S_MAX = 120


class Site:
    """A gateway that offers the API, and the tick that serves its line."""

    def __init__(self, city: City, server: Redis) -> None:
        self.city = city
        self.server = server
        self.inlet = VwrInlet(server, EVENT, InletRules(per_minute=60, expiry_s=EXPIRY_S))
        self.at_s = 0.0
        self.url = f"{city.url}/vwr"
        self.tick(0)

    def tick(self, elapsed_s: float, now: float | None = None) -> None:
        """Serve the line for so many seconds more: one position each, five at most."""
        self.at_s += elapsed_s
        self.inlet.run(time.time() if now is None else now, self.at_s)


class Visitor:
    """A page of another site, with the visitor's browser: it knows the documented calls alone."""

    def __init__(self, site: Site) -> None:
        headers = {"Origin": SHOP, "Sec-Fetch-Site": "cross-site"}
        self.http = httpx2.Client(base_url=site.url, headers=headers, timeout=60)
        self.event = {"event_id": EVENT}
        self.ids: dict[str, str] = {}

    def __enter__(self) -> Visitor:
        """Come."""
        return self

    def __exit__(self, *_: object) -> None:
        """Go."""
        self.http.close()

    def assign(self) -> None:
        """Get in line."""
        answer = self.http.post("/assign_queue_num", json=self.event)
        assert answer.status_code == 200
        assert set(answer.json()) == {"api_request_id"}
        self.ids = self.event | {"request_id": answer.json()["api_request_id"]}

    def number(self) -> int:
        """Ask for one's position."""
        answer = self.http.get("/queue_num", params=self.ids).json()
        assert set(answer) == {"queue_number", "entry_time", "event_id", "status"}
        assert abs(answer["entry_time"] - time.time()) < 60
        assert (answer["event_id"], answer["status"]) == (EVENT, 1)
        return int(answer["queue_number"])

    def serving(self) -> int:
        """Ask how far the line is served."""
        answer = self.http.get("/serving_num", params=self.event)
        assert answer.headers["cache-control"] == "public, max-age=1"
        counter = answer.json()["serving_counter"]
        assert isinstance(counter, str)
        return int(counter)

    def waiting(self) -> object:
        """Ask how many wait."""
        return self.http.get("/waiting_num", params=self.event).json()

    def expiry(self) -> httpx2.Response:
        """Ask how long the position may still fetch its token."""
        return self.http.get("/queue_pos_expiry", params=self.ids)

    def token(self) -> httpx2.Response:
        """Ask for the tokens."""
        return self.http.post("/generate_token", json=self.ids)


@pytest.fixture
def site(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site whose visitors have just begun to come."""
    city = City(database_url, redis_url, tmp_path)
    create_rsa_key(city.secrets_dir)
    settings = {"vwr_event_id": EVENT, "vwr_issuer": ISSUER, "vwr_allow_origin": SHOP}
    with Redis.from_url(redis_url, protocol=2) as server, city.gateway(**settings):
        yield Site(city, server)


@pytest.fixture
def visitor(site: Site) -> Iterator[Visitor]:
    """Somebody who has got in line."""
    with Visitor(site) as visitor:
        visitor.assign()
        yield visitor


def verified(token: str, jwk: dict[str, str]) -> dict[str, object]:
    """Verify a token offline, with nothing but the key that was fetched."""
    claims: dict[str, object] = jwt.decode(
        token, jwt.PyJWK.from_dict(jwk), algorithms=["RS256"], audience=EVENT, issuer=ISSUER
    )
    return claims


def test_visitor_waits_is_served_and_proves_it_offline(site: Site, visitor: Visitor) -> None:
    assert (visitor.number(), visitor.serving()) == (1, 0)
    early = visitor.token()
    assert early.status_code == 202
    assert early.json() == {"error": "Request ID not being served yet"}
    assert visitor.expiry().status_code == 202
    assert visitor.waiting() == {"waiting_num": 1}

    site.tick(1)
    assert visitor.serving() >= visitor.number()
    expiry = visitor.expiry()
    assert expiry.status_code == 200
    assert EXPIRY_S - 60 <= expiry.json()["expires_in"] <= EXPIRY_S

    given = visitor.token()
    assert given.status_code == 200
    tokens = given.json()
    assert set(tokens) == {
        *("access_token", "refresh_token", "id_token"),
        *("token_type", "expires_in"),
    }
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3_600)
    jwk = visitor.http.get("/public_key", params=visitor.event).json()
    for use in ("access", "refresh", "id"):
        claims = verified(tokens[f"{use}_token"], jwk)
        assert (claims["sub"], claims["aud"]) == (visitor.ids["request_id"], EVENT)
        assert (claims["queue_position"], claims["token_use"]) == (1, use)
        assert claims["nbf"] == claims["iat"]
    assert visitor.waiting() == {"waiting_num": 0}
    assert not visitor.http.cookies


def test_token_that_was_altered_proves_nothing(site: Site, visitor: Visitor) -> None:
    site.tick(1)
    token = visitor.token().json()["access_token"]
    jwk = visitor.http.get("/public_key", params=visitor.event).json()
    head, body, signature = token.split(".")
    changed = ("B" if body[20] == "A" else "A").join((body[:20], body[21:]))
    with pytest.raises(jwt.InvalidSignatureError):
        verified(f"{head}.{changed}.{signature}", jwk)


def test_same_request_gets_the_same_tokens_again(site: Site, visitor: Visitor) -> None:
    site.tick(1)
    first, again = visitor.token().json(), visitor.token().json()
    assert first | {"expires_in": 0} == again | {"expires_in": 0}
    assert first["expires_in"] - 60 <= again["expires_in"] <= first["expires_in"]


def test_hundred_calls_at_once_for_one_request_give_one_grant(site: Site, visitor: Visitor) -> None:
    site.tick(1)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: visitor.token(), range(100)))
    assert Counter(answer.status_code for answer in answers) == {200: 100}
    assert len({answer.json()["access_token"] for answer in answers}) == 1
    assert site.server.hget(f"vwr:{EVENT}:line", "tokens") == b"1"


def test_position_that_was_not_used_in_time_is_gone(site: Site, visitor: Visitor) -> None:
    site.tick(1, now=time.time() - EXPIRY_S - 60)
    site.server.hset(
        f"vwr:{EVENT}:request:{visitor.ids['request_id']}",
        "entered_at",
        int(time.time()) - EXPIRY_S - 61,
    )
    for answer in (visitor.token(), visitor.expiry()):
        assert answer.status_code == 410
        assert answer.json() == {"error": "Queue position has expired"}
    site.tick(0)
    assert visitor.token().status_code == 410
    assert visitor.waiting() == {"waiting_num": 0}


def test_request_that_nobody_made_is_unknown(site: Site, visitor: Visitor) -> None:
    visitor.ids["request_id"] = str(uuid4())
    for answer in (visitor.token(), visitor.expiry()):
        assert answer.status_code == 404
        assert answer.json() == {"error": "Invalid request ID"}
    answer = visitor.http.get("/queue_num", params=visitor.ids)
    assert (answer.status_code, answer.json()) == (202, {"error": "Request ID not found"})


def test_line_without_expiry_says_so(site: Site, visitor: Visitor) -> None:
    VwrInlet(site.server, EVENT, InletRules(per_minute=60, expiry_s=0)).run(time.time(), 0)
    answer = visitor.expiry()
    assert answer.status_code == 202
    assert answer.json() == {"error": "Queue position expiration not enabled"}


def test_page_of_the_site_reads_every_answer(site: Site, visitor: Visitor) -> None:
    asked = visitor.http.options("/assign_queue_num")
    assert asked.headers["access-control-allow-methods"] == "OPTIONS,POST"
    for answer in (asked, visitor.token(), visitor.expiry()):
        assert answer.headers["access-control-allow-origin"] == SHOP


def test_line_begins_anew_after_a_wipe_and_gives_nothing_until_then(
    site: Site, visitor: Visitor
) -> None:
    site.server.flushall()
    assert visitor.token().status_code == 503
    assert visitor.http.post("/assign_queue_num", json=visitor.event).status_code == 503
    site.tick(0)
    assert visitor.token().status_code == 404
    visitor.assign()
    assert visitor.number() == 1


def test_full_line_asks_to_come_later(database_url: str, redis_url: str, tmp_path: Path) -> None:
    city = City(database_url, redis_url, tmp_path)
    create_rsa_key(city.secrets_dir)
    settings = {"vwr_event_id": EVENT, "vwr_issuer": ISSUER, "vwr_waiting_max": 1}
    with (
        Redis.from_url(redis_url, protocol=2) as server,
        city.gateway(**settings),
        Visitor(Site(city, server)) as visitor,
    ):
        visitor.assign()
        answer = visitor.http.post("/assign_queue_num", json=visitor.event)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
        assert visitor.number() == 1


def test_gateway_has_none_of_it_unless_it_is_told_to(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    city = City(database_url, redis_url, tmp_path)
    with city.gateway(), httpx2.Client(base_url=f"{city.url}/vwr", timeout=60) as http:
        for path in ("queue_num", "queue_pos_expiry", "serving_num", "waiting_num", "public_key"):
            assert http.get(f"/{path}", params={"event_id": ""}).status_code == 404
        for path in ("assign_queue_num", "generate_token"):
            assert http.post(f"/{path}", json={"event_id": ""}).status_code == 404


@contextmanager
def room_process(city: City, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Run the waiting room as a process."""
    needed = {
        "PATH": os.environ["PATH"],
        "ROOM_REDIS_URL": city.redis_url,
        "ROOM_SECRETS_DIR": str(city.secrets_dir),
        "ROOM_INTERNAL_PORT": "0",
        "ROOM_TICK_S": "0.05",
    }
    command = [sys.executable, "-m", "waiting_room"]
    with subprocess.Popen(command, env=needed | settings, stderr=subprocess.PIPE, text=True) as run:
        try:
            yield run
        finally:
            run.send_signal(signal.SIGTERM)
            run.communicate(timeout=60)


def test_rooms_process_serves_the_line_at_the_rate_that_was_set(
    site: Site, visitor: Visitor
) -> None:
    for _ in range(30):
        visitor.assign()
    with room_process(site.city, ROOM_VWR_EVENT_ID=EVENT, ROOM_VWR_PER_MINUTE="1200") as run:
        began_s = time.monotonic()
        until(lambda: visitor.serving() == visitor.number(), within_s=START_S_MAX)
        assert time.monotonic() - began_s > 31 / 20 / 2
        assert visitor.token().status_code == 200
    assert run.returncode == 0


def test_rooms_process_serves_no_such_line_unless_it_is_told_to(
    site: Site, visitor: Visitor
) -> None:
    with room_process(site.city, ROOM_VWR_PER_MINUTE="60000") as run:
        for _ in range(4):
            site.server.delete("room:ticked")
            until(lambda: site.server.get("room:ticked"), within_s=START_S_MAX)
        assert visitor.serving() == 0
    assert run.returncode == 0
