"""The languages of the pages, and which of them a reader is answered in.

A language is named by its tag (BCP 47), which is also its folder in `locale/`, what the cookie
holds, what bookings and mails keep, and what `?language=` takes.

Plain Japanese (やさしい日本語) is a language of its own here. Its tag is `ja-simple`: "simple" is
the variant "simplified form" of the IANA registry of language subtags, so that whatever does not
know it reads it as Japanese. (`ja-Hira` would say that there are no kanji.)

Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

PLAIN_JAPANESE = "ja-simple"

LANGUAGE_NAMES = {
    "ja": "日本語",
    PLAIN_JAPANESE: "やさしいにほんご",
    "en": "English",
    "zh-Hans": "简体中文",
    "ko": "한국어",
    "vi": "Tiếng Việt",
    "pt": "Português",
}
"""Each language in its own words, for the language switch."""

LANGUAGES = tuple(LANGUAGE_NAMES)
"""Languages on offer; the first is spoken to whoever names none of them."""

LANGUAGE_COOKIE = "language"

_ACCEPTED_LANGUAGES_MAX = 20


def html_language(language: str) -> str:
    """Return the tag for the `lang` of a page: programs that read aloud know plain `ja` best."""
    return "ja" if language == PLAIN_JAPANESE else language


def negotiated(cookie: str | None, accept_language: str | None) -> str:
    """Choose a language: the one chosen before, else the browser's best, else the first of ours."""
    if cookie in LANGUAGES:
        return cookie
    found = (_nearest(tag) for tag in _preferred(accept_language or ""))
    return next(filter(None, found), LANGUAGES[0])


def _nearest(tag: str) -> str | None:
    """Return our language of a tag, else the first of the same primary language (zh-TW: zh-Hans).

    Whoever reads Chinese of any region reads our Chinese rather than Japanese.
    """
    wanted = tag.lower()
    primary = wanted.partition("-")[0]
    same = [one for one in LANGUAGES if one.lower().partition("-")[0] == primary]
    return next((one for one in same if one.lower() == wanted), same[0] if same else None)


def _preferred(accept_language: str) -> list[str]:
    weighted = []
    for entry in accept_language.split(",")[:_ACCEPTED_LANGUAGES_MAX]:
        tag, _, weight = entry.strip().partition(";q=")
        try:
            weighted.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    weighted.sort(key=lambda pair: pair[0])
    return [tag for weight, tag in weighted if weight < 0 and tag]
