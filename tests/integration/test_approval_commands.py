"""Two people for a release, and the history of its plan: by command, against the tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from allocator.approval import Proposal
from allocator.approval_store import decide, read_acts, read_proposal, read_proposals
from allocator.model import SITE_TIMEZONE
from allocator.release import ReleasePlan
from allocator.release_file import read_release_file
from allocator.release_store import (
    Loaded,
    Overtaken,
    load_unchanged,
    read_catalogue,
    read_releases,
)
from gateway.staff.register import add_account, disable_account
from seiriken.cli import app

CORRECT = Path(__file__).parents[1] / "unit" / "allocator" / "incidents" / "correct.yaml"
PLAN = Path(__file__).parents[2] / "examples" / "inzai" / "plan.yaml"
NOW = datetime(2030, 9, 1, tzinfo=UTC)


class Town:
    """A city that asks for two people, and the commands of its staff."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.database_url, self.folder = database_url, folder

    def run(self, *words: str) -> Any:
        """Run a command that is done; return what it says as JSON."""
        done = CliRunner().invoke(app, [*words, "--json"])
        assert done.exit_code == 0, (done.output, done.exception)
        return json.loads(done.stdout)

    def says(self, *words: str) -> str:
        """Run a command that is done; return its lines."""
        done = CliRunner().invoke(app, [*words])
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout

    def fails(self, *words: str) -> str:
        """Run a command that is not done; return why."""
        done = CliRunner().invoke(app, [*words])
        assert done.exit_code == 1
        return done.stdout + str(done.exception)

    def file(self, *changes: tuple[str, str]) -> str:
        """Return a file with the correct release, or a changed one."""
        text = CORRECT.read_text("utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = self.folder / "release.yaml"
        path.write_text(text, "utf-8")
        return str(path)

    def proposes(self, what: str, *more: str, by: str = "a-one") -> int:
        """Propose something; return its number."""
        words = ("approval", "propose", what, *more, "--by", by, "--reason", "as planned")
        return int(self.run(*words)["proposal_id"])

    def approves(self, number: int, by: str = "a-two") -> None:
        """Approve what somebody has looked at."""
        self.run("approval", "approve", f"{number}", "--by", by, "--seen", self.seen(number))

    def seen(self, number: int) -> str:
        """Look at a proposal; return what stands for what was seen."""
        return str(self.run("approval", "show", f"{number}")["seen"])

    def cannot_approve(self, number: int, by: str) -> str:
        """Look at a proposal, and return why somebody may not approve it."""
        words = ("approval", "approve", f"{number}", "--by", by)
        return self.fails(*words, "--seen", self.seen(number))

    def loads(self) -> None:
        """Load the correct release, by two people."""
        self.approves(self.proposes("load", self.file()))


@pytest.fixture
def town(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Town:
    """A city with three accounts, in which two people are needed."""
    for name, value in (("DATABASE_URL", database_url), ("REDIS_URL", redis_url)):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("RELEASE_APPROVAL", "two_people")
    for login, role in (("a-one", "operator"), ("a-two", "supervisor"), ("a-clerk", "clerk")):
        assert add_account(database_url, login, role, NOW)  # type: ignore[arg-type]
    return Town(database_url, tmp_path)


def test_release_that_two_people_agree_upon_is_loaded_as_it_was_proposed(town: Town) -> None:
    file = town.file()
    number = town.proposes("load", file)
    Path(file).write_text("something else", "utf-8")
    assert "somebody else" in town.cannot_approve(number, "a-one")
    town.approves(number)
    assert "autumn: no error" in town.says("release", "check")
    (proposal,) = town.run("approval", "list")["proposals"]
    assert (proposal["decision"], proposal["decided_by"], proposal["result"]) == (
        "approved",
        "a-two",
        "done",
    )
    assert "decided already" in town.cannot_approve(number, "a-two")


def test_one_person_cannot_load_or_open(town: Town) -> None:
    assert "two people" in town.fails("release", "load", town.file())
    town.loads()
    assert "two people" in town.fails("release", "open")
    named = ("--by", "a-one", "--reason", "early")
    assert "two people" in town.fails("release", "open", *named)


def test_one_person_stops_a_release_with_a_reason_and_two_open_it_again(town: Town) -> None:
    town.loads()
    assert "who you are" in town.fails("release", "pause")
    assert "say why" in town.fails("release", "pause", "--by", "a-one")
    town.run("release", "pause", "--by", "a-one", "--reason", "no vaccine", "--message", "Wait")
    town.run("release", "resume", "--by", "a-two", "--reason", "it came")
    town.run("release", "close", "--by", "a-one", "--reason", "the end")
    again = ("--by", "a-one", "--reason", "not the end")
    assert "two people" in town.fails("release", "resume", *again)
    number = town.proposes("open")
    town.approves(number)
    acts = [
        (act["act"], act["done_by"], act["reason"]) for act in town.run("approval", "acts")["acts"]
    ]
    assert acts == [
        ("open", "a-two", "as planned"),
        ("close", "a-one", "the end"),
        ("resume", "a-two", "it came"),
        ("pause", "a-one", "no vaccine"),
        ("load", "a-two", "as planned"),
    ]
    done = datetime.fromisoformat(town.run("approval", "acts")["acts"][0]["done_at"])
    assert f"{done.astimezone(SITE_TIMEZONE):%F %R} JST" in town.says("approval", "acts")
    proposal = read_proposal(town.database_url, number)
    assert proposal is not None
    proposed = f"by a-one, {proposal.proposed_at.astimezone(SITE_TIMEZONE):%F %R} JST: as planned"
    assert proposed in town.says("approval", "show", f"{number}")


def test_release_with_an_error_is_not_proposed(town: Town) -> None:
    file = town.file(("dose_1: 10, dose_2: 0", "dose_1: 0, dose_2: 0"))
    words = ("approval", "propose", "load", file, "--by", "a-one", "--reason", "x")
    assert "no seat for a first dose" in town.fails(*words)
    assert town.run("approval", "list")["proposals"] == []


def test_file_that_is_not_utf8_is_refused_as_a_file(town: Town) -> None:
    """Editors of Japanese systems may save in Shift_JIS."""
    file = town.file()
    Path(file).write_bytes(CORRECT.read_text("utf-8").encode("cp932"))
    words = ("approval", "propose", "load", file, "--by", "a-one", "--reason", "x")
    assert "save the file as UTF-8" in town.fails(*words)
    assert "not_utf8" in town.fails(*words, "--json")


def test_times_are_those_of_the_site_and_messages_are_seen_before_they_are_approved(
    town: Town,
) -> None:
    town.loads()
    number = town.proposes("open", "--message", "It begins early")
    shown = town.says("approval", "show", f"{number}")
    (proposal, *_) = read_proposals(town.database_url)
    at_the_site = f"{proposal.proposed_at.astimezone(SITE_TIMEZONE):%F %R} JST"
    assert f"by a-one, {at_the_site}: as planned" in shown
    assert "told to everybody who waits: It begins early" in shown
    (act,) = read_acts(town.database_url)
    assert f"{act.done_at.astimezone(SITE_TIMEZONE):%F %R} JST" in town.says("approval", "acts")


def test_release_that_takes_booked_seats_away_is_not_proposed(town: Town) -> None:
    town.loads()
    with psycopg.connect(town.database_url) as connection:
        connection.execute("UPDATE seats SET taken = capacity WHERE dose = 1")
    file = town.file(("dose_1: 10, dose_2: 0", "dose_1: 9, dose_2: 0"))
    words = ("approval", "propose", "load", file, "--by", "a-one", "--reason", "x")
    assert "10 seats for dose 1 are taken" in town.fails(*words)
    assert len(town.run("approval", "list")["proposals"]) == 1, "the one that was loaded"


def test_clerks_strangers_and_disabled_accounts_take_no_part(town: Town) -> None:
    number = town.proposes("load", town.file())
    assert "supervisor's work" in town.cannot_approve(number, "a-clerk")
    assert "no such account" in town.cannot_approve(number, "nobody")
    disable_account(town.database_url, "a-two", NOW)
    assert "no such account" in town.cannot_approve(number, "a-two")


def test_proposal_that_is_rejected_is_never_carried_out(town: Town) -> None:
    number = town.proposes("load", town.file())
    rejects = ("approval", "reject", str(number), "--by")
    assert "say why" in town.fails(*rejects, "a-two", "--reason", "")
    town.run(*rejects, "a-one", "--reason", "mistaken")
    assert "decided already" in town.cannot_approve(number, "a-two")
    assert "rejected" in town.says("approval", "list")
    assert town.run("approval", "acts")["acts"] == []


def test_approval_that_was_not_carried_out_is_carried_out_by_approving_again(town: Town) -> None:
    number = town.proposes("load", town.file())
    seen = town.seen(number)
    done = decide(town.database_url, number, "approved", "a-two", "", NOW, seen=seen)
    assert isinstance(done, Proposal)
    assert "not done yet" in town.says("approval", "list")
    assert "somebody else" in town.cannot_approve(number, "a-one")
    town.approves(number)
    stored = read_proposal(town.database_url, number)
    assert stored is not None
    assert stored.result == "done"


def test_tables_refuse_a_self_approval(town: Town) -> None:
    number = town.proposes("load", town.file())
    with psycopg.connect(town.database_url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(
                "INSERT INTO release_decision VALUES (%s, 'a-one', 'approved', 'a-one', '', now())",
                (number,),
            )
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute(
                "INSERT INTO release_decision VALUES (%s, 'a-two', 'approved', 'a-one', '', now())",
                (number,),
            )


def test_without_the_policy_commands_go_by_themselves_and_are_noted(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RELEASE_APPROVAL")
    town.run("release", "load", town.file())
    town.run("release", "pause")
    noted = [(act["act"], act["done_by"]) for act in town.run("approval", "acts")["acts"]]
    assert noted == [("pause", None), ("load", None)]
    monkeypatch.setenv("RELEASE_APPROVAL", "one")
    assert "neither off nor" in town.fails("release", "load", town.file())


def test_approval_of_what_somebody_has_changed_since_is_refused(town: Town) -> None:
    town.loads()
    fewer = town.proposes("load", town.file(("people: 24000", "people: 20000")))
    later = town.proposes("load", town.file(("09:00-12:00", "09:30-12:00")))
    seen = town.seen(later)
    town.approves(fewer)
    words = ("approval", "approve", f"{later}", "--by", "a-two")
    assert "has changed the release since" in town.fails(*words, "--seen", seen)
    assert "has changed the release since" in town.fails(*words, "--seen", "")
    assert "--seen" in town.fails(*words, "--json")
    acts = [(act["act"], act["result"]) for act in town.run("approval", "acts")["acts"]]
    assert acts == [("load", "done")] * 2, "nothing was done"
    shown = town.says("approval", "show", f"{later}")
    assert "release.people: 20000 → 24000" in shown, "what would be lost is seen"
    asked = CliRunner().invoke(app, [*words], input="n\n")
    assert (asked.exit_code, shown in asked.output) == (1, True)
    asked = CliRunner().invoke(app, [*words], input="y\n")
    assert asked.exit_code == 0, asked.output
    assert town.run("approval", "acts")["acts"][0]["proposal_id"] == later


def test_load_upon_a_catalogue_that_somebody_changes_meanwhile_stores_nothing(town: Town) -> None:
    town.loads()
    planned = read_release_file(CORRECT.read_bytes())
    assert isinstance(planned, ReleasePlan)
    version = read_catalogue(town.database_url).version
    assert load_unchanged(town.database_url, planned, version - 1) == Overtaken()
    assert read_catalogue(town.database_url).version == version
    assert isinstance(load_unchanged(town.database_url, planned, version), Loaded)


def test_proposal_shows_what_it_changes_and_what_is_odd(town: Town) -> None:
    town.loads()
    assert "nothing changes" in town.says(
        "approval", "show", str(town.proposes("load", town.file()))
    )
    spring = (
        *(("id: autumn", "id: spring"), ("浦部275", "浦部1"), ("09:00-12:00", "09:30-12:00")),
        ("    doses_per_hour_max: 60\n", ""),
    )
    number = town.proposes("load", town.file(*spring))
    shown = town.run("approval", "show", str(number))
    (address,) = shown["terms"]
    assert (address["path"], address["before"], address["after"]) == (
        "venues.gym.addresses.ja",
        "浦部275",
        "浦部1",
    )
    assert [one["code"] for one in shown["findings"]] == ["slot_in_another", "names_differ"]
    assert shown["changes"][0]["before"] is None
    lines = town.says("approval", "show", str(number))
    assert "  venues.gym.addresses.ja: 浦部275 → 浦部1" in lines
    assert "2030-09-14 gym comirnaty: none → 26 slots with 260 first and 0 second" in lines
    assert "warning: venues[0].addresses: autumn has gym, too" in lines
    opening = town.proposes("open", "--release", "autumn")
    assert f"proposal {opening}: open autumn" in town.says("approval", "show", str(opening))
    assert "no proposal" in town.fails("approval", "show", "999")


def test_what_is_opened_or_resumed_has_no_error(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.loads()
    named = ("--by", "a-one", "--reason", "x")
    town.run("release", "close", *named)
    beside = town.file(("id: autumn", "id: large"), ("covid-19", "large-site"))
    number = town.proposes("load", beside)
    town.approves(number)
    both = "people of this cohort could book in large, too"
    asked = ("--release", "autumn")
    assert both in town.fails("approval", "propose", "open", *asked, *named)
    monkeypatch.delenv("RELEASE_APPROVAL")
    for order in ("open", "resume"):
        assert both in town.fails("release", order, *asked)
        assert both in town.fails("release", order, *asked, *named)
    states = {one.release_id: one.state_by_hand for one in read_releases(town.database_url)}
    assert states == {"autumn": "closed", "large": "none"}
    town.run("release", "close", "--release", "large")
    town.run("release", "resume", *asked)


def test_pause_is_taken_back_beside_a_day_that_the_staff_closed(town: Town) -> None:
    town.loads()
    named = ("--by", "a-one", "--reason", "x")
    town.run("release", "pause", *named)
    with psycopg.connect(town.database_url) as connection:
        connection.execute(
            "UPDATE seats SET capacity = 0 FROM slot "
            "WHERE slot.slot_id = seats.slot_id AND slot.day = '2030-10-05'"
        )
    assert "second doses" in town.fails("approval", "propose", "open", *named)
    town.run("release", "resume", *named)
    town.run("release", "close", *named)
    assert "second doses" in town.fails("approval", "propose", "resume", *named)


def test_plan_shows_its_days_and_what_differs(town: Town) -> None:
    shown = town.says("plan", "show", str(PLAN))
    assert "2030-09-14 Sat" in shown
    assert "2030-09-16" not in shown, "a holiday"
    number = town.proposes("load", str(PLAN))
    town.approves(number)
    assert "the same slots" in town.says("plan", "diff", str(PLAN))
    changed = town.folder / "changed.yaml"
    changed.write_text(PLAN.read_text("utf-8").replace("lines: 2 ", "lines: 1 "), "utf-8")
    changed.write_text(PLAN.read_text("utf-8").replace("    lines: 2\n", "    lines: 1\n"), "utf-8")
    differing = town.says("plan", "diff", str(changed))
    assert "48 → 24" in differing
    assert differing == town.says("plan", "diff", str(changed), "--with", str(PLAN))


def test_every_edit_of_a_plan_is_kept_with_who_when_and_why(town: Town) -> None:
    first = town.run("plan", "save", town.file(), "--by", "a-one", "--reason", "begun")
    later = town.file(("people: 24000", "people: 20000"))
    words = ("plan", "save", later, "--by", "a-two", "--reason", "fewer people")
    assert "saved by a-one" in town.fails(*words)
    town.run(*words, "--follows", str(first["edit_id"]))
    history = town.says("plan", "history", "autumn")
    assert "a-two: fewer people" in history
    assert "-  people: 24000" in history
    assert "+  people: 20000" in history
    assert "a-one: begun" in history
    assert "supervisor's work" in town.fails(
        "plan", "save", later, "--by", "a-clerk", "--reason", "x"
    )
