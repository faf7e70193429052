"""All that the application serves to some and not to everybody, as calls to try without right."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import httpx2

from gateway.answers import is_program
from gateway.app import create_app
from gateway.parts import assemble
from gateway.settings import GatewaySettings
from tests.integration.city import CONTACT, MUNICIPALITY, PHONE
from tests.system.attackers import Cohort
from tests.system.stack import Stack
from tests.unit.gateway.test_policies import PUBLIC_PATHS

SOME_ID = "5d3b6a52-9c1e-4f7a-8b8e-2f6f4e1c9a70"

WITH_A_PLACE_ALONE = {
    ("GET", "/wait"),
    ("HEAD", "/wait"),
    ("POST", "/enter"),
    ("POST", "/stay"),
    # What was typed for longer than a session lasts is kept, sealed, and shows nothing.
    ("POST", "/details"),
    ("POST", "/first-dose"),
    ("POST", "/companion"),
    ("POST", "/companion/details"),
    ("POST", "/choose"),
    ("GET", "/api/v1/me"),
    ("HEAD", "/api/v1/me"),
    ("POST", "/api/v1/enter"),
    ("POST", "/api/v1/sign-out"),
}
"""What a place token alone may call. Whoever adds to this list says why in the review."""


class Booked:
    """Somebody who has booked, and what nobody else may read of it."""

    def __init__(self, cohort: Cohort, person: int) -> None:
        self.request_id = str(uuid4())
        self.device = cohort.signed_in(person)
        booking = self.device.books(self.request_id).raise_for_status().json()
        self.day = booking["doses"][0]["starts_at"][:10]
        self.secrets = (CONTACT["name"], PHONE, CONTACT["email"], booking["booking_number"])

    def assert_nothing_told(self, answer: httpx2.Response) -> None:
        """The answer holds nothing of the booking."""
        assert all(secret not in answer.text for secret in self.secrets), answer.request.url


def inner_calls(stack: Stack, booked: Booked | None = None) -> list[tuple[str, str]]:
    """Return (method, path) of all that the application serves and is not listed as public.

    The paths are those of somebody's booking, so that there is something to find.
    """
    settings = {
        "database_url": stack.file.database_url,
        "redis_url": stack.file.redis_url,
        "secrets_dir": stack.home.secrets_dir,
        "gateway_id": "lists-routes-only",
        "internal_port": 0,
        "port": 0,
        "municipality_code": MUNICIPALITY,
    }
    values = {} if booked is None else {"request_id": booked.request_id, "day": booked.day}
    app = create_app(assemble(GatewaySettings.model_validate(settings)))
    routes: list[Any] = [r for r in app.routes if getattr(r, "path", "") not in PUBLIC_PATHS]
    return [
        (method, re.sub(r"\{(\w+)[^}]*\}", lambda name: values.get(name[1], SOME_ID), route.path))
        for route in routes
        for method in sorted(route.methods)
    ]


def assert_kept_out(answer: httpx2.Response, code: str, way: str) -> None:
    """The answer refuses and holds nothing: a problem for programs, a way elsewhere for people."""
    asked = f"{answer.request.method} {answer.request.url}"
    if is_program({"path": answer.request.url.path}):
        assert answer.status_code in (401, 403), asked
        assert answer.request.method == "HEAD" or answer.json()["code"] == code, asked
    else:
        assert answer.status_code == 303, asked
        assert answer.headers["location"].partition("?")[0] == way, asked
        assert answer.text == "", asked
    assert "set-cookie" not in answer.headers, asked
