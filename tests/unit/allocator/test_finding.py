from __future__ import annotations

import re
from pathlib import Path

from allocator.finding import MENDS, error, warning

FOLDER = Path(__file__).parents[3] / "allocator"
MADE = re.compile(r'\b(?:error|warning|UnreadableText)\(\s*(?:\*\()?f?"([a-z_{}0-9]+)"')


def test_finding_says_how_to_mend_it() -> None:
    assert error("slot_twice", "sessions", "two").mend == MENDS["slot_twice"]
    assert (warning("no_day", "", "").severity, error("no_day", "", "").severity) == (
        "warning",
        "error",
    )


def test_each_code_has_its_words_and_no_words_are_left_over() -> None:
    names = (
        *("release", "release_file", "release_store", "plan_texts", "limits", "week_plan"),
        *("schema_faults", "sharing", "product_source", "matching", "held_against"),
    )
    texts = [(FOLDER / f"{name}.py").read_text("utf-8") for name in names]
    codes = {code for text in texts for code in MADE.findall(text)}
    codes |= {"unknown_venue", "unknown_product"} if "unknown_{field}" in codes else set()
    assert codes - {"unknown_{field}"} == MENDS.keys()
