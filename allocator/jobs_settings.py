"""Settings of the Celery worker and of beat (`JOBS_…`)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from monitoring.settings import ProcessSettings

BACKUPS_QUEUE = "backups"
KEEP_BACKUPS = "keep_backups"
"""Queue and task of the keeper, who makes backups: a worker of its own, in a package above ours."""

SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
"""Ways to reach a mail server, and the port that each usually has."""

SMS_FIELDS = {"to": "{to}", "text": "{text}", "reference": "{reference}"}
SMS_HEADERS = {"Authorization": "Bearer {token}"}

INZAI = {
    "ja-simple": "{印西市|いんざいし}",
    "zh-Hans": "印西市",
    "ko": "인자이시",
    "vi": "Thành phố Inzai",
    "pt": "Cidade de Inzai",
}
"""The default city's name in languages other than Japanese and English."""


class JobsSettings(ProcessSettings):
    """What `celery -A allocator.jobs` needs to know.

    Mails go to `smtp_url` (`smtps://user@host:465`, `smtp+starttls://`, or plain `smtp://`);
    without it they are written to `mail_dir`. The password of its user is the file
    `smtp.password` in `secrets_dir`. Without `internal_port` none is served.
    """

    model_config = SettingsConfigDict(env_prefix="JOBS_")

    database_url: str
    redis_url: str
    secrets_dir: Path
    internal_port: int | None = Field(default=None, ge=0, le=65_535)
    internal_host: str = "127.0.0.1"
    public_url: str
    smtp_url: str = ""
    mail_dir: Path | None = None
    mail_from: str = Field(default="yoyaku@inzai.example", pattern=r"^[^@\s<>]+@[A-Za-z0-9.-]+$")
    city_name_ja: str = "印西市"
    city_name_en: str = "Inzai City"
    city_names: dict[str, str] = Field(default=INZAI)
    """The city's name in further languages, by their codes; plain Japanese with its reading."""
    phone_desk: str = "0476-00-0000"
    mail_per_s: float | None = Field(default=None, gt=0, le=10_000)
    """So many mails the mail server takes a second; left out: as fast as it goes."""
    sms_url: str = ""
    """Where a provider takes short messages (`https://…`); left out: the city sends none."""
    sms_fields: dict[str, str] = Field(default=SMS_FIELDS)
    """What is posted: `{to}` (+81…), `{to_national}` (0…), `{text}`, `{reference}` are put in."""
    sms_headers: dict[str, str] = Field(default=SMS_HEADERS)
    """Headers, with `{token}`, which is the file `sms.token` in `secrets_dir`."""
    sms_encoding: Literal["json", "form"] = "json"
    sms_taken: str = ""
    """What stands in an answer 2xx that says yes (a regular expression); empty: each says yes."""
    sms_refused: str = ""
    """What stands in an answer 2xx that refuses this message or number for good; empty: none."""
    sms_per_s: float = Field(default=10.0, gt=0, le=10_000)
    """So many the provider takes a second."""
    relay_every_s: float = Field(default=1.0, ge=0.1, le=10.0)
    remind_every_s: float = Field(default=300.0, ge=0.1, le=3_600.0)
    """How often beat orders the reminders that are due to be made."""
    backups_every_s: float | None = Field(default=None, ge=0.1, le=3_600.0)
    """How often beat orders what is due of backups; left out where no keeper listens."""
    niceness: int = Field(default=10, ge=0, le=19)
    """Of the worker: on a machine that is full, mails wait for bookings and not the reverse."""
    relay_batch_max: int = Field(default=200, ge=1, le=1_000)

    @model_validator(mode="before")
    @classmethod
    def _forget_inzai(cls, given: dict[str, object]) -> dict[str, object]:
        """Another city has no names in further languages until they are given, too."""
        return given if "city_name_ja" not in given else {"city_names": {}} | given

    @field_validator("smtp_url")
    @classmethod
    def _check_smtp_url(cls, url: str) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        if parts.scheme not in SMTP_PORTS or not parts.hostname:
            raise ValueError("not smtp://, smtp+starttls:// or smtps:// and a host")
        if parts.password is not None:
            raise ValueError("holds a password; it belongs into the file smtp.password")
        return url

    @field_validator("sms_url")
    @classmethod
    def _check_sms_url(cls, url: str) -> str:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme, parts.hostname) == ("http", "127.0.0.1")
        if url and not (is_safe and parts.hostname):
            raise ValueError("not https:// and a host")
        if parts.username is not None:
            raise ValueError("holds a user; what proves who we are belongs into the file sms.token")
        return url

    @field_validator("sms_fields")
    @classmethod
    def _check_sms_fields(cls, fields: dict[str, str]) -> dict[str, str]:
        patterns = " ".join(fields.values())
        if "{text}" not in patterns or not ("{to}" in patterns or "{to_national}" in patterns):
            raise ValueError("no field holds {text}, or none {to} or {to_national}")
        return fields

    @field_validator("sms_taken", "sms_refused")
    @classmethod
    def _check_sms_answer(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error:
            raise ValueError("not a regular expression") from None
        return pattern

    @model_validator(mode="after")
    def _check_post(self) -> JobsSettings:
        if not self.smtp_url and self.mail_dir is None:
            raise ValueError("set SMTP_URL or MAIL_DIR")
        return self

    @property
    def broker_url(self) -> str:
        """Return the URL of Redis as Celery spells it."""
        return broker_url(self.redis_url)


def broker_url(redis_url: str) -> str:
    """Return the URL by which Celery reaches a Redis: `unix://` is `redis+socket://` to it."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    query = [("virtual_host" if k == "db" else k, v) for k, v in parse_qsl(parts.query)]
    return f"redis+socket://{parts.netloc}{parts.path}" + (f"?{urlencode(query)}" if query else "")
