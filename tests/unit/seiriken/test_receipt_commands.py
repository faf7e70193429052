"""Receipts are checked offline, and what is told of them is plain."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.receipts import ReceiptSigner, key_text
from monitoring.errors import SecretError
from monitoring.secrets import create_missing, read_secret
from seiriken.errors import CommandError
from seiriken.home import Home
from seiriken.receipt_commands import app
from tests.unit.gateway.factories import make_booking, make_slot
from tests.unit.seiriken.test_home import STACK

SIGNER = ReceiptSigner(bytes(32))
KEY = key_text(SIGNER.public_key)
SLOTS = {1: make_slot(1, date(2021, 6, 10)), 2: make_slot(2, date(2021, 7, 1), venue_id="school")}
RECEIPT = SIGNER.receipt("122319", make_booking(), SLOTS)


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "city")
    made.make()
    made.write(STACK)
    create_missing(made.secrets_dir)
    return made


def run(*words: str, given: str | bytes = "") -> Result:
    return CliRunner().invoke(app, list(words), input=given)


def fault(*words: str) -> str:
    """Return the text of the error that a command ends with."""
    result = run(*words)
    assert result.exit_code == 1
    assert isinstance(result.exception, CommandError)
    return str(result.exception)


# check


def test_genuine_receipt_is_said_in_plain_words() -> None:
    result = run("check", RECEIPT, "--key", KEY)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "genuine: signed with the city's key, and unchanged",
        "city     122319 (municipality code)",
        "booking  0000001-3",
        "state    booked",
        "product  comirnaty",
        "dose 1   Thursday 10 June 2021, 10:00 (Asia/Tokyo), at hall",
        "dose 2   Thursday 1 July 2021, 10:00 (Asia/Tokyo), at school",
        "It says what was booked when it was signed; a later change has a receipt of its own.",
    ]


def test_genuine_receipt_is_told_to_programs() -> None:
    result = run("check", RECEIPT, "--key", KEY, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "genuine": True,
        "receipt": {
            "municipality_code": "122319",
            "booking_number": "0000001-3",
            "state": "booked",
            "product": "comirnaty",
            "doses": [
                {"dose": 1, "starts_at": "2021-06-10T10:00+09:00", "venue": "hall"},
                {"dose": 2, "starts_at": "2021-07-01T10:00+09:00", "venue": "school"},
            ],
        },
    }


def test_dose_that_is_not_in_the_receipt_is_said() -> None:
    receipt = SIGNER.receipt("122319", make_booking(state="first_only"), {1: SLOTS[1]})
    shown = run("check", receipt, "--key", KEY).stdout
    assert "state    first dose only; the second was given back\n" in shown
    assert "dose 2   none here\n" in shown
    document = json.loads(run("check", receipt, "--key", KEY, "--json").stdout)
    assert [dose["dose"] for dose in document["receipt"]["doses"]] == [1]


@pytest.mark.parametrize(
    "given",
    [
        RECEIPT,
        f"\r\n  {RECEIPT}\t\r\n\n",
        "\n".join(RECEIPT[at : at + 40] for at in range(0, 300, 40)),
    ],
    ids=["bare", "framed", "wrapped"],
)
@pytest.mark.parametrize("words", [("check", "-"), ("check",)], ids=["named", "left-out"])
def test_receipt_is_read_from_standard_input(given: str, words: tuple[str, ...]) -> None:
    result = run(*words, "--key", KEY, given=given)
    assert (result.exit_code, result.stdout[:8]) == (0, "genuine:")


def test_white_space_around_an_argument_does_not_matter() -> None:
    assert run("check", f" {RECEIPT}\n", "--key", KEY).exit_code == 0


@pytest.mark.parametrize(
    ("receipt", "reason", "words"),
    [
        (RECEIPT[:-1], "malformed", "not a whole receipt"),
        ("", "malformed", "not a whole receipt"),
        (RECEIPT.replace("N1|", "N2|"), "other_version", "another version than SEIRIKEN1"),
        (RECEIPT.replace("06-10", "06-11"), "wrong_signature", "was changed, or another city's"),
    ],
)
def test_receipt_that_is_not_genuine_is_refused_with_a_reason(
    receipt: str, reason: str, words: str
) -> None:
    said = run("check", receipt, "--key", KEY)
    assert said.exit_code == 1
    assert said.stdout.startswith("not genuine: ")
    assert words in said.stdout
    told = run("check", receipt, "--key", KEY, "--json")
    assert told.exit_code == 1
    document = json.loads(told.stdout)
    assert (document["genuine"], document["reason"]) == (False, reason)
    assert words in document["detail"]


@pytest.mark.parametrize("given", [b"\xff\xfe\x00", b"x" * 1_000_000], ids=["bytes", "much"])
def test_what_is_no_text_or_too_much_is_malformed(given: bytes) -> None:
    result = run("check", "-", "--key", KEY, given=given)
    assert (result.exit_code, result.stdout[:12]) == (1, "not genuine:")


def test_key_of_another_city_proves_nothing() -> None:
    other = key_text(ReceiptSigner(bytes(range(32))).public_key)
    result = run("check", RECEIPT, "--key", other)
    assert result.exit_code == 1
    assert "another city's key signed it" in result.stdout


# The key


@pytest.mark.parametrize("content", [f"{KEY}\n", SIGNER.public_key.hex(), f"{KEY}=\r\n"])
def test_key_may_stand_in_a_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "city.pub"
    file.write_text(content, encoding="ascii")
    assert run("check", RECEIPT, "--key", str(file)).exit_code == 0


@pytest.mark.parametrize("key", [KEY, f" {KEY}\n", SIGNER.public_key.hex()])
def test_key_may_be_given_as_text(key: str) -> None:
    assert run("check", RECEIPT, "--key", key).exit_code == 0


@pytest.mark.parametrize("key", ["", "no-such-file", KEY[:-1], "x" * 5_000])
def test_key_that_is_neither_a_file_nor_a_key_is_an_error(key: str) -> None:
    assert "--key" in fault("check", RECEIPT, "--key", key)


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"-----BEGIN PUBLIC KEY-----\n"])
def test_file_without_a_key_is_an_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "city.pub"
    file.write_bytes(content)
    said = fault("check", RECEIPT, "--key", str(file))
    assert said.startswith("the file of --key does not hold a public key. Not a public key")


def test_secret_key_is_not_taken_for_the_public_one(home: Home) -> None:
    """Both are 32 bytes: the verdict would be wrong, and the secret would be handed around."""
    secret_file = home.secrets_dir / "receipt.key"
    signer = ReceiptSigner(read_secret(home.secrets_dir, "receipt.key"))
    receipt = signer.receipt("122319", make_booking(), SLOTS)
    said = fault("check", receipt, "--key", str(secret_file))
    assert said.startswith("--key is the city's secret key")
    assert secret_file.read_text(encoding="ascii").strip() not in said


def test_without_a_key_that_of_the_stack_is_used(home: Home) -> None:
    stack = ReceiptSigner(read_secret(home.secrets_dir, "receipt.key"))
    receipt = stack.receipt("122319", make_booking(), SLOTS)
    assert run("check", receipt, "--home", str(home.path)).exit_code == 0
    assert run("check", RECEIPT, "--home", str(home.path)).exit_code == 1


def test_without_a_key_and_a_stack_nothing_can_be_checked() -> None:
    assert fault("check", RECEIPT).startswith("no stack runs in")


def test_key_of_the_stack_is_printed_as_it_is_published(home: Home) -> None:
    signer = ReceiptSigner(read_secret(home.secrets_dir, "receipt.key"))
    published = key_text(signer.public_key)
    assert run("key", "--home", str(home.path)).stdout == f"{published}\n"
    document = json.loads(run("key", "--home", str(home.path), "--json").stdout)
    assert document == {"algorithm": "Ed25519", "public_key": published}
    assert (home.secrets_dir / "receipt.key").read_text().strip() not in published


def test_stack_without_its_secret_has_no_key(home: Home) -> None:
    (home.secrets_dir / "receipt.key").unlink()
    assert isinstance(run("key", "--home", str(home.path)).exception, SecretError)
