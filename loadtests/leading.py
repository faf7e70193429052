"""The process that leads a run: it joins what all have counted, audits, judges, and reports.

It is the only process, or Locust's master. A run's results stand in a folder of their own
(`--out`): `result.json` (all that was counted), `report.html`, `report.ja.html`.

Exit codes: 0 passed, 1 a criterion was missed, 3 void since the generator was the limit.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from locust.env import Environment

from loadtests.city import City, CityFailed
from loadtests.criteria import MISSED, Limits, Verdict, judge
from loadtests.endings import Ending
from loadtests.report import Facts, report
from loadtests.run import Run
from loadtests.tally import Book

RESULT_FILE = "result.json"


class Leader:
    """Leads one run after another in a process."""

    def __init__(self, environment: Environment, run: Run, city: City | None) -> None:
        self._environment = environment
        self._run = run
        self._city = city
        self._book = Book()
        self._began_at_s = time.time()
        self.verdict: Verdict | None = None

    @property
    def options(self) -> Any:
        """Return the options of the run under way; the web page can change them."""
        return self._environment.parsed_options

    @property
    def folder(self) -> Path:
        """Return where the results go."""
        return Path(self.options.out)

    def begin(self) -> None:
        """Begin a run with an empty book."""
        self._run.take()
        self._book, self.verdict = Book(), None
        self._environment.process_exit_code = MISSED  # Until the verdict says otherwise.
        self._began_at_s = time.time()

    def join(self, numbers: dict[str, Any]) -> None:
        """Add what a process has counted since its last word."""
        self._book.join(numbers)

    def ended(self) -> int:
        """Return how many residents have come to an end."""
        self.join(self._run.take())
        return int(sum(self._book.total("ended").values()))

    def opens_in_s(self) -> float:
        """Return the time until the release opens, by the city's clock; 0 when it is open."""
        from datetime import datetime

        url = f"{self._environment.host}/queue/status.json"
        with urlopen(url, timeout=10) as answer:  # noqa: S310 (an http address that was given)
            document = json.load(answer)
        opens, now = (datetime.fromisoformat(document[name]) for name in ("opens_at", "now"))
        return max(0.0, (opens - now).total_seconds())

    def finish(self) -> None:
        """Audit, judge, write the results, and say how it went."""
        self.ended()
        self._count_those_left()
        findings = self._audit()
        slowest = self.options.page_p99_max  # The web page gives text, and none as "".
        limits = Limits(float(self.options.errors_max), float(slowest) if slowest else None)
        self.verdict = judge(self._book, limits, findings)
        facts = Facts(
            surge=self.options.surge,
            pace=float(self.options.pace),
            began_at_s=self._began_at_s,
            ended_at_s=time.time(),
            opened_at_s=self._run.opened_at_s,
            findings=findings,
        )
        self._write(facts, self.verdict)
        self._say(self.verdict)
        self._environment.process_exit_code = self.verdict.exit_code

    def _count_those_left(self) -> None:
        came = sum(self._book.total("came").values())
        left = came - sum(self._book.total("ended").values())
        if left > 0:
            self._book.count_at("ended", time.time(), Ending.STILL_WAITING, left)

    def _audit(self) -> list[str] | None:
        """Have `seiriken verify` look, with the numbers that residents were told."""
        if self._city is None:
            return None
        numbers = sorted(self._book.total("numbers"))
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as told:
            told.write("".join(f"{number}\n" for number in numbers))
            told.flush()
            try:
                return self._city.findings("--told", told.name)
            except CityFailed as failed:
                return [f"the audit could not be made: {failed}"]

    def _write(self, facts: Facts, verdict: Verdict) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        numbers = {name: rows for name, rows in self._book.numbers.items() if name != "numbers"}
        result = {
            "surge": facts.surge,
            "pace": facts.pace,
            "began_at_s": facts.began_at_s,
            "ended_at_s": facts.ended_at_s,
            "opened_at_s": facts.opened_at_s,
            "passed": verdict.passed,
            "void": verdict.void,
            "checks": [vars(check) for check in verdict.checks],
            "findings": facts.findings,
            "numbers": numbers,
        }
        (self.folder / RESULT_FILE).write_text(json.dumps(result, ensure_ascii=False))
        for language, name in (("en", "report.html"), ("ja", "report.ja.html")):
            (self.folder / name).write_text(report(self._book, facts, verdict, language))

    def _say(self, verdict: Verdict) -> None:
        marks = {True: "ok  ", False: "FAIL"}
        lines = [
            f"{marks[check.is_met]} {check.name}: {check.found} (limit {check.limit})"
            for check in verdict.checks
        ]
        for what, count in self._book.total("wrong").items():
            lines.append(f"went wrong, {count:,.0f} times: {what}")
        if verdict.void:
            lines.append(f"VOID: the generator itself was the limit: {verdict.void}")
        lines.append(f"report: {self.folder / 'report.html'}")
        sys.stderr.write("".join(f"{line}\n" for line in lines))
