"""`seiriken receipt check` and `receipt key`.

A receipt is checked with the public key alone: with `--key`, nothing of ours has to run.
A receipt that is not genuine is a finding, said on standard output with exit code 1; a key that
cannot be read leaves the receipt unchecked, and is an error.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, message_of, print_json, print_lines
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from gateway.receipts import Receipt, ReceiptDose

app = typer.Typer(help="Receipts of bookings, and the key that proves them.", no_args_is_help=True)

ReceiptText = Annotated[
    str, typer.Argument(metavar="RECEIPT|-", help="Its text; - reads standard input.")
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY_OR_FILE",
        help="The public key, or a file with it; that of the stack when left out.",
    ),
]

INPUT_BYTES_MAX = 65_536
STATE_WORDS = {
    "booked": "booked",
    "first_only": "first dose only; the second was given back",
    "cancelled": "cancelled",
}


@app.command()
def check(
    receipt: ReceiptText = "-",
    key: KeyOption = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Prove a receipt offline, with the public key alone. Exit code 1 when it is not genuine.

    A genuine receipt says what was so when it was made, a cancellation included: read its state.
    """
    from gateway import receipts

    public_key = _stack_key(home) if key is None else _given_key(key)
    given = _standard_input() if receipt == "-" else receipt
    # A receipt holds no white space: what a mail program or a terminal broke is joined.
    text = "".join(given.split())
    try:
        found = receipts.check(text, public_key)
    except receipts.ReceiptRefused as refused:
        if _is_signed_by(text, public_key):
            raise CommandError(
                "--key is the city's secret key: give the public one, which "
                "`seiriken receipt key` prints, and let nobody have this one"
            ) from None
        if as_json:
            reason = {"reason": refused.code, "detail": message_of(refused)}
            print_json({"genuine": False} | reason)
        else:
            print_lines([f"not genuine: {message_of(refused)}"])
        raise typer.Exit(1) from None
    if as_json:
        print_json({"genuine": True, "receipt": receipt_document(found)})
    else:
        print_lines(receipt_lines(found))


@app.command("key")
def show_key(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Print the city's public key: it proves receipts."""
    from gateway.receipts import key_text

    text = key_text(_stack_key(home))
    if as_json:
        print_json({"algorithm": "Ed25519", "public_key": text})
    else:
        print_lines([text])


def receipt_lines(receipt: Receipt) -> list[str]:
    """Return what a genuine receipt says, for people."""
    return [
        "genuine: signed with the city's key, and unchanged",
        f"city     {receipt.municipality_code} (municipality code)",
        f"booking  {receipt.booking_number}",
        f"state    {STATE_WORDS.get(receipt.state, receipt.state)}",
        f"product  {receipt.product_id}",
        f"dose 1   {_dose_words(receipt.first_dose)}",
        f"dose 2   {_dose_words(receipt.second_dose)}",
        "It says what was booked when it was signed; a later change has a receipt of its own.",
    ]


def receipt_document(receipt: Receipt) -> dict[str, object]:
    """Return what a genuine receipt says, for programs."""
    doses = {1: receipt.first_dose, 2: receipt.second_dose}
    return {
        "municipality_code": receipt.municipality_code,
        "booking_number": receipt.booking_number,
        "state": receipt.state,
        "product": receipt.product_id,
        "doses": [
            {
                "dose": number,
                "starts_at": dose.starts_at.isoformat(timespec="minutes"),
                "venue": dose.venue_id,
            }
            for number, dose in doses.items()
            if dose is not None
        ],
    }


def _dose_words(dose: ReceiptDose | None) -> str:
    if dose is None:
        return "none here"
    start = dose.starts_at
    return f"{start:%A} {start.day} {start:%B %Y}, {start:%H:%M} (Asia/Tokyo), at {dose.venue_id}"


def _stack_key(home: Path | None) -> bytes:
    """Return the public key of a stack. Its secret is read for that, and goes nowhere."""
    from gateway.receipts import ReceiptSigner
    from monitoring.secrets import read_secret
    from seiriken.target import find_target

    secrets_dir = find_target(home).secrets_dir
    return ReceiptSigner(read_secret(secrets_dir, "receipt.key")).public_key


def _given_key(key: str) -> bytes:
    """Return a key that was given as text, or as the path of a file."""
    from gateway.receipts import KeyMalformed, read_key

    try:
        return read_key(key.strip())
    except KeyMalformed as malformed:
        problem = message_of(malformed)
    path = Path(key)
    try:
        if not path.is_file():
            raise CommandError(f"--key is neither a file nor a public key. {problem}")
        return read_key(path.read_bytes()[:INPUT_BYTES_MAX].decode("ascii").strip())
    except OSError as error:
        raise CommandError(
            f"--key is neither a public key nor a file to read ({error.strerror}). {problem}"
        ) from None
    except (KeyMalformed, UnicodeDecodeError):
        raise CommandError(f"the file of --key does not hold a public key. {problem}") from None


def _is_signed_by(text: str, secret_key: bytes) -> bool:
    """Say whether what was given as the public key is the secret that signed a receipt.

    Both are 32 bytes, and the secret's file is named `receipt.key`.
    """
    from gateway import receipts

    try:
        receipts.check(text, receipts.ReceiptSigner(secret_key).public_key)
    except receipts.ReceiptRefused:
        return False
    return True


def _standard_input() -> str:
    """Return what stands in standard input; of a text that is too long, more than may be."""
    if sys.stdin.isatty():
        sys.stderr.write("paste the receipt, then press Enter and Ctrl-D\n")
    return sys.stdin.buffer.read(INPUT_BYTES_MAX).decode("utf-8", errors="replace")
