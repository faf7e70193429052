"""What stands in an address: ways around it, ways out of it, and who is told to be meant.

Path tricks, open redirects, the Host header, what other sites may read (CORS), and caches.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from tests.integration.edge import NAME
from tests.security.site import (
    Door,
    Site,
    assert_harmless,
    assert_tells_nothing,
    is_no_fault,
    statuses,
)
from tests.system.attackers import Device

ATTACKER = 12
EVIL = "evil.example"

OUTSIDE = {
    "dots": "/static/../../../../etc/passwd",
    "dots-encoded": "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "dots-encoded-twice": "/static/%252e%252e/%252e%252e/etc/passwd",
    "slash-encoded": "/static/..%2f..%2f..%2fetc%2fpasswd",
    "backslash": "/static/..\\..\\..\\etc\\passwd",
    "backslash-encoded": "/static/..%5c..%5c..%5cetc%5cpasswd",
    "alias-without-slash": "/static../conf/nginx.conf",
    "status-without-slash": "/status../secrets/place.key",
    "overlong-utf-8": "/static/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    "overlong-slash": "/static/..%c0%af..%c0%afetc/passwd",
    "nul": "/static/seiriken.css%00.html",
    "nul-before": "/%00/etc/passwd",
    "absolute": "/static//etc/passwd",
    "percent-alone": "/static/%",
    "percent-no-number": "/static/%zz",
    "unicode-dots": "/static/\uff0e\uff0e/\uff0e\uff0e/etc/passwd",
    "parameters": "/static/..;/..;/etc/passwd",
    "git": "/.git/config",
    "settings-file": "/.env",
    "python-file": "/gateway/app.py",
    "backup": "/static/seiriken.css~",
    "listing": "/static/",
    "listing-status": "/status",
    "long-path": "/" + "a" * 7_000,
    "many-slashes": "/" * 2_000,
    "many-parts": "/a" * 2_000,
}

INNER = {
    "double-slash": "//my-booking",
    "trailing-slash": "/my-booking/",
    "upper-case": "/MY-BOOKING",
    "encoded-letter": "/%6dy-booking",
    "semicolon": "/my-booking;x=1",
    "dot": "/./my-booking",
    "dots-from-public": "/static/../my-booking",
    "encoded-dots-from-public": "/static/%2e%2e/my-booking",
    "queue-suffix": "/my-booking/status.json",
    "static-suffix": "/my-booking/x.css",
    "metrics": "/metrics",
    "readiness": "/readyz",
    "metrics-dots": "/static/../metrics",
    "metrics-encoded": "/%6detrics",
    "metrics-double-slash": "//metrics",
    "edge-pages": "/edge/away.html",
    "firewall-page": "/numbers",
}

ELSEWHERE = (
    *(f"https://{EVIL}/", f"//{EVIL}", f"/\\{EVIL}", f"///{EVIL}", f"https:{EVIL}"),
    *(f"/{EVIL}", f"\t//{EVIL}", f"my-booking@{EVIL}", "javascript:alert(1)", f"%2f%2f{EVIL}"),
    *(f"details/../../{EVIL}", f"choose/2021-06-10/..//{EVIL}", f"my-booking\r\nX: {EVIL}"),
)

ODD_PORT = f"{NAME}:{EVIL}"
"""To nginx our own host, with a port that is none: no link is made of either."""

HOSTS = (EVIL, ODD_PORT, f"{NAME}.{EVIL}", f"{EVIL}#{NAME}", "127.0.0.1", "localhost", "")

FORWARDED = (
    *("X-Forwarded-Host", "X-Host", "X-Original-Host", "Forwarded", "X-Forwarded-Server"),
    *("X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-Forwarded-Proto"),
    *("X-Forwarded-Prefix", "X-Accel-Redirect", "X-Sendfile", "X-Forwarded-For", "True-Client-IP"),
)

PERSONAL_PAGES = ("/api/v1/me", "/my-booking", "/api/v1/booking", "/details", "/wait")


def get(path: str, host: str = NAME) -> bytes:
    """Return a GET whose path no library makes straight."""
    head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    return head.encode("utf-8")


def directives(value: str) -> set[str]:
    return set(re.split(r",\s*", value))


@pytest.mark.parametrize("path", OUTSIDE.values(), ids=OUTSIDE)
def test_no_path_leads_out_of_what_is_served(site: Site, door: Door, path: str) -> None:
    answer = door.says(get(path))
    (status,) = statuses(answer)
    assert 300 <= status < 500, answer[:200]
    assert b"root:" not in answer
    assert b"[core]" not in answer
    assert b"Index of" not in answer
    assert_tells_nothing(answer.decode("utf-8", "replace"), site.victim)


@pytest.mark.parametrize("path", INNER.values(), ids=INNER)
def test_no_spelling_of_a_path_goes_around_its_lock(site: Site, door: Door, path: str) -> None:
    """Even for the victim's own place token, which lives for days and opens no booking."""
    place = {"__Host-place": site.victim.device.cookies["__Host-place"]}
    for device in (door.device(), door.device(**place)):
        answer = device.call("GET", f"{device.http.base_url}{path}"[:8_000].rstrip("\0"))
        assert_harmless(answer, site.victim)
        assert answer.status_code != 200, path
    assert statuses(door.says(get(path)))[0] != 200


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_way_back_leads_elsewhere(site: Site, door: Door, target: str) -> None:
    device = site.doors["gateway"].signed_in(ATTACKER)
    cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in device.cookies.items())}
    answers = [
        door.asks("GET", "/sign-in", params={"back": target}),
        door.asks("GET", "/wait", params={"back": target}, headers=cookies),
        door.asks("POST", "/enter", data={"back": target}, headers=cookies),
        door.asks("GET", "/sign-in", params={"language": "en", "back": target}),
        door.asks("GET", "/sign-in", params={"language": "en", "x": target}),
    ]
    for answer in answers:
        assert_harmless(answer, site.victim)
        location = answer.headers.get("location", "/")
        assert urlsplit(location).netloc == "", location
        assert location.startswith("/"), location
        assert not location.startswith(("//", "/\\")), location
        assert f'="{target}' not in answer.text


