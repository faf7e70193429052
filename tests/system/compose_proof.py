"""Show that compose.yaml keeps its promises, by running it: `make compose-proof`.

    COMPOSE='docker compose' ENGINE=docker python -m tests.system.compose_proof --people 2000

It needs a container engine on this machine, the images, and the right to kill a container's process
(root, or a rootless engine). It makes a city of its own project and removes it in the end, data
included, unless told to keep it. Each step says what it saw; the first that fails ends it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

from tests.waiting import until

NAME = "seiriken.localhost"
PORT = 8443
PORT_HERE = int(os.environ.get("EDGE_HTTPS_PORT", PORT))
SECRETS_DIR = Path("var/container/secrets")
GATEWAYS = ("gateway-0", "gateway-1")
ONCE = ("migrate", "demo")
PATIENCE_S = 300
CALLERS = 4

NO_LIMITS = {
    "EDGE_REQUESTS_PER_S_PER_NETWORK": "5000",
    "EDGE_BURST_PER_NETWORK": "5000",
    "EDGE_CONNECTIONS_PER_NETWORK": "20000",
}
"""All residents of the proof come from one address."""


class NotProved(Exception):
    """A step did not show what it should."""


@dataclass(frozen=True)
class Project:
    """A compose project; `left_out` are services whose images are not here."""

    compose: Sequence[str]
    engine: str
    left_out: frozenset[str]

    def call(self, *arguments: str, check: bool = True) -> str:
        """Run a compose command, and return what it printed."""
        return _output([*self.compose, *arguments], check=check)

    def services(self) -> list[str]:
        """Return the services to start."""
        text = self.call("--profile", "demo", "config", "--services")
        return [name for name in text.split() if name not in self.left_out]

    def up(self) -> None:
        """Start all services that are not left out, with the made-up city."""
        asked = [name for name in self.services() if name not in {"tools", "load"}]
        self.call("--profile", "demo", "up", "-d", *asked)

    def command(self, *arguments: str, check: bool = True) -> str:
        """Run a command of ours in a container of its own."""
        return self.call(
            "--profile", "tools", "run", "--rm", "-T", "tools", *arguments, check=check
        )

    def container(self, service: str) -> str:
        """Return the id of a service's container."""
        label = f"label=com.docker.compose.service={service}"
        found = _output([self.engine, "ps", "-aq", "--filter", label, "--no-trunc"]).split()
        if len(found) != 1:
            raise NotProved(f"{service}: {len(found)} containers")
        return found[0]

    def pid(self, service: str) -> int:
        """Return the process of a service's container, 0 while there is none."""
        shown = _output([self.engine, "inspect", "-f", "{{.State.Pid}}", self.container(service)])
        return int(shown)


@dataclass
class Callers:
    """Residents who call all the while; what they are answered, by status or by fault."""

    tickets: Iterator[tuple[str, str]]
    answers: Counter[str] = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Call until told to end: two pages, the notice, and a sign-in, over one connection."""
        connection = _connection()
        while not self.ended.is_set():
            for method, path, body in (
                ("GET", "/", b""),
                ("GET", "/queue/status.json", b""),
                ("GET", "/sign-in", b""),
                ("POST", "/api/v1/sign-in", self._who()),
            ):
                self._note(self._ask(connection, method, path, body))

    def failed(self) -> dict[str, int]:
        """Return what was not answered as it should."""
        return {said: times for said, times in self.answers.items() if said != "200"}

    def _who(self) -> bytes:
        with self._lock:
            ticket_number, birth_date = next(self.tickets)
        return json.dumps({"ticket_number": ticket_number, "birth_date": birth_date}).encode()

    def _ask(self, connection: HTTPSConnection, method: str, path: str, body: bytes) -> str:
        headers = {"Host": NAME, "X-Requested-With": "seiriken"}
        if body:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException) as fault:
            connection.close()
            return f"{method} {type(fault).__name__}"
        return "200" if answer.status == 200 else f"{method} {path} {answer.status}"

    def _note(self, said: str) -> None:
        with self._lock:
            self.answers[said] += 1


def main() -> int:
    """Take the steps; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--arrive-within", type=float, default=10.0, help="Seconds")
    parser.add_argument("--came", type=int, default=0, help="Residents who came already")
    parser.add_argument("--left-out", default="", help="Services without an image here: a,b")
    parser.add_argument("--keep", action="store_true", help="Leave the city running")
    options = parser.parse_args()
    os.environ.update(NO_LIMITS)
    project = Project(
        shlex.split(os.environ.get("COMPOSE", "docker compose")),
        os.environ.get("ENGINE", "docker"),
        frozenset(filter(None, options.left_out.split(","))),
    )
    steps: list[tuple[str, Callable[[], str]]] = [
        ("a resident's way through the edge", lambda: resident(project)),
        (f"{options.people} residents", lambda: rehearsal(project, options)),
        ("up again changes nothing", lambda: up_again(project)),
        ("gateways restarted in turn under load", lambda: restarted_in_turn(project)),
        ("each process killed", lambda: killed(project)),
        ("down and up keep the data", lambda: down_and_up(project)),
    ]
    try:
        project.up()
        for title, step in steps:
            began_s = time.monotonic()
            said = step()
            sys.stdout.write(f"ok  {title}: {said} ({time.monotonic() - began_s:.0f} s)\n")
            sys.stdout.flush()
    except NotProved as failure:
        sys.stderr.write(f"not proved: {failure}\n")
        return 1
    finally:
        if not options.keep:
            project.call("--profile", "demo", "down", "-v", check=False)
    return 0


