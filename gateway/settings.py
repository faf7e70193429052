"""What a gateway process is told when it starts (`GATEWAY_…`)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from monitoring.settings import ProcessSettings
from waiting_room.attempts import Limits
from waiting_room.vwr import EVENT_ID

ADDRESS_IN_MAP_URL = "{address}"

INZAI = {
    "ja-simple": "{印西市|いんざいし}",
    "zh-Hans": "印西市",
    "ko": "인자이시",
    "vi": "Thành phố Inzai",
    "pt": "Cidade de Inzai",
}
"""The default city's name in languages other than Japanese and English."""


class GatewaySettings(ProcessSettings):
    """Frozen, read once. The public socket is inherited (`public_socket_fd`) or made (`port`)."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    database_url: str
    redis_url: str
    secrets_dir: Path
    gateway_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")
    internal_port: int = Field(ge=0, le=65535)
    internal_host: str = "127.0.0.1"
    public_socket_fd: int | None = Field(default=None, ge=0)
    port: int | None = Field(default=None, ge=0, le=65535)
    host: str = "127.0.0.1"

    municipality_code: str = Field(pattern=r"^[0-9]{6}$")
    city_name_ja: str = "印西市"
    city_name_en: str = "Inzai City"
    city_names: dict[str, str] = Field(default=INZAI)
    """The city's name in further languages, by their codes; plain Japanese with its reading."""
    phone_desk: str = "0476-00-0000"

    short_messages: bool = False
    """Whether the city sends short messages (JOBS_SMS_URL): then no e-mail address is needed."""

    map_url: str = Field(
        default="https://www.openstreetmap.org/search?query={address}",
        pattern=r"^$|^https://[^\s{}]+\{address\}[^\s{}]*$",
    )
    """Where a venue's address is looked up on a map, as a link; empty: there is none."""

    cookie_secure: bool = False
    """True behind TLS: cookies get the `__Host-` prefix, and answers HSTS."""
    client_address_header: str = ""
    """The header in which the edge proxy names the client; empty without such a proxy."""

    session_idle_s: int = Field(default=900, gt=0)
    session_absolute_s: int = Field(default=3_600, gt=0)
    reply_wait_s: float = Field(default=4.0, gt=0)
    inbox_length_max: int = Field(default=20_000, gt=0)
    ticket_failures_max: int = Field(default=10, gt=0)
    """Failures of a ticket in an hour, by strangers; `..._day_max`: in a day."""
    ticket_failures_day_max: int = Field(default=20, gt=0)
    network_failures_max: int = Field(default=600, gt=0)
    network_clean_max: int = Field(default=10, ge=0)
    """A network with fewer failures in an hour may try a locked ticket, with a proof of work."""

    proof_of_work: bool = True
    """Ask for proofs when risk rises; false: only lock. See `waiting_room.attempts`."""
    proof_tries_max: int = Field(default=200_000, ge=1_000, le=5_000_000)
    """Hashes that a proof takes at most, half of them on average: seconds on an old phone."""
    proof_ticket_from: int = Field(default=10, ge=1, le=1_000)
    proof_network_from: int = Field(default=60, ge=1, le=100_000)
    proof_city_from: int = Field(default=600, ge=1, le=1_000_000)
    """Failures from which on proofs are asked for: of a ticket, of a network, of all in 10 min.

    The last one is a failure a second: a hundred thousand people who sign in within ten minutes
    of an opening and of whom one in a hundred mistypes stay below it."""
    slow_sign_ins_max: int = Field(default=30, ge=0, le=10_000)
    """Tries in a minute, in the whole city, without the proof that was asked for."""

    redis_connections_max: int = Field(default=64, gt=2)
    redis_timeout_s: float = Field(default=3.0, gt=1)
    """Longer than the block of a read of the reply stream (one second)."""
    database_connections_max: int = Field(default=4, gt=0)
    database_timeout_s: float = Field(default=2.0, gt=0)
    graceful_shutdown_s: int = Field(default=8, gt=0)
    leave_s: float = Field(default=1.0, ge=0)
    """How long connections that are idle may still bring a request to a gateway that stops."""

    vwr_event_id: str = Field(default="", pattern=f"^$|{EVENT_ID}")
    """The event of the AWS-compatible API under /vwr/; empty: there is none."""
    vwr_issuer: str = Field(default="", max_length=200, pattern=r"^$|^https?://[!-~]+$")
    """The `iss` of its tokens: a URL of this service."""
    vwr_token_validity_s: int = Field(default=3_600, ge=60, le=86_400)
    vwr_waiting_max: int = Field(default=100_000, ge=1, le=10_000_000)
    vwr_allow_origin: str = Field(
        default="", pattern=r"^$|^\*$|^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$"
    )
    """The origin whose pages may call it (`*`: any); empty: pages of our own alone."""

    @model_validator(mode="before")
    @classmethod
    def _forget_inzai(cls, given: dict[str, object]) -> dict[str, object]:
        """Another city has no names in further languages until they are given, too."""
        return given if "city_name_ja" not in given else {"city_names": {}} | given

    @model_validator(mode="after")
    def _check(self) -> GatewaySettings:
        if (self.public_socket_fd is None) == (self.port is None):
            raise ValueError("set either PUBLIC_SOCKET_FD or PORT")
        if self.ticket_failures_max > self.ticket_failures_day_max:
            raise ValueError("TICKET_FAILURES_MAX is greater than TICKET_FAILURES_DAY_MAX")
        if self.session_idle_s > self.session_absolute_s:
            raise ValueError("SESSION_IDLE_S is greater than SESSION_ABSOLUTE_S")
        if self.vwr_event_id and not self.vwr_issuer:
            raise ValueError("VWR_EVENT_ID needs VWR_ISSUER")
        return self

    def sign_in_limits(self) -> Limits:
        """Return when a sign-in is locked, and when a proof is asked for."""
        return Limits(
            ticket_hour_max=self.ticket_failures_max,
            ticket_day_max=self.ticket_failures_day_max,
            network_hour_max=self.network_failures_max,
            network_clean_max=self.network_clean_max,
            proofs=self.proof_of_work,
            proof_ticket_from=self.proof_ticket_from,
            proof_network_from=self.proof_network_from,
            proof_city_from=self.proof_city_from,
            slow_city_max=self.slow_sign_ins_max,
        )

    def city_name(self, language: str) -> str:
        """Return the city's name in a reader's language."""
        known = {"ja": self.city_name_ja, "en": self.city_name_en, **self.city_names}
        return known.get(language) or known["ja" if language.startswith("ja") else "en"]
