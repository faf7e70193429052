"""What is seen of a field, a button or the focus stands out from what is behind it (WCAG 1.4.11).

Text is axe's business; the contrast of lines is looked up here, from the colours that the style
sheet names. Formula: WCAG 2.2, "relative luminance" and "contrast ratio".
"""

from __future__ import annotations

import re

import pytest

from gateway.rendering import STATIC_DIRECTORY

STYLE = (STATIC_DIRECTORY / "seiriken.css").read_text(encoding="utf-8")
COLOURS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", STYLE)) | {"black": "#000"}

LINES = {
    ".field input,": "ink-soft",
    ".field-wrong input,": "red",
    ".button {": "blue",
    ".button-danger {": "red",
    ".choice {": "blue",
    ".notice-error {": "red",
}
"""By the rule that draws it, the colour of the line around something to press, or to see."""


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(COLOURS[one]), luminance(COLOURS[other])), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_formula_is_that_of_wcag() -> None:
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("white", "white") == 1


@pytest.mark.parametrize(("rule", "colour"), LINES.items())
def test_line_stands_out(rule: str, colour: str) -> None:
    drawn = STYLE[STYLE.index(f"\n{rule}") :].partition("}")[0]
    assert re.search(rf"border(?:-color)?: [^;]*var\(--{colour}\)", drawn), rule
    for behind in ("white", "surface", "red-tint"):
        assert contrast(colour, behind) >= 3


def test_focus_stands_out_from_the_page_and_from_what_has_it() -> None:
    ring = STYLE[STYLE.index("\n:focus-visible {") :].partition("}")[0]
    assert "outline: 4px solid #000" in ring
    assert "var(--focus-ring)" in ring
    for behind in ("white", "surface", "blue-tint", "red-tint", "amber-tint", "green-tint"):
        assert contrast("black", behind) >= 3
    for pressed in ("blue", "red", "blue-dark"):
        assert contrast("focus-ring", pressed) >= 3
