"""One try to sign in: from where, on which device, and with what proof.

What is asked of whom is decided by `waiting_room.attempts`, in Redis; this module gathers what
it needs of a request, and puts the "no" into a `Problem`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import Response

from gateway.devices import NUMBER_BYTES, device_of, with_person
from gateway.identity import network_of
from gateway.parts import Parts
from gateway.problems import Problem, proof_needed, too_many_attempts
from gateway.sessions import device_cookie, set_device_cookie
from monitoring import metrics
from waiting_room.answers import NotConfirmed, ProofNeeded, SignInAnswer, TooManyAttempts
from waiting_room.attempts import SLOW_WINDOW_S, Proof


@dataclass(frozen=True)
class Attempt:
    """Where a try comes from, and what it brings. `cookie` is that of the device."""

    network: str
    cookie: str = ""
    proof: Proof = ""

    def device(self, parts: Parts, person: bytes) -> str:
        """Return what stands for the device if the person has used it before, else nothing."""
        return device_of(parts.keys.place, self.cookie, person, parts.clock().timestamp())


async def attempt_of(
    connection: HTTPConnection, parts: Parts, proof: str = "", challenge: str = ""
) -> Attempt:
    """Gather what counts of a request. Raises `RoomAway` if it brings a proof."""
    network = network_of(connection, parts.settings, parts.keys.identity)
    cookie = device_cookie(connection, parts.settings)
    return Attempt(network, cookie, await parts.proofs.kind(network, proof, challenge))


def refusal_of(
    parts: Parts, answer: SignInAnswer, network: str, not_confirmed: str = "identity_not_confirmed"
) -> Problem | None:
    """Count how a try ended; return why it was refused, None if it was not."""
    match answer:
        case NotConfirmed():
            metrics.SIGN_INS.labels("not_confirmed").inc()
            return Problem(not_confirmed)
        case TooManyAttempts(retry_after_s=seconds):
            metrics.SIGN_INS.labels("too_many_attempts").inc()
            return too_many_attempts(seconds)
        case ProofNeeded():
            metrics.SIGN_INS.labels("too_many_attempts").inc()
            return proof_needed(SLOW_WINDOW_S, parts.proofs.challenge(network))
    metrics.SIGN_INS.labels("confirmed").inc()
    return None


def remember_device(response: Response, parts: Parts, attempt: Attempt, person: bytes) -> None:
    """Let the browser show next time that this person has signed in on it."""
    now, number = parts.clock().timestamp(), secrets.token_bytes(NUMBER_BYTES)
    cookie = with_person(parts.keys.place, attempt.cookie, person, now, number)
    set_device_cookie(response, parts.settings, cookie)
