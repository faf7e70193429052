"""Where the log lines of a test's own process go."""

from __future__ import annotations

import sys

import structlog


def log_to_stderr() -> None:
    """Log as if nothing was configured, but never between the lines of a command's answer."""
    structlog.reset_defaults()
    structlog.configure(logger_factory=lambda *_: structlog.WriteLogger(sys.stderr))
