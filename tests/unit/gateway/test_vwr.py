"""Tokens of the AWS-compatible API: verified offline, the same each time, and not forgeable."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from gateway.parts import assemble
from gateway.vwr import TokenSigner
from monitoring.secrets import RSA_KEY_NAME, SecretError, create_rsa_key, read_rsa_key
from tests.unit.gateway.factories import make_settings
from waiting_room.vwr import Grant

REQUEST_ID = "26a07142-098a-4bea-b67d-1fe5a098bf29"
ISSUER = "https://city.example/vwr"
FAR = 4_000_000_000
GRANT = Grant(5, 2_100, FAR)


@pytest.fixture(scope="module")
def signer() -> TokenSigner:
    return TokenSigner(generate_private_key(65_537, 2_048), event_id="Sample", issuer=ISSUER)


def verified(signer: TokenSigner, token: str) -> dict[str, object]:
    key = jwt.PyJWK.from_dict(dict(signer.public_jwk))
    decoded: dict[str, object] = jwt.decode(
        token, key, algorithms=["RS256"], audience="Sample", issuer=ISSUER
    )
    return decoded


def test_three_tokens_are_verified_with_the_public_key_and_say_their_use(
    signer: TokenSigner,
) -> None:
    tokens = signer.tokens(REQUEST_ID, GRANT)
    assert set(tokens) == {"access_token", "refresh_token", "id_token"}
    uses = {name: verified(signer, token)["token_use"] for name, token in tokens.items()}
    assert uses == {"access_token": "access", "refresh_token": "refresh", "id_token": "id"}
    header = jwt.get_unverified_header(tokens["access_token"])
    assert header == {"alg": "RS256", "typ": "JWT", "kid": signer.public_jwk["kid"]}


def test_same_grant_has_the_same_tokens_also_from_another_process() -> None:
    key = generate_private_key(65_537, 2_048)
    one, other = (TokenSigner(key, event_id="Sample", issuer=ISSUER) for _ in range(2))
    assert one.tokens(REQUEST_ID, GRANT) == other.tokens(REQUEST_ID, GRANT)
    assert one.tokens(REQUEST_ID, GRANT) != one.tokens(REQUEST_ID, Grant(6, 2_100, FAR))


def test_public_key_has_the_members_of_the_original_and_nothing_private(
    signer: TokenSigner,
) -> None:
    jwk = signer.public_jwk
    assert set(jwk) == {"alg", "e", "kid", "kty", "n"}
    assert (jwk["kty"], jwk["alg"], jwk["e"]) == ("RSA", "RS256", "AQAB")


def test_altered_token_is_not_verified(signer: TokenSigner) -> None:
    head, body, signature = signer.tokens(REQUEST_ID, GRANT)["access_token"].split(".")
    claims = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims["queue_position"] = 1
    altered = urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(jwt.InvalidSignatureError):
        verified(signer, f"{head}.{altered}.{signature}")


def test_token_of_another_key_is_not_verified(signer: TokenSigner) -> None:
    other = TokenSigner(generate_private_key(65_537, 2_048), event_id="Sample", issuer=ISSUER)
    with pytest.raises(jwt.InvalidSignatureError):
        verified(signer, other.tokens(REQUEST_ID, GRANT)["access_token"])


def test_token_that_has_run_out_is_not_verified(signer: TokenSigner) -> None:
    tokens = signer.tokens(REQUEST_ID, Grant(5, 2_100, 5_700))
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(signer, tokens["access_token"])


def test_gateway_offers_the_api_only_if_it_is_told_to(secrets_dir: Path) -> None:
    assert assemble(make_settings(secrets_dir)).vwr is None
    create_rsa_key(secrets_dir)
    settings = make_settings(secrets_dir, vwr_event_id="Sample", vwr_issuer=ISSUER)
    parts = assemble(settings)
    assert parts.vwr is not None
    jwk = TokenSigner(read_rsa_key(secrets_dir), event_id="Sample", issuer=ISSUER).public_jwk
    assert parts.vwr.signer.public_jwk == jwk


def test_gateway_that_offers_the_api_does_not_start_without_its_key(secrets_dir: Path) -> None:
    settings = make_settings(secrets_dir, vwr_event_id="Sample", vwr_issuer=ISSUER)
    with pytest.raises(SecretError, match=RSA_KEY_NAME):
        assemble(settings)
