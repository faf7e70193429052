"""A gateway whose Redis and PostgreSQL are away: nothing here may need them."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from starlette.testclient import TestClient

from gateway.app import create_app
from gateway.parts import Parts, assemble
from monitoring import logs
from monitoring.secrets import create_missing
from tests.log_lines import log_to_stderr
from tests.unit.gateway.factories import NOW, make_settings


@pytest.fixture(autouse=True)
def process_logs(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Configure the logs as the entry point does, and put all back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    logs.configure("gateway")
    yield
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level
    log_to_stderr()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def secrets_dir(tmp_path: Path) -> Path:
    directory = tmp_path / "secrets"
    create_missing(directory)
    return directory


@pytest.fixture
def parts(secrets_dir: Path) -> Parts:
    return assemble(make_settings(secrets_dir), clock=lambda: NOW)


@pytest.fixture
def client(parts: Parts) -> TestClient:
    """Call the application without its lifespan, as a program of ours."""
    return TestClient(
        create_app(parts),
        raise_server_exceptions=False,
        headers={"X-Requested-With": "seiriken"},
        follow_redirects=False,
    )
