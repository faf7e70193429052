"""What the acts for a resident need of a gateway's parts, whoever acts: they, or the staff.

Rule 1: an act of `gateway.residents` and `gateway.standby` asks for no more than this, so that
both gateways run the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from allocator.inbox import Inbox
from allocator.reads import Reads
from gateway.choosing import KeptOffers
from gateway.receipts import ReceiptSigner
from gateway.sessions import Asked
from waiting_room.line import Line


class ActingKeys(Protocol):
    """The secrets that an act needs."""

    @property
    def session(self) -> bytes:
        """Return what seals who somebody is, and what they asked for."""


class ActingParts(Protocol):
    """The parts that an act needs."""

    @property
    def keys(self) -> ActingKeys:
        """Return the secrets."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """Return what gives the time, with its zone."""

    @property
    def line(self) -> Line:
        """Return the line."""

    @property
    def inbox(self) -> Inbox:
        """Return the hatch to the allocator."""

    @property
    def reads(self) -> Reads:
        """Return what the allocator wrote."""

    @property
    def asked(self) -> Asked:
        """Return whose question a request is."""

    @property
    def kept_offers(self) -> KeptOffers:
        """Return what is on offer."""

    @property
    def receipts(self) -> ReceiptSigner:
        """Return what signs receipts."""
