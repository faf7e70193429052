"""Secrets of a process: files of 32 random bytes, written in hexadecimal.

The directory is 0700 and each file 0600. A secret never stands in a setting, a
log line or an exception; an error names the file alone.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from monitoring.errors import SecretError as SecretError

SECRET_BYTES = 32

SECRET_NAMES = (
    "identity.key",
    "roster.key",
    "contact.key",
    "session.key",
    "place.key",
    "draw.key",
    "receipt.key",
    "request.key",
)
"""What the system needs: keyed hashes of residents, sealing of the roster and of contact
details, sessions, place tokens, draw seeds, receipts (an Ed25519 seed), request digests."""


def read_secret(secrets_dir: Path, name: str) -> bytes:
    """Return the 32 bytes of one secret.

    Raises:
        SecretError: the file is missing, unreadable, or not 64 hexadecimal digits.
    """
    try:
        text = (secrets_dir / name).read_text(encoding="ascii").strip()
        secret = bytes.fromhex(text)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "unreadable"
        raise SecretError(f"secret {name}: {reason}") from None
    except ValueError:
        raise SecretError(f"secret {name}: not hexadecimal") from None
    if len(secret) != SECRET_BYTES:
        raise SecretError(f"secret {name}: not {SECRET_BYTES} bytes")
    return secret


def create_missing(secrets_dir: Path, names: Sequence[str] = SECRET_NAMES) -> list[str]:
    """Make the secrets that do not exist yet and return their names.

    A secret that exists is never touched; of two processes that make one at the
    same moment, both end up with the first one's.
    """
    secrets_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets_dir.chmod(0o700)
    return [name for name in names if _create(secrets_dir / name)]


def _create(path: Path) -> bool:
    """Put a new secret in place whole or not at all; False when there is one already."""
    if path.exists():
        return False
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
            return True
        return False
    finally:
        draft.unlink()
