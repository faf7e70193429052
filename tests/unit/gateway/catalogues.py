"""The words of a catalogue, for tests."""

from __future__ import annotations

from gateway import i18n


def messages(language: str) -> dict[str, tuple[str, ...]]:
    """Return the words of a catalogue by message id, every plural form."""
    words = {}
    for message in i18n.read_catalogue(language):
        if message.id:
            msgid = message.id if isinstance(message.id, str) else message.id[0]
            said = message.string if isinstance(message.string, tuple) else (message.string,)
            words[msgid] = tuple(str(one) for one in said)
    return words
