"""Words with their readings, from one source form: `{漢字|かんじ}を{読|よ}む`.

The source form stands in the catalogue of plain Japanese, and wherever operators write
texts for it. It is read into three forms of the same words: HTML with <ruby>, text with the
readings in brackets (mails, answers in JSON, what JavaScript writes), and text without
readings (titles, and what is only read aloud: a screen reader knows how to read).

Rule 1: the text of the HTML form is the form with brackets, to the letter (<rp>), so that
a script that compares the two finds no difference.
Rule 2: what is not markup of ours is escaped. Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import escape

_READING = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
_RUBY = r"<ruby>\1<rp>（</rp><rt>\2</rt><rp>）</rp></ruby>"


class Furigana(str):
    """Text with readings. As a string it has them in brackets; in a template it is HTML."""

    __slots__ = ("_html", "bare")

    bare: str
    """The same without readings."""
    _html: str

    def __new__(cls, beside: str, bare: str, html: str) -> Furigana:
        """Put the three forms together; they are made by `Pattern`."""
        made = super().__new__(cls, beside)
        made.bare = bare
        made._html = html
        return made

    def __html__(self) -> str:
        """Return the form with <ruby>, for templates."""
        return self._html


class Pattern:
    """A source form whose other braces are parameters: `{place}{番|ばん}`."""

    def __init__(self, source: str) -> None:
        self._beside = _READING.sub(r"\1（\2）", source)
        self._bare = _READING.sub(r"\1", source)
        self._html = _READING.sub(_RUBY, str(escape(source)))

    def filled(self, params: Mapping[str, object]) -> Furigana:
        """Return the words with their parameters, which may have readings of their own."""
        return Furigana(
            self._beside.format_map(params),
            self._bare.format_map({name: bare(value) for name, value in params.items()}),
            self._html.format_map({name: escape(value) for name, value in params.items()}),
        )


def with_readings(source: str) -> Furigana:
    """Read a source form that has no parameters. Other braces stay as they are."""
    return Furigana(
        _READING.sub(r"\1（\2）", source),
        _READING.sub(r"\1", source),
        _READING.sub(_RUBY, str(escape(source))),
    )


def bare(value: object) -> object:
    """Return words without readings; what has none is returned as it is."""
    return value.bare if isinstance(value, Furigana) else value


def beside(value: object) -> object:
    """Return words with their readings in brackets, as plain text."""
    return str(value) if isinstance(value, Furigana) else value
