"""The staff's words, in Japanese and English: a catalogue of their own.

Residents are served in seven languages; those who work for a Japanese city read Japanese, and
English helps who maintains the system. What staff and residents read alike (dates, what is wrong
with a field) comes from the residents' catalogues.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from starlette.requests import HTTPConnection

from gateway import i18n
from gateway.i18n import MessageMissing

LOCALE_DIRECTORY = Path(__file__).parent / "locale"
LANGUAGE_NAMES = {"ja": "日本語", "en": "English"}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return the staff's words of a language by their ids."""
    path = LOCALE_DIRECTORY / language / "LC_MESSAGES" / "staff.po"
    with path.open("rb") as po_file:
        messages = read_po(po_file, locale=language, abort_invalid=True)
    return {str(message.id): str(message.string) for message in messages if message.id}


def said(msgid: str, language: str, **params: object) -> str:
    """Return the message `msgid`, its braces filled.

    Raises: MessageMissing when the catalogue does not have it.
    """
    try:
        return catalogue(language)[msgid].format_map(params)
    except KeyError:
        raise MessageMissing(msgid) from None


def language_of(connection: HTTPConnection) -> str:
    """Return the language to answer in: Japanese, to whoever reads any, else English."""
    return "ja" if i18n.language_of(connection).startswith("ja") else "en"
