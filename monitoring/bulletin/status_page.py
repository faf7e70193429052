"""The public status page: static files that any web server can serve when the system is away.

`index.html` (Japanese), `en.html`, `feed.atom` (both), `status.css`, made from the record alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
from jinja2 import DictLoader, Environment, StrictUndefined

from monitoring.bulletin.incidents import LANGUAGES, Incident
from monitoring.bulletin.maintenance import Plan, running
from monitoring.bulletin.notices import Kind
from monitoring.bulletin.record import Record, write_whole
from monitoring.bulletin.words import PAGE, TITLES, moment, span, stage_word

PAGES = {"ja": "index.html", "en": "en.html"}
SHOWN_FOR = timedelta(days=365)
_ATOM = "http://www.w3.org/2005/Atom"
_FILES = files("monitoring.bulletin").joinpath("pages")


class Frame(msgspec.Struct, frozen=True):
    """What stands around the record. `url` is where the pages are served, without a slash."""

    city: Mapping[str, str]
    phone_desk: str
    url: str


def page(record: Record, frame: Frame, now: datetime, language: str) -> str:
    """Return the page in one language."""
    told = [one for one in reversed(record.incidents) if now - one.latest.said_at < SHOWN_FOR]
    other = next(one for one in LANGUAGES if one != language)
    return (
        _environment()
        .get_template("status.html")
        .render(
            language=language,
            other=other,
            other_page=PAGES[other],
            city=frame.city[language],
            phone_desk=frame.phone_desk,
            now=now,
            open_incidents=[one for one in told if not one.is_resolved],
            past=[one for one in told if one.is_resolved],
            running=running(record.plans, now),
            coming=[one for one in record.plans if one.phase(now) == "announced"],
            word=lambda name: PAGE[name][language],
            moment=partial(moment, language=language),
            span=partial(span, language=language),
            stage=partial(stage_word, language=language),
        )
    )


def feed(record: Record, frame: Frame, now: datetime) -> bytes:
    """Return the Atom feed: one entry for each thing that was said or planned, newest first."""
    entries = [
        _said(frame, one, number) for one in record.incidents for number in range(len(one.entries))
    ]
    entries += [_planned(frame, plan) for plan in record.plans]
    entries.sort(key=lambda entry: entry[0], reverse=True)
    root = ET.Element("feed", {"xmlns": _ATOM})
    _add(root, "id", f"{frame.url}/feed.atom")
    _add(root, "title", f"{frame.city['ja']} {PAGE['title']['ja']} / {PAGE['title']['en']}")
    _add(root, "updated", (entries[0][0] if entries else now).isoformat())
    _add(ET.SubElement(root, "author"), "name", frame.city["ja"])
    ET.SubElement(root, "link", {"rel": "self", "href": f"{frame.url}/feed.atom"})
    ET.SubElement(root, "link", {"href": f"{frame.url}/{PAGES['ja']}"})
    root.extend(element for _, element in entries)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def write(record: Record, frame: Frame, now: datetime, folder: Path) -> None:
    """Write all files of the status page, each in one step, readable by a web server."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    made = {PAGES[one]: page(record, frame, now, one).encode() for one in LANGUAGES}
    made |= {"feed.atom": feed(record, frame, now)}
    made |= {"status.css": _FILES.joinpath("status.css").read_bytes()}
    for name, content in made.items():
        write_whole(folder / name, content, mode=0o644)


def _said(frame: Frame, incident: Incident, number: int) -> tuple[datetime, ET.Element]:
    entry = incident.entries[number]
    text = "\n\n".join(entry.words[language] for language in LANGUAGES)
    title = " / ".join(TITLES[entry.stage][language] for language in LANGUAGES)
    where = f"{frame.url}/{PAGES['ja']}#{incident.incident_id}"
    return entry.said_at, _entry(f"{where}/{number}", where, title, text, entry.said_at)


def _planned(frame: Frame, plan: Plan) -> tuple[datetime, ET.Element]:
    kind: Kind = "planned" if plan.cancelled_at is None else "cancelled"
    text = "\n\n".join(span(plan, language) for language in LANGUAGES)
    title = " / ".join(TITLES[kind][language] for language in LANGUAGES)
    where = f"{frame.url}/{PAGES['ja']}#{plan.plan_id}"
    at = plan.cancelled_at or plan.planned_at
    return at, _entry(where, where, title, text, at)


def _entry(name: str, where: str, title: str, text: str, at: datetime) -> ET.Element:
    element = ET.Element("entry")
    _add(element, "id", name)
    _add(element, "title", title)
    _add(element, "updated", at.isoformat())
    ET.SubElement(element, "link", {"href": where})
    _add(element, "content", text)
    return element


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


@cache
def _environment() -> Environment:
    template = _FILES.joinpath("status.html").read_text(encoding="utf-8")
    return Environment(
        loader=DictLoader({"status.html": template}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
