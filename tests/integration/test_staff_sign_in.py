"""The staff's way in: two factors, each code once, one answer for all failures, strict sessions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from gateway.staff.register import disable_account, reset_account, sign_account_out
from gateway.staff.statements import statement
from monitoring.secrets import create_missing
from tests.integration.staff import OWN_PASSWORD, StaffDesk, running_desk

ASKED = "/sign-in?back=%2Fcaller"
"""Where somebody without a session is led who asks for the clerk's first page."""


@pytest.fixture
def desk(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[StaffDesk]:
    """A staff gateway without a city."""
    create_missing(tmp_path / "secrets")
    with running_desk(database_url, redis_url, tmp_path / "secrets") as running:
        yield running


def without_names(page: str, login: str) -> str:
    """Return a page without what was typed."""
    return page.replace(login, "")


def test_newcomer_may_enrol_and_nothing_else_until_then(desk: StaffDesk) -> None:
    clerk = desk.newcomer("clerk")
    assert clerk.sign_in().headers["location"] == "/enrol"
    assert clerk.get("/caller").headers["location"] == "/enrol"
    page = clerk.get("/enrol")
    assert '<svg class="qr-code"' in page.text
    assert clerk.post("/caller", ticket_number="1").headers["location"] == "/enrol"


def test_enrolling_wants_a_good_password_and_the_right_code(desk: StaffDesk) -> None:
    clerk = desk.newcomer("clerk")
    clerk.sign_in()
    found = re.search(r"<code[^>]*>([A-Z2-7]{32})</code>", clerk.get("/enrol").text)
    assert found is not None
    clerk.secret = found[1]
    long = OWN_PASSWORD

    def said(code: str, password: str, again: str) -> str:
        answer = clerk.post("/enrol", code=code, password=password, password_again=again)
        assert answer.status_code == 422
        return answer.text

    assert "at least 15" in said(clerk.code(), "too short", "too short")
    assert "not the same" in said(clerk.code(), long, long + "!")
    assert "must not contain" in said(
        clerk.code(), f"{clerk.login} is my name", f"{clerk.login} is my name"
    )
    assert "easy to guess" in said(clerk.code(), "passwordpassword", "passwordpassword")
    assert "code is not right" in said("000000", long, long)
    assert "too long" in said(clerk.code(), "x" * 129, "x" * 129)
    done = clerk.post("/enrol", code=clerk.code(), password=long, password_again=long)
    assert done.headers["location"] == "/"


def test_session_is_another_one_after_each_step(desk: StaffDesk) -> None:
    clerk = desk.newcomer("clerk")
    clerk.sign_in()
    first = clerk.token
    clerk.enrol()
    second = clerk.token
    clerk.sign_in()
    assert len({first, second, clerk.token}) == 3
    for old in (first, second):
        stranger = desk.returning("nobody", "")
        stranger.http.cookies.set("staff", str(old))
        assert stranger.get("/caller").headers["location"] == ASKED


def test_database_knows_digests_and_sealed_secrets_alone(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")
    with psycopg.connect(desk.database_url) as connection:
        digests = {row[0] for row in connection.execute("SELECT token_digest FROM staff_session")}
        row = connection.execute("SELECT password_hash, totp_secret FROM staff_account").fetchone()
    assert row is not None
    assert hashlib.sha256(str(clerk.token).encode()).digest() in digests
    assert row[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert clerk.secret.encode() not in row[1]


def test_code_counts_once_and_an_older_one_not_at_all(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")
    older = clerk.code_now()
    code = clerk.code()
    assert clerk.sign_in(code=code).status_code == 303
    assert clerk.sign_in(code=code).status_code == 401
    assert clerk.sign_in(code=older).status_code == 401
    assert clerk.sign_in().status_code == 303


def test_every_failure_is_one_answer(desk: StaffDesk) -> None:
    clerk, gone = desk.colleague("clerk"), desk.colleague("clerk")
    disable_account(desk.database_url, gone.login, desk.now())
    for one in (clerk, gone):
        one.http.cookies.clear()
    answers = [
        (clerk.sign_in(password="wrong"), clerk.login),
        (clerk.sign_in(code="000000"), clerk.login),
        (clerk.sign_in(code=""), clerk.login),
        (clerk.sign_in(login="nobody"), "nobody"),
        (gone.sign_in(), gone.login),
    ]
    assert {answer.status_code for answer, _ in answers} == {401}
    assert len({without_names(answer.text, login) for answer, login in answers}) == 1
    assert all("set-cookie" not in answer.headers for answer, _ in answers)


def test_too_many_failures_close_the_way_for_a_name_known_or_not(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")
    for login in (clerk.login, "nobody"):
        codes = [
            clerk.sign_in(login=login, password="wrong", code="").status_code for _ in range(11)
        ]
        assert codes == [401] * 10 + [429]
    refused = clerk.sign_in()
    assert refused.status_code == 429, "the right password, too"
    assert int(refused.headers["retry-after"]) <= 900
    desk.passes(timedelta(minutes=15))
    assert clerk.sign_in().status_code == 303


def test_too_many_failures_close_the_way_for_a_network(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    create_missing(tmp_path / "secrets")
    with running_desk(
        database_url, redis_url, tmp_path / "secrets", network_failures_max=3
    ) as desk:
        codes = [desk.returning(f"n{n}", "x").sign_in().status_code for n in range(4)]
    assert codes == [401, 401, 401, 429]


@pytest.mark.parametrize(
    ("pause", "goes_on"), [(timedelta(minutes=14), True), (timedelta(minutes=15), False)]
)
def test_idle_session_ends_after_a_quarter_of_an_hour(
    desk: StaffDesk, pause: timedelta, goes_on: bool
) -> None:
    clerk = desk.colleague("clerk")
    desk.passes(pause)
    assert (clerk.get("/caller").status_code == 200) is goes_on


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "neither recorded nor passed on"), ("ja", "記録も送信もされていません")],
)
def test_form_that_comes_after_the_end_of_the_session_is_not_lost_silently(
    desk: StaffDesk, language: str, words: str
) -> None:
    clerk = desk.colleague("clerk")
    clerk.http.headers["Accept-Language"] = language
    desk.passes(timedelta(minutes=15))
    answer = clerk.post("/caller", ticket_number="0012345678")
    assert answer.status_code == 401
    assert words in answer.text
    assert "0012345678" not in answer.text
    assert words not in clerk.get("/sign-in").text
    assert clerk.post("/sign-out").headers["location"] == "/sign-in", "nothing is lost by it"
    assert clerk.sign_in().headers["location"] == "/"


def test_busy_session_ends_with_the_working_day(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")
    for _ in range(8 * 60 // 10 - 1):
        desk.passes(timedelta(minutes=10))
        assert clerk.get("/caller").status_code == 200
    desk.passes(timedelta(minutes=10))
    assert clerk.get("/caller").headers["location"] == ASKED


def test_signing_out_ends_the_session_on_the_server(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")
    token = str(clerk.token)
    assert clerk.post("/sign-out").headers["location"] == "/sign-in"
    clerk.http.cookies.set("staff", token)
    assert clerk.get("/caller").headers["location"] == ASKED


@pytest.mark.parametrize("by", ["disable", "reset", "sign-out"])
def test_commands_end_every_session_of_an_account_at_once(desk: StaffDesk, by: str) -> None:
    clerk = desk.colleague("clerk")
    match by:
        case "disable":
            assert disable_account(desk.database_url, clerk.login, desk.now())
            with pytest.raises(ValueError, match="disabled for good"):
                reset_account(desk.database_url, clerk.login)
        case "reset":
            assert reset_account(desk.database_url, clerk.login)
        case _:
            assert sign_account_out(desk.database_url, clerk.login)
    assert clerk.get("/caller").headers["location"] == ASKED


def test_cookie_is_strict_and_bound_to_the_host_over_tls(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    create_missing(tmp_path / "secrets")
    with running_desk(database_url, redis_url, tmp_path / "secrets", cookie_secure=True) as desk:
        cookie = desk.newcomer("clerk").sign_in().headers["set-cookie"]
    assert cookie.startswith("__Host-staff=")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", cookie.split(";")[0].partition("=")[2])
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "secure", "samesite=strict", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)


def test_form_from_elsewhere_or_without_its_token_changes_nothing(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert clerk.http.post("/sign-out", headers=foreign).status_code == 403
    assert clerk.http.post("/sign-out", data={"form_token": "0" * 64}).status_code == 403
    assert clerk.http.post("/sign-out").status_code == 403
    other = desk.colleague("clerk")
    clerk.seen = other.seen
    assert clerk.post("/sign-out").status_code == 403, "another session's token"
    assert clerk.get("/caller").status_code == 200


def test_supervisor_lets_a_clerk_begin_anew_and_nobody_else(desk: StaffDesk) -> None:
    supervisor, clerk, auditor = (
        desk.colleague("supervisor"),
        desk.colleague("clerk"),
        desk.colleague("auditor"),
    )
    supervisor.get("/accounts")
    for login in (auditor.login, supervisor.login, "nobody"):
        assert supervisor.post("/accounts/reset", login=login).status_code == 403
        supervisor.get("/accounts")
    page = supervisor.post("/accounts/reset", login=clerk.login)
    found = re.search(r"<code[^>]*>([A-Za-z0-9_-]{20})</code>", page.text)
    assert found is not None
    assert clerk.get("/caller").headers["location"] == ASKED
    assert clerk.sign_in().status_code == 401, "the old password is none any more"
    desk.returning(clerk.login, found[1]).enrol()
    assert auditor.get("/journal").status_code == 200
    assert "reset an account" in auditor.seen


ANOTHER_PASSWORD = "lanterns over nine wet roofs"


def test_password_is_changed_by_who_knows_it_and_other_sessions_end(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")
    elsewhere = desk.returning(clerk.login, OWN_PASSWORD)
    elsewhere.secret = clerk.secret
    assert elsewhere.sign_in().headers["location"] == "/"
    before = clerk.token
    form = {"password": ANOTHER_PASSWORD, "password_again": ANOTHER_PASSWORD}
    done = clerk.post("/password", current=OWN_PASSWORD, code=clerk.code(), **form)
    assert done.headers["location"] == "/password?changed=1"
    assert "is changed" in clerk.get(done.headers["location"]).text
    assert clerk.token != before
    assert elsewhere.get("/caller").headers["location"] == ASKED
    assert clerk.sign_in(password=OWN_PASSWORD).status_code == 401
    assert clerk.sign_in(password=ANOTHER_PASSWORD).headers["location"] == "/"


def test_change_wants_the_present_password_a_fresh_code_and_a_good_one(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")

    def said(current: str, code: str, password: str, again: str) -> str:
        answer = clerk.post(
            "/password", current=current, code=code, password=password, password_again=again
        )
        assert answer.status_code == 422
        return answer.text

    good = ANOTHER_PASSWORD
    assert "not right" in said("wrong wrong wrong", clerk.code(), good, good)
    assert "not right" in said(OWN_PASSWORD, "000000", good, good)
    assert "not right" in said(OWN_PASSWORD, "", good, good)
    assert "not the same" in said(OWN_PASSWORD, clerk.code(), good, good + "!")
    assert "easy to guess" in said(
        OWN_PASSWORD, clerk.code(), "qwertyuiopasdfgh", "qwertyuiopasdfgh"
    )
    assert "at least 15" in said(OWN_PASSWORD, clerk.code(), "short", "short")
    assert clerk.sign_in(password=OWN_PASSWORD).headers["location"] == "/"


def test_guessing_the_present_password_is_counted_as_signing_in_is(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")
    form = {"password": ANOTHER_PASSWORD, "password_again": ANOTHER_PASSWORD}
    answers = [
        clerk.post("/password", current="wrong wrong wrong", code="000000", **form).status_code
        for _ in range(11)
    ]
    assert answers == [422] * 10 + [429]
    assert clerk.sign_in(password=OWN_PASSWORD).status_code == 429


def test_password_is_compared_to_its_last_character(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")
    longest = (ANOTHER_PASSWORD * 5)[:128]
    form = {"password": longest, "password_again": longest}
    assert clerk.post("/password", current=OWN_PASSWORD, code=clerk.code(), **form).is_redirect
    for wrong in (longest + "x", longest[:-1], longest + " ", longest.upper()):
        assert clerk.sign_in(password=wrong).status_code == 401
    assert clerk.sign_in(password=longest).headers["location"] == "/"


def test_password_is_not_changed_that_was_changed_or_reset_meanwhile(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")
    asked = "SELECT account_id, password_hash FROM staff_account WHERE login = %s"
    with psycopg.connect(desk.database_url, autocommit=True) as connection:
        found = connection.execute(asked, [clerk.login]).fetchone()
        assert found is not None
        changed = {"account_id": found[0], "held": "what it was before", "chosen": "another"}
        assert connection.execute(statement("password_changed"), changed).fetchone() is None
        reset_account(desk.database_url, clerk.login)
        now_held = connection.execute(asked, [clerk.login]).fetchone()
        assert now_held is not None
        changed["held"] = now_held[1]
        assert connection.execute(statement("password_changed"), changed).fetchone() is None
