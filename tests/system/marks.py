"""Marked residents, and a search that finds a mark in whatever form it was written down.

A mark belongs to nobody else: ticket numbers, phone numbers and addresses share a beginning, birth
dates a time after the made-up city's people. A search looks at the bytes as they are, and at what
they hold in hexadecimal, base64, with percent signs or with Unicode escapes.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import unquote_to_bytes

BORN_FROM, BORN_TO = date(2018, 1, 1), date(2020, 12, 31)
_FIRST_BIRTH = date(2018, 1, 2)
PEOPLE_MAX = 1_000

_LEFT, _RIGHT = rb"(?<![0-9a-f.])", rb"(?![0-9a-f])"
_MARKS = re.compile(
    _LEFT + rb"97315\d{5}" + _RIGHT + rb"|" + _LEFT + rb"0?909731\d{4}" + _RIGHT + rb"|"
    rb"kanaria\d{4}@|" + "標鴉".encode() + rb"\d{4}|"
    # Four bytes alone (UTF-16) would be met by chance among the megabytes that are at random.
    rb"\xe6\xa8\x99\xe9\xb4\x89|\x19\x6a\x09\x9d\d\x00|\x6a\x19\x9d\x09\x00\d|"
    + _LEFT
    + rb"20(?:1[89]|20)-?[01]\d-?[0-3]\d"
    + _RIGHT
)
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){6,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}")
_ESCAPED = re.compile(rb"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True)
class Marked:
    """A resident whom nothing but their mails may show."""

    number: int

    @property
    def ticket(self) -> str:
        """Return the ticket number."""
        return f"97315{self.number:05d}"

    @property
    def born(self) -> date:
        """Return the birth date, which is nobody else's."""
        return _FIRST_BIRTH + timedelta(days=self.number)

    @property
    def contact(self) -> dict[str, str]:
        """Return name, phone and e-mail address."""
        return {
            "name": f"標鴉{self.number:04d}",
            "phone": f"0909731{self.number:04d}",
            "email": f"kanaria{self.number:04d}@canary.example",
        }

    @property
    def marks(self) -> tuple[str, ...]:
        """Return each of these, as it would be written."""
        return (self.ticket, self.born.isoformat(), *self.contact.values())


_BIRTHS = {f"{Marked(number).born:%Y%m%d}".encode() for number in range(PEOPLE_MAX)}


def found_in(content: bytes, *, as_it_is: bool = False) -> list[str]:
    """Return the marks that a file or a value holds, in whatever form, at most a few.

    With `as_it_is` only the bytes themselves are looked at.
    """
    found: list[str] = []
    for view in (content,) if as_it_is else _views(content):
        found += (
            match[0].decode("utf-8", "backslashreplace")
            for match in _MARKS.finditer(view)
            if not match[0].startswith(b"20") or match[0].replace(b"-", b"") in _BIRTHS
        )
        if len(found) > 5:
            break
    return found


def _views(content: bytes) -> Iterator[bytes]:
    yield content
    if b"%" in content:
        yield unquote_to_bytes(content)
    if b"\\u" in content:
        yield _ESCAPED.sub(lambda one: chr(int(one[1], 16)).encode("utf-8", "ignore"), content)
    yield b"\n".join(
        bytes.fromhex(run[shift : len(run) - (len(run) - shift) % 2].decode("ascii"))
        for run in _HEX.findall(content)
        for shift in (0, 1)
    )
    yield b"\n".join(_from_base64(content))


def _from_base64(content: bytes) -> Iterator[bytes]:
    for run in _BASE64.findall(content):
        plain = run.translate(bytes.maketrans(b"-_", b"+/"))
        for shift in range(4):
            rest = plain[shift:]
            if len(rest) % 4 == 1:
                rest = rest[:-1]
            yield base64.b64decode(rest + b"=" * (-len(rest) % 4))
