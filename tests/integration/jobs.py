"""Celery as it is started, for tests: a worker and a beat in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from allocator.migrate import create_login_roles, role_url
from monitoring.secrets import create_missing, read_secret
from seiriken.processes import free_ports
from tests.integration.stored import Stored
from tests.waiting import until

CELERY = [sys.executable, "-m", "celery", "--quiet", "-A", "allocator.jobs"]


class Jobs:
    """A worker and a beat on one database and one Redis."""

    def __init__(self, database_url: str, redis_url: str, folder: Path, **variables: str) -> None:
        """`variables` are further settings of both."""
        create_login_roles(database_url, {"jobs": "jobs-password"})
        (self.port,) = free_ports(1)
        self.folder = folder
        self.mail_dir = folder / "mail"
        self.log = folder / "jobs.log"
        create_missing(folder / "secrets")
        self.environment = {
            "PATH": os.environ["PATH"],
            "JOBS_DATABASE_URL": role_url(database_url, "jobs", "jobs-password"),
            "JOBS_REDIS_URL": redis_url,
            "JOBS_SECRETS_DIR": str(folder / "secrets"),
            "JOBS_PUBLIC_URL": "https://yoyaku.inzai.example",
            "JOBS_MAIL_DIR": str(self.mail_dir),
            "JOBS_RELAY_EVERY_S": "0.2",
            "JOBS_REMIND_EVERY_S": "0.5",
            # A worker that gives way to all others hardly runs where a whole suite does.
            "JOBS_NICENESS": "0",
            **variables,
        }
        self.stored = Stored(database_url, read_secret(folder / "secrets", "contact.key"))

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run both; give the worker."""
        with ExitStack() as stack:
            stack.enter_context(
                self._process("beat", f"--schedule={self.folder / 'beat-schedule'}")
            )
            worker = stack.enter_context(self._process("worker", JOBS_INTERNAL_PORT=str(self.port)))
            until(lambda: self.ask("readyz")[0] == 200, within_s=240)
            yield worker

    def ask(self, path: str) -> tuple[int, str]:
        """Ask the worker's internal port; status 0 while it does not answer."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except (URLError, OSError):
            return 0, ""

    def mails(self) -> list[str]:
        """Return the names of the mails that were written."""
        return sorted(path.name for path in self.mail_dir.glob("*.eml"))

    def undone(self) -> int:
        """Return how many messages are not done."""
        return int(self.stored.one("SELECT count(*) FROM outbox WHERE done_at IS NULL")[0])

    @contextmanager
    def _process(self, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*CELERY, *arguments, "--loglevel=WARNING"],
                env={**self.environment, **variables},
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(300)
