"""Short messages (SMS): in which words, and as what a provider is sent.

Rule 1: whoever gave an e-mail address is written there, and to nobody else a message costs money.
Rule 2: a short message names nobody: it lights up on a locked screen.
Nothing here does I/O, reads a clock or draws a random number (the template is read at import).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from allocator.mail import Letter, Letterhead, context_of, templates
from allocator.mail_languages import language_of, with_readings
from allocator.phones import national_number

PLACEHOLDERS = ("to", "to_national", "text", "reference", "token")


def short_text(letter: Letter, letterhead: Letterhead) -> str:
    """Write the text, in the language of the letter."""
    language = language_of(letter.language)
    context = context_of(letter, letterhead, language)
    return with_readings(templates.get_template("short.txt").render(context).strip(), language)


def filled(pattern: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Return a pattern of fields or headers with `{to}`, `{text}` and others put in.

    Values are put in once: what looks like a placeholder within one stays as it is.
    """
    names = re.compile("|".join(rf"\{{{name}\}}" for name in PLACEHOLDERS))
    return {
        field: names.sub(lambda found: values[found[0][1:-1]], text)
        for field, text in pattern.items()
    }


def values_of(number: str, text: str, reference: str, token: str) -> dict[str, str]:
    """Return what the placeholders stand for. `number` is a mobile number (E.164)."""
    return {
        "to": number,
        "to_national": national_number(number),
        "text": text,
        "reference": reference,
        "token": token,
    }
