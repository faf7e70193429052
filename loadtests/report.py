"""The report of a load test: one HTML page that a city official can read.

It begins with the verdict and what it means for people, then shows the course in a few
charts. The page stands alone: nothing is loaded from elsewhere, and it prints well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from loadtests.charts import Line, bar_chart, clock, line_chart
from loadtests.criteria import Verdict, page_keys
from loadtests.endings import Ending
from loadtests.report_words import CHECKS_JA, ENDINGS_JA, OWN_JA, SURGES_JA, WORDS
from loadtests.tally import BIN_S, OWN, Book, percentile_ms

ZONE = ZoneInfo("Asia/Tokyo")
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

_STYLE = """
:root { color-scheme: light; }
body { font-family: system-ui, "Noto Sans JP", sans-serif; line-height: 1.6; color: #1a1a1c;
  max-width: 48rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
.verdict { border-left: .5rem solid; padding: .75rem 1rem; font-weight: 700; }
.passed { border-color: #197a4b; background: #e6f5ec; }
.missed, .void { border-color: #ce0000; background: #fdeeee; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem;
  margin: 1rem 0; padding: 0; list-style: none; }
.facts b { display: block; font-size: 1.8rem; line-height: 1.2; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; font-weight: 700; }
th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid #d8d8db;
  font-weight: 400; vertical-align: top; }
thead th { font-weight: 700; } .number { text-align: right; white-space: nowrap; }
.bar { width: 35%; } .bar span { display: block; height: 1.1rem; background: #0072b2; }
figure { margin: 1.5rem 0; } figcaption { font-weight: 700; } svg { width: 100%; height: auto; }
.grid { stroke: #e4e4e7; } .mark { stroke: #1a1a1c; stroke-dasharray: 4 3; }
.tick { font-size: 12px; fill: #55555a; } .end { text-anchor: end; }
.middle { text-anchor: middle; } polyline { stroke-width: 2; stroke-linejoin: round; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0;
  margin: .25rem 0; } .legend span { display: inline-block; width: 1.2rem; height: .3rem;
  margin-right: .4rem; vertical-align: middle; } .quiet { color: #55555a; }
@media print { figure, table { break-inside: avoid; } }
"""


@dataclass(frozen=True)
class Facts:
    """What is known of a run beside its numbers. Moments in unix seconds."""

    surge: str
    pace: float
    began_at_s: float
    ended_at_s: float
    opened_at_s: float | None
    findings: Sequence[str] | None


def report(book: Book, facts: Facts, verdict: Verdict, language: str) -> str:
    """Return the page, in `ja` or `en`."""
    words = WORDS[language]
    parts = [
        f"<h1>{escape(words['title'])}</h1>",
        _played(facts, language),
        _verdict(verdict, words),
        _headline(book, facts, words),
        bar_chart(_endings(book, language), words["outcome"]),
        _criteria(verdict, facts, language),
        f"<p class='quiet'>{escape(words['time'])}</p>",
        *_charts(book, facts, words),
        _own_times(book, language),
    ]
    return (
        f"<!doctype html>\n<html lang='{language}'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(words['title'])}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def origin_s(facts: Facts) -> int:
    """Return the moment from which times are shown: the opening, if it was during the run."""
    opened = facts.opened_at_s
    return int(facts.began_at_s if opened is None or opened < facts.began_at_s else opened)


def percentiles(book: Book, keys: Sequence[str], share: float) -> dict[int, float]:
    """Return a percentile of durations for each span of time, by its first second."""
    spans = {int(span) for key in keys for span in book.numbers.get("durations", {}).get(key, {})}
    return {
        span: percentile_ms(book.bins("durations", keys, span, span + BIN_S), share)
        for span in sorted(spans)
    }


def last_booking_s(book: Book) -> int | None:
    """Return the second of the last booking."""
    return max(book.seconds("ended", [Ending.BOOKED.value]), default=None)


def _played(facts: Facts, language: str) -> str:
    words = WORDS[language]
    began = datetime.fromtimestamp(facts.began_at_s, ZONE).strftime("%Y-%m-%d %H:%M")
    surge = SURGES_JA.get(facts.surge, facts.surge) if language == "ja" else facts.surge
    said = f"{words['surge']}: {surge}, {began}"
    if facts.pace != 1:
        said += f"; {words['pace'].format(pace=f'{facts.pace:g}')}"
    return f"<p>{escape(said)}</p>"


def _verdict(verdict: Verdict, words: Mapping[str, str]) -> str:
    kind = "void" if verdict.void else "passed" if verdict.passed else "missed"
    return f"<p class='verdict {kind}'>{escape(words[kind].format(why=verdict.void))}</p>"


def _headline(book: Book, facts: Facts, words: Mapping[str, str]) -> str:
    came = sum(book.total("came").values())
    booked = book.total("ended").get(Ending.BOOKED, 0)
    wait_ms = percentile_ms(book.bins("durations", [f"{OWN} wait"]), 0.5)
    last = last_booking_s(book)
    facts_shown = [
        (f"{came:,.0f}", words["came"]),
        (f"{booked:,.0f}", words["booked"]),
        (clock(wait_ms / 1e3), words["wait"]),
    ]
    if last is not None:
        facts_shown.append((clock(last - origin_s(facts)), words["first"]))
    rows = "".join(f"<li><b>{escape(b)}</b>{escape(text)}</li>" for b, text in facts_shown)
    return f"<ul class='facts'>{rows}</ul>"


def _endings(book: Book, language: str) -> dict[str, float]:
    named = ENDINGS_JA if language == "ja" else {}
    return {named.get(name, name): count for name, count in book.total("ended").items()}


def _criteria(verdict: Verdict, facts: Facts, language: str) -> str:
    words = WORDS[language]
    named = CHECKS_JA if language == "ja" else {}
    rows = "".join(
        f"<tr><td>{'✓' if check.is_met else '✗'}</td>"
        f"<th scope='row'>{escape(named.get(check.name, check.name))}</th>"
        f"<td class='number'>{escape(check.found)}</td>"
        f"<td class='number'>{escape(check.limit)}</td></tr>"
        for check in verdict.checks
    )
    head = f"<th>{escape(words['criterion'])}</th>" + "".join(
        f"<th class='number'>{escape(words[name])}</th>" for name in ("found", "limit")
    )
    audit = words["audit" if facts.findings is not None else "no_audit"]
    findings = "".join(f"<li>{escape(finding)}</li>" for finding in facts.findings or ())
    return (
        f"<h2>{escape(words['criteria'])}</h2><table><thead><tr><td></td>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table><p>{escape(audit)}</p>"
        + (f"<ul>{findings}</ul>" if findings else "")
    )


def _charts(book: Book, facts: Facts, words: Mapping[str, str]) -> list[str]:
    origin = origin_s(facts)
    opened = facts.opened_at_s
    marks = {0.0: words["opens"]} if opened is not None and opened >= facts.began_at_s else {}

    def one(values: Mapping[int, float], name: str) -> str:
        moved = {second - origin: value for second, value in values.items()}
        return line_chart([Line(words[name], moved)], words[name], marks)

    latencies = [
        Line(words[name], _moved(percentiles(book, page_keys(book), share), origin))
        for name, share in _SHARES.items()
    ]
    generators = [
        Line(f"{name}", _moved(book.seconds("generator cpu", [name]), origin))
        for name in book.keys("generator cpu")
    ]
    return [
        one(_whole(book.seconds("came")), "arrivals"),
        one(book.seconds("city", ["waiting"]), "waiting"),
        one(book.seconds("city", ["serving"]), "serving"),
        one(_whole(book.seconds("ended", [Ending.BOOKED.value])), "bookings"),
        line_chart(latencies, words["latency"], marks),
        line_chart(generators, words["generator"], marks),
    ]


def _duration(milliseconds: float) -> str:
    if milliseconds < 1_000:
        return f"{milliseconds:,.0f} ms"
    return f"{milliseconds / 1e3:,.1f} s"


def _moved(values: Mapping[int, float], origin: int) -> dict[int, float]:
    return {second - origin: value for second, value in values.items()}


def _whole(values: Mapping[int, float]) -> dict[int, float]:
    """Fill the seconds in which nothing was counted."""
    if not values:
        return {}
    return {second: values.get(second, 0) for second in range(min(values), max(values) + 1)}


def _own_times(book: Book, language: str) -> str:
    words = WORDS[language]
    rows = []
    for key in book.keys("durations"):
        if not key.startswith(OWN):
            continue
        bins = book.bins("durations", [key])
        name = key.removeprefix(f"{OWN} ")
        shown = OWN_JA.get(name, name) if language == "ja" else name
        cells = "".join(
            f"<td class='number'>{_duration(percentile_ms(bins, share))}</td>"
            for share in _SHARES.values()
        )
        rows.append(
            f"<tr><th scope='row'>{escape(shown)}</th>"
            f"<td class='number'>{sum(bins.values()):,.0f}</td>{cells}</tr>"
        )
    head = "".join(
        f"<th class='number'>{escape(words[name])}</th>" for name in ("count", "p50", "p95", "p99")
    )
    return (
        f"<h2>{escape(words['own'])}</h2>"
        f"<table><thead><tr><th>{escape(words['what'])}</th>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
