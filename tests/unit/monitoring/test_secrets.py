from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from monitoring.secrets import (
    RSA_KEY_NAME,
    SECRET_NAMES,
    SecretError,
    create_missing,
    create_rsa_key,
    read_masters,
    read_rsa_key,
    read_secret,
    replace_master,
)


def test_every_secret_is_made_once_and_differs(tmp_path: Path) -> None:
    assert create_missing(tmp_path / "secrets") == list(SECRET_NAMES)
    secrets = {read_secret(tmp_path / "secrets", name) for name in SECRET_NAMES}
    assert len(secrets) == len(SECRET_NAMES)
    assert all(len(secret) == 32 for secret in secrets)


def test_a_secret_that_exists_is_kept(tmp_path: Path) -> None:
    create_missing(tmp_path, ["place.key"])
    before = read_secret(tmp_path, "place.key")
    assert create_missing(tmp_path, ["place.key", "draw.key"]) == ["draw.key"]
    assert read_secret(tmp_path, "place.key") == before


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    create_missing(tmp_path / "secrets", ["place.key"])
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").rglob("*")]
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert modes == [0o600]


def test_a_folder_that_has_every_secret_is_left_as_it_is(tmp_path: Path) -> None:
    create_missing(tmp_path, ["place.key"])
    tmp_path.chmod(0o755)
    assert create_missing(tmp_path, ["place.key"]) == []
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"sesame", "not hexadecimal"),
        (b"\xff\xfe", "not hexadecimal"),
        (b"abcd", "not 32 bytes"),
        (b"", "not 32 bytes"),
    ],
)
def test_a_bad_secret_is_named_and_not_shown(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / "place.key").write_bytes(content)
    with pytest.raises(SecretError, match=rf"place\.key: {reason}") as caught:
        read_secret(tmp_path, "place.key")
    assert "sesame" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_the_rsa_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    assert create_rsa_key(tmp_path)
    before = read_rsa_key(tmp_path).public_key()
    assert not create_rsa_key(tmp_path)
    assert read_rsa_key(tmp_path).public_key() == before
    assert before.key_size == 2_048
    assert stat.S_IMODE((tmp_path / RSA_KEY_NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"sesame", "no private key in PEM"),
        (b"", "no private key in PEM"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "no RSA key of 2048 bits"),
        (
            pem(rsa.generate_private_key(65_537, 1_024)),  # noqa: S505 (to see it refused)
            "no RSA key of 2048 bits",
        ),
    ],
    ids=["none", "no PEM", "empty", "another kind", "too short"],
)
def test_a_bad_rsa_key_is_named_and_not_shown(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / RSA_KEY_NAME).write_bytes(content)
    with pytest.raises(SecretError, match=rf"vwr-token\.pem: {reason}") as caught:
        read_rsa_key(tmp_path)
    assert "sesame" not in str(caught.value)


def test_master_key_that_is_replaced_still_opens(tmp_path: Path) -> None:
    create_missing(tmp_path, ["contact.key"])
    before = read_masters(tmp_path)
    replace_master(tmp_path, "contact-1.key")
    newest, old = read_masters(tmp_path)
    assert [old] == before
    assert newest != old
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_master_key_is_never_replaced_over_another_one(tmp_path: Path) -> None:
    """Stopped between its two steps, it goes on; a name that is another key's is refused."""
    create_missing(tmp_path, ["contact.key"])
    first = read_secret(tmp_path, "contact.key")
    (tmp_path / "contact-1.key").hardlink_to(tmp_path / "contact.key")
    replace_master(tmp_path, "contact-1.key")
    assert read_secret(tmp_path, "contact-1.key") == first
    before = read_masters(tmp_path)
    with pytest.raises(FileExistsError, match=r"contact-1\.key"):
        replace_master(tmp_path, "contact-1.key")
    assert read_masters(tmp_path) == before
