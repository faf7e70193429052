"""Seal what goes into the repository: authenticated encryption of a stream, in numbered chunks.

Rule 1: a chunk is opened at its own number only, and the last one as the last only; so a file
that was cut, lengthened, reordered or altered is found, whatever of it was read before.
Rule 2: each file has a key of its own (HKDF-SHA256 of the repository's key and a random salt),
so that a number is never used twice under one key.

Form: MAGIC, the header's length (4 bytes, big endian), the header (JSON, in plain: name, moments,
salt, which key), then chunks of CHUNK_BYTES, each AES-256-GCM with a tag of 16 bytes. A nonce is
the chunk's number (11 bytes, big endian) and one byte: 1 for the last, else 0. The header is
associated data of every chunk. It is the STREAM construction (Hoang, Reyhanitabar, Rogaway,
Vizár, 2015).
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from seiriken.backup.catalogue import SealedFile
from seiriken.backup.errors import BackupError, Damaged, WrongKey

MAGIC = b"seiriken backup 1\n"
CHUNK_BYTES = 2**20
KEY_BYTES = 32
TAG_BYTES = 16
_HEADER_BYTES_MAX = 4_096
_SALT_BYTES = 32
_LENGTH_BYTES = 4


class Header(msgspec.Struct, frozen=True):
    """What stands in plain before the chunks, and is proved by each of them.

    `through` (of WAL): all that was committed before is in this file and those before it.
    """

    name: str
    sealed_at: datetime
    salt: bytes
    key_id: str
    through: datetime | None = None


def read_key(path: Path) -> bytes:
    """Return the repository's key from its file (64 hexadecimal digits).

    Raises:
        BackupError: there is none, or it is malformed; the text names the file alone.
    """
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "unreadable"
        raise BackupError(f"the key of the backups, {path}: {reason}") from None
    except ValueError:
        raise BackupError(f"the key of the backups, {path}: not hexadecimal") from None
    if len(key) != KEY_BYTES:
        raise BackupError(f"the key of the backups, {path}: not {KEY_BYTES} bytes")
    return key


def key_id(key: bytes) -> str:
    """Return by what a key is known, without telling it."""
    return _derived(key, b"", b"seiriken backup key id", 8).hex()


class Sealer(io.RawIOBase):
    """Seals what is written to it into `file`, and knows the digest of what went there."""

    def __init__(
        self, file: BinaryIO, key: bytes, name: str, now: datetime, through: datetime | None = None
    ) -> None:
        super().__init__()
        salt = os.urandom(_SALT_BYTES)
        self._head = msgspec.json.encode(Header(name, now, salt, key_id(key), through))
        self._cipher = _cipher(key, salt)
        self._file, self._number = file, 0
        self._waiting = bytearray()
        self._digest = hashlib.sha256()
        self.bytes_sealed = 0
        self._put(MAGIC + len(self._head).to_bytes(_LENGTH_BYTES) + self._head)

    @property
    def sealed_file(self) -> SealedFile:
        """Return what was written, once it is finished."""
        return SealedFile(self.bytes_sealed, self._digest.hexdigest())

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: object) -> int:
        """Take more; a chunk is sealed when there is more than one."""
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        self._waiting += view
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(view)

    def finish(self) -> None:
        """Seal the last chunk; without this the file is one that was cut."""
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._put(self._cipher.encrypt(_nonce(self._number, is_last=is_last), chunk, self._head))
        self._number += 1

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.bytes_sealed += len(data)


class Opener(io.RawIOBase):
    """Reads what was sealed into `file`.

    Raises (when it is made and at every read):
        WrongKey: it was sealed with another key.
        Damaged: it is not as it was written.
    """

    def __init__(self, file: BinaryIO, key: bytes, name: str) -> None:
        super().__init__()
        self.header, self._head = _read_header(file, name)
        if self.header.key_id != key_id(key):
            raise WrongKey(f"{name} was sealed with another key ({self.header.key_id})")
        if self.header.name != name:
            raise Damaged(f"{name} holds {self.header.name}")
        self._cipher = _cipher(key, self.header.salt)
        self._chunks = self._opened(file)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a buffer as far as the present chunk goes; 0 at the end."""
        target = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        count = min(len(target), len(self._left))
        target[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def _opened(self, file: BinaryIO) -> Iterator[bytes]:
        number, sealed = 0, file.read(CHUNK_BYTES + TAG_BYTES)
        while True:
            following = file.read(CHUNK_BYTES + TAG_BYTES)
            nonce = _nonce(number, is_last=not following)
            try:
                yield self._cipher.decrypt(nonce, sealed, self._head)
            except (InvalidTag, ValueError):
                raise Damaged(f"{self.header.name} is damaged at chunk {number}") from None
            if not following:
                return
            number, sealed = number + 1, following


def header_of(path: Path, name: str) -> Header:
    """Return the header of a sealed file, which proves nothing until its chunks are opened."""
    with path.open("rb") as file:
        return _read_header(file, name)[0]


def _read_header(file: BinaryIO, name: str) -> tuple[Header, bytes]:
    start = file.read(len(MAGIC) + _LENGTH_BYTES)
    length = int.from_bytes(start[len(MAGIC) :])
    if not start.startswith(MAGIC) or not 0 < length <= _HEADER_BYTES_MAX:
        raise Damaged(f"{name} is no sealed file")
    head = file.read(length)
    try:
        return msgspec.json.decode(head, type=Header), head
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Damaged(f"{name} has a damaged header") from None


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(_derived(key, salt, b"seiriken backup file", KEY_BYTES))


def _derived(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(key)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11) + bytes([is_last])