def test_language_link_of_a_path_with_two_slashes_stays_here(site: Site, door: Door) -> None:
    answer = door.says(get(f"//{EVIL}/sign-in?language=en"))
    assert b"ocation: //" not in answer
    assert f'href="//{EVIL}'.encode() not in answer
    assert f'action="//{EVIL}'.encode() not in answer


@pytest.mark.parametrize("host", HOSTS)
def test_other_host_is_refused_or_not_believed(site: Site, door: Door, host: str) -> None:
    answer = door.says(get("/sign-in", host))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert all(map(is_no_fault, statuses(answer)))
    assert EVIL.encode() not in body
    assert b"\r\nlocation:" not in head.lower()
    if door.name == "edge" and host != ODD_PORT:
        assert statuses(answer)[0] in (400, 403, 421), answer[:80]


@pytest.mark.parametrize("name", FORWARDED)
def test_claim_of_a_proxy_is_not_believed(site: Site, door: Door, name: str) -> None:
    for value in (EVIL, "/my-booking", "DELETE", f"for=1.2.3.4;host={EVIL}"):
        answer = door.asks("GET", "/sign-in", headers={name: value})
        assert_harmless(answer, site.victim)
        assert answer.status_code in (200, 400, 403)
        assert EVIL not in answer.text
        assert EVIL not in str(answer.headers)


@pytest.mark.parametrize("origin", [f"https://{EVIL}", "null", f"https://{NAME}.{EVIL}", "*"])
@pytest.mark.parametrize("path", ["/api/v1/me", "/queue/status.json", "/sign-in", "/static/a.svg"])
def test_no_other_site_may_read_an_answer(site: Site, door: Door, path: str, origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        device = Device(door.http, **site.victim.device.cookies)
        answer = device.call(method, path, **asked)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers.get("cross-origin-resource-policy", "same-origin") == "same-origin"
        assert is_no_fault(answer.status_code)


@pytest.mark.parametrize("path", PERSONAL_PAGES)
def test_personal_page_is_kept_by_nobody(site: Site, door: Door, path: str) -> None:
    """Nor under an address that looks like a file: what a cache is told says so each time."""
    for suffix in ("", "?x=.css", "/a.css", "%2fa.js", ";a.png", "%0a.css", "%23.css", "%3f.css"):
        victim = Device(door.http, **site.victim.device.cookies)
        answer = victim.call("GET", f"{path}{suffix}")
        assert "no-store" in directives(answer.headers["cache-control"]), suffix
        assert_harmless(door.device().call("GET", f"{path}{suffix}"), site.victim)


@pytest.mark.parametrize("name", [*FORWARDED, "Cookie", "X-Requested-With", "Range", "Accept"])
def test_notice_for_everybody_cannot_be_poisoned(site: Site, door: Door, name: str) -> None:
    """What one asks with a strange header, the next gets without a trace of it."""
    path, mark = "/queue/status.json", f"poison-{name.lower()}"
    door.asks("GET", path, headers={name: mark})
    answer = door.asks("GET", path)
    assert (answer.status_code, answer.json()["release_id"]) == (200, "spring")
    assert mark not in answer.text + str(answer.headers)
    assert "set-cookie" not in answer.headers
    assert directives(answer.headers["cache-control"]) == {"public", "max-age=1"}


def test_notice_is_the_same_for_who_is_signed_in_and_for_nobody(site: Site, door: Door) -> None:
    mine = Device(door.http, **site.victim.device.cookies).call("GET", "/queue/status.json")
    assert_tells_nothing(mine.text, site.victim)
    assert "set-cookie" not in mine.headers
    assert set(mine.json()) == set(door.asks("GET", "/queue/status.json").json())


def test_notices_of_made_up_releases_fill_no_cache_with_pages(site: Site, door: Door) -> None:
    for number in range(30):
        answer = door.asks("GET", f"/queue/made-up-{number}/status.json")
        assert answer.status_code == 404
        assert_harmless(answer, site.victim)
