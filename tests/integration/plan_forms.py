"""A plan to change in forms, and what a browser would send of one of them."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from allocator.plan_store import Edit, read_edits
from allocator.release_file import read_document
from tests.integration.staff import Colleague, StaffDesk

EXAMPLE = (Path(__file__).parents[2] / "examples/inzai/plan.yaml").read_text("utf-8")
TICK = re.compile(r'<input type="checkbox"[^>]* name="([a-z0-9_]+)" value="([^"]*)" checked')
INPUT = re.compile(r'<input(?! type="checkbox")[^>]* name="([a-z0-9_]+)"[^>]* value="([^"]*)"')
CHOSEN = re.compile(r'<option value="([^"]*)" selected')
FIRST = re.compile(r'<option value="([^"]*)"')
SELECT = re.compile(r'<select id="([a-z0-9_]+)".*?</select>', re.DOTALL)
TEXT = re.compile(r'<textarea[^>]* name="([a-z0-9_]+)"[^>]*>\n?(.*?)</textarea>', re.DOTALL)


def begun(who: Colleague, name: str) -> str:
    """Save the example as a plan that has that name; return its id."""
    plan_id = "plan-" + re.sub(r"[^a-z0-9]", "", name)[-50:]
    who.get("/plans")
    text = EXAMPLE.replace("id: inzai-2030-09-04-plan", f"id: {plan_id}", 1)
    assert who.post("/plans", act="save", content=text, reason="begun").status_code == 303
    return plan_id


def fields(who: Colleague) -> dict[str, str]:
    """Return what a browser would send of the form that was seen last."""
    found = dict(INPUT.findall(who.seen)) | dict(TICK.findall(who.seen))
    found |= dict(TEXT.findall(who.seen))
    for select in SELECT.finditer(who.seen):
        chosen = CHOSEN.search(select[0]) or FIRST.search(select[0])
        found[select[1]] = chosen[1] if chosen else ""
    del found["form_token"]
    return {name: html.unescape(value) for name, value in found.items()}


def newest(desk: StaffDesk, plan_id: str) -> tuple[Edit, Any]:
    """Return the newest edit of a plan, and what it says."""
    edit = read_edits(desk.database_url, plan_id)[0]
    return edit, read_document(edit.text.encode())