def resident(project: Project) -> str:
    """Go a resident's whole way, as soon as the city is ready for one."""
    last: list[str] = [""]

    def went() -> bool:
        last[0] = project.command(*_probe(), check=False)
        return last[0].rstrip().endswith("ok")

    _wait(went, "the probe does not come through")
    return "signed in, booked, cancelled"


def rehearsal(project: Project, options: argparse.Namespace) -> str:
    """Let a crowd come, and audit the tables."""
    residents = "/var/lib/seiriken/demo/sample-residents.csv"
    text = project.command(
        *("seiriken", "rehearse", "--json", "--people", str(options.people)),
        *("--arrive-within", str(options.arrive_within), "--skip", str(options.came)),
        *("--url", f"https://{NAME}:{PORT}", "--residents", residents),
    )
    report = json.loads(text[text.index("{") :])
    if not report["ok"] or report["audit"] is None:
        raise NotProved(f"the rehearsal: {text}")
    return f"{report['booked']} booked, the tables are in order"


def up_again(project: Project) -> str:
    """Start what runs already: no container may be another one afterwards."""
    lasting = [name for name in project.services() if name not in {*ONCE, "tools", "load"}]
    before = {name: (project.container(name), project.pid(name)) for name in lasting}
    project.up()
    after = {name: (project.container(name), project.pid(name)) for name in lasting}
    if changed := sorted(name for name in lasting if before[name] != after[name]):
        raise NotProved(f"started again: {', '.join(changed)}")
    return f"{len(lasting)} services as before"


def restarted_in_turn(project: Project) -> str:
    """Restart one gateway after the other while residents call."""
    callers = Callers(_tickets(project))
    threads = [threading.Thread(target=callers.run) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        for name in GATEWAYS:
            enough = callers.answers.total() + 500
            until(lambda enough=enough: callers.answers.total() > enough, 60)  # type: ignore[misc]
            project.call("restart", name)
            _wait(lambda name=name: _is_ready(project, name), f"{name} is not ready")  # type: ignore[misc]
        enough = callers.answers.total() + 500
        until(lambda: callers.answers.total() > enough, 60)
    finally:
        callers.ended.set()
        for thread in threads:
            thread.join()
    if failed := callers.failed():
        raise NotProved(f"of {callers.answers.total()} requests: {failed}")
    return f"{callers.answers.total()} requests, none failed"


def killed(project: Project) -> str:
    """Kill one process after the other; each comes back, and residents come through."""
    lasting = [name for name in project.services() if name not in {*ONCE, "tools", "load"}]
    for name in lasting:
        before = project.pid(name)
        os.kill(before, signal.SIGKILL)
        _wait(
            lambda name=name, before=before: project.pid(name) not in (0, before),  # type: ignore[misc]
            f"{name} did not come back",
        )
    resident(project)
    return f"{len(lasting)} came back"


def down_and_up(project: Project) -> str:
    """Stop everything, start it again: what was decided is still decided."""
    before = _decisions(project)
    project.call("--profile", "demo", "down")
    project.up()
    resident(project)
    after = _decisions(project)
    if after < before:
        raise NotProved(f"{before} decisions before, {after} after")
    return f"{before} decisions kept, the tables agree with the journal"


def _decisions(project: Project) -> int:
    text = project.command("seiriken", "verify", "--json")
    shown = json.loads(text[text.index("{") :])
    if not shown["in_order"]:
        raise NotProved(f"seiriken verify: {shown['findings']}")
    return int(shown["decisions"])


def _probe() -> tuple[str, ...]:
    resident_file, authority = "/run/secrets/probe-resident.json", "/run/secrets/edge-ca.pem"
    where = ("--url", f"https://{NAME}:{PORT}")
    return ("seiriken", "probe", "run", *where, "--resident", resident_file, "--ca", authority)


def _is_ready(project: Project, service: str) -> bool:
    ask = ("python", "-I", "/opt/healthy.py", "/readyz")
    done = subprocess.run(
        [project.engine, "exec", project.container(service), *ask], check=False, capture_output=True
    )
    return done.returncode == 0


def _tickets(project: Project) -> Iterator[tuple[str, str]]:
    """Yield residents of the made-up city, its last ones first: the rehearsal has the others."""
    text = project.command("cat", "/var/lib/seiriken/demo/sample-residents.csv")
    rows = [line.strip().split(",") for line in text.splitlines() if line[:1].isdigit()]
    return iter([(row[1], row[2]) for row in reversed(rows)])


class _ToThisMachine(HTTPSConnection):
    """A connection to the published port, under the edge's name."""

    def connect(self) -> None:
        HTTPConnection.connect(self)
        context = ssl.create_default_context(cafile=str(SECRETS_DIR / "edge-ca.pem"))
        self.sock = context.wrap_socket(self.sock, server_hostname=NAME)


def _connection() -> HTTPSConnection:
    return _ToThisMachine("127.0.0.1", PORT_HERE, timeout=30)


def _wait(condition: Callable[[], bool], otherwise: str) -> None:
    try:
        until(condition, PATIENCE_S)
    except TimeoutError:
        raise NotProved(otherwise) from None


def _output(command: Sequence[str], *, check: bool = True) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise NotProved(f"{shlex.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
