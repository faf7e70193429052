"""Check what a form of a plan wants, and save it: what all these forms have in common.

Rule 1: a form changes the plan's text and nothing else: it is checked, saved with a reason into the
history and approved as what somebody typed there (`gateway.staff.plan_pages`).
Rule 2: nothing typed is lost, and nobody is overwritten: what was typed comes back with what is
wrong at its field, or with what somebody else has saved in the meantime.

Large plans take a second to read and to write: call these off the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec
from starlette.requests import Request

from allocator.approval import Refusal
from allocator.finding import Finding
from allocator.plan_editing import edited
from allocator.plan_store import Edit, Overtaken, read_edits, save
from allocator.release_file import read_document
from gateway.staff.finding_words import sentence
from gateway.staff.guard import session_of
from gateway.staff.parts import parts_of
from gateway.staff.plan_fields import Document
from gateway.staff.plan_pages import Looked, look
from gateway.staff.words import language_of, said

SLOT_MINUTES = (5, 10, 15, 20, 30, 60)
ACTS = ("check", "save")
_DIGITS_MAX = 15

Placed = Callable[[Finding], Iterable[str]]
"""The fields of a form at which a finding stands."""


class Base(msgspec.Struct, frozen=True):
    """The edit that a form was made from, and what it says."""

    edit: Edit
    document: Document


class Worked(msgspec.Struct, frozen=True):
    """What became of a form: its text, what that comes to, what is wrong at which field."""

    text: str
    looked: Looked
    errors: dict[str, str]
    is_saved: bool = False


class OvertakenBy(Worked, frozen=True, kw_only=True):
    """Somebody else has saved the plan: nothing was done; this is how it stands now."""

    newest: Base


def base_of(request: Request, follows: str | None) -> Base | None:
    """Return the edit that a form follows; without a form the newest."""
    url = parts_of(request).settings.database_url
    for edit in read_edits(url, request.path_params["plan_id"]):
        if follows is None or f"{edit.edit_id}" == follows[:_DIGITS_MAX]:
            document = read_document(edit.text.encode())
            return None if isinstance(document, list) else Base(edit, document)
    return None


def unworked(base: Base) -> Worked:
    """Return a form that nobody has sent yet."""
    return Worked(base.edit.text, Looked("", [], []), {})


def work(
    request: Request, base: Base, wanted: Document, placed: Placed, reason: str | None
) -> Worked:
    """Check what a form wants, and save it if there is a reason and nothing wrong at its fields."""
    language = language_of(request)
    text = edited(base.edit.text, wanted)
    if text is None:
        return Worked("", Looked("", [], []), {"reason": said("plan_form.by_hand", language)})
    looked = look(request, text)
    errors = {
        field: sentence(finding, language)
        for finding in reversed(looked.findings)
        for field in placed(finding)
        if finding.severity == "error"
    }
    if not errors and not looked.plan_id:
        errors = {"reason": said("plans.not_readable", language)}
    if errors or reason is None:
        return Worked(text, looked, errors)
    return _save(request, base, text, looked, reason)


def theirs(
    before: Mapping[str, str], now: Mapping[str, str], typed: Mapping[str, str], language: str
) -> dict[str, str]:
    """Say at each field what somebody else has saved there."""
    return {
        name: said("plan_form.theirs", language, value=now[name] or "-")
        for name in before
        if now[name] not in (before[name], typed.get(name, ""))
    }


def _save(request: Request, base: Base, text: str, looked: Looked, reason: str) -> Worked:
    parts, language = parts_of(request), language_of(request)
    by, follows = session_of(request).login, base.edit.edit_id
    done = save(
        *(parts.settings.database_url, base.edit.plan_id, text, by, reason, follows),
        now=parts.clock(),
    )
    if isinstance(done, Refusal):
        return Worked(text, looked, {"reason": said(f"refusal.{done}", language)})
    if isinstance(done, Overtaken):
        document = read_document(done.newest.text.encode())
        newest = Base(done.newest, base.document if isinstance(document, list) else document)
        login = done.newest.edited_by
        errors = {"reason": said("plan_form.overtaken", language, login=login)}
        return OvertakenBy(text, looked, errors, newest=newest)
    return Worked(text, looked, {}, is_saved=True)
