from __future__ import annotations

import pytest

from allocator.jobs_settings import JobsSettings, broker_url
from monitoring.errors import SettingsError
from monitoring.settings import load

NEEDED = {
    "JOBS_DATABASE_URL": "postgresql:///city",
    "JOBS_REDIS_URL": "unix:///run/redis.sock?db=1",
    "JOBS_SECRETS_DIR": "/run/secrets",
    "JOBS_PUBLIC_URL": "https://yoyaku.inzai.example",
    "JOBS_MAIL_DIR": "/run/mail",
}


@pytest.mark.parametrize(
    ("redis_url", "wanted"),
    [
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock"),
        ("unix:///run/redis.sock?db=1", "redis+socket:///run/redis.sock?virtual_host=1"),
        ("unix://:secret@/run/redis.sock", "redis+socket://:secret@/run/redis.sock"),
        ("redis://cache.example:6379/2", "redis://cache.example:6379/2"),
    ],
)
def test_broker_is_spelt_as_celery_wants_it(redis_url: str, wanted: str) -> None:
    assert broker_url(redis_url) == wanted


def test_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    settings = load(JobsSettings)
    assert settings.broker_url == "redis+socket:///run/redis.sock?virtual_host=1"
    assert settings.internal_port is None


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("JOBS_SMTP_URL", "smtp://city:hunter2@mail.example", "holds a password"),
        ("JOBS_SMTP_URL", "mail.example:25", "not smtp://"),
        ("JOBS_MAIL_DIR", "", "set SMTP_URL or MAIL_DIR"),
        ("JOBS_MAIL_FROM", "nobody", "JOBS_MAIL_FROM"),
        ("JOBS_MALE_DIR", "/run/mail", "JOBS_MALE_DIR: no such setting"),
    ],
)
def test_what_cannot_work_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, fault: str
) -> None:
    for known, given in {**NEEDED, name: value}.items():
        if given:
            monkeypatch.setenv(known, given)
    with pytest.raises(SettingsError, match=fault) as raised:
        load(JobsSettings)
    assert "hunter2" not in str(raised.value)
