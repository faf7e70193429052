"""Secrets of a process: files of 32 random bytes, written in hexadecimal, and one RSA key.

The directory is 0700 and each file 0600. A secret never stands in a setting, a
log line or an exception; an error names the file alone.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

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
    "code.key",
    "staff.key",
)
"""What the system needs: keyed hashes of residents, sealing of the roster and of contact
details, sessions, place tokens, draw seeds, receipts (an Ed25519 seed), request digests,
codes that open contact details, the staff's second factors."""

MASTER_KEYS = "contact*.key"
"""Files of the keys that wrap the data keys of contact details: `contact.key` wraps, those that
it replaced (`contact-….key`) only open."""

RSA_KEY_NAME = "vwr-token.pem"
"""Signs the tokens of the AWS-compatible line (RS256 wants an RSA key), 2,048 bits, PKCS 8."""

_RSA_BITS = 2_048
_RSA_EXPONENT = 65_537


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


def read_masters(secrets_dir: Path) -> list[bytes]:
    """Return the keys that open data keys, the one that wraps first.

    Raises:
        SecretError: `contact.key` is missing, or one of them is malformed.
    """
    newest = read_secret(secrets_dir, "contact.key")
    names = sorted(path.name for path in secrets_dir.glob(MASTER_KEYS))
    return [newest, *(read_secret(secrets_dir, name) for name in names if name != "contact.key")]


def replace_master(secrets_dir: Path, kept_as: str) -> None:
    """Put a new `contact.key` in place; the one that was stays as `kept_as`.

    Whenever this is stopped, both or the old one alone are there.

    Raises:
        OSError: the folder may not be written, or `kept_as` is there and is another key.
    """
    current, kept = secrets_dir / "contact.key", secrets_dir / kept_as
    if not kept.exists():
        os.link(current, kept)
    elif kept.read_bytes() != current.read_bytes():
        raise FileExistsError(f"{kept}: another key has this name")
    draft = f".contact.key.{secrets.token_hex(8)}"
    _create(secrets_dir / draft, _random_text)
    (secrets_dir / draft).replace(current)


def create_missing(secrets_dir: Path, names: Sequence[str] = SECRET_NAMES) -> list[str]:
    """Make the secrets that do not exist yet and return their names.

    A secret that exists is never touched; of two processes that make one at the
    same moment, both end up with the first one's. Where none is missing the directory is left
    as it is: a container is given its secrets, and may not write there.
    """
    if all((secrets_dir / name).exists() for name in names):
        return []
    secrets_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets_dir.chmod(0o700)
    return [name for name in names if _create(secrets_dir / name, _random_text)]


def create_rsa_key(secrets_dir: Path) -> bool:
    """Make `RSA_KEY_NAME` beside the other secrets; False when there is one already."""
    return _create(secrets_dir / RSA_KEY_NAME, _rsa_text)


def read_rsa_key(secrets_dir: Path) -> RSAPrivateKey:
    """Return the RSA key.

    Raises:
        SecretError: the file is missing, unreadable, or no RSA key of 2,048 bits or more.
    """
    try:
        content = (secrets_dir / RSA_KEY_NAME).read_bytes()
        key = serialization.load_pem_private_key(content, password=None)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "unreadable"
        raise SecretError(f"secret {RSA_KEY_NAME}: {reason}") from None
    except (TypeError, ValueError, UnsupportedAlgorithm):
        raise SecretError(f"secret {RSA_KEY_NAME}: no private key in PEM") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _RSA_BITS:
        raise SecretError(f"secret {RSA_KEY_NAME}: no RSA key of {_RSA_BITS} bits")
    return key


def _random_text() -> str:
    return secrets.token_hex(SECRET_BYTES) + "\n"


def _rsa_text() -> str:
    return (
        generate_private_key(_RSA_EXPONENT, _RSA_BITS)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode("ascii")
    )


def _create(path: Path, make: Callable[[], str]) -> bool:
    """Put a new secret in place whole or not at all; False when there is one already."""
    if path.exists():
        return False
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
            return True
        return False
    finally:
        draft.unlink()
