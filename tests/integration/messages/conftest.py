"""A worker's desk with the database of each test and a mail server; bookings are put there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from allocator.jobs_settings import JobsSettings
from allocator.migrate import create_login_roles, role_url
from allocator.notices import NoticeDesk, desk_of
from monitoring.secrets import create_missing, read_secret
from tests.integration.mail_server import MailServer
from tests.integration.stored import Stored


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A server that takes every mail."""
    server = MailServer()
    yield server
    server.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, mail_server: MailServer) -> JobsSettings:
    """What a worker is told, with the database role that it has."""
    create_login_roles(database_url, {"jobs": "jobs-password"})
    create_missing(tmp_path / "secrets")
    return JobsSettings(
        database_url=role_url(database_url, "jobs", "jobs-password"),
        redis_url="redis://localhost",
        secrets_dir=tmp_path / "secrets",
        public_url="https://yoyaku.inzai.example",
        smtp_url=mail_server.url,
    )


@pytest.fixture
def stored(database_url: str, settings: JobsSettings) -> Iterator[Stored]:
    """What is stored, whose contact details the worker can open."""
    made = Stored(database_url, read_secret(settings.secrets_dir, "contact.key"))
    yield made
    made.close()


@pytest.fixture
def desk(settings: JobsSettings) -> Iterator[NoticeDesk]:
    """The worker's desk."""
    made = desk_of(settings)
    yield made
    made.close()
