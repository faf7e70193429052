from __future__ import annotations

from gateway.kept_pages import KEPT_MAX, KeptPages


def counting() -> tuple[KeptPages, list[str]]:
    return KeptPages(), []


def test_page_is_made_once_for_a_state_and_again_for_another() -> None:
    kept, made = counting()
    status = {"waiting": 1}

    def make() -> str:
        made.append("made")
        return f"page {len(made)}"

    assert kept.get(("landing", "ja"), (status,), make) == "page 1"
    assert kept.get(("landing", "ja"), (status,), make) == "page 1"
    assert kept.get(("landing", "ja"), (dict(status),), make) == "page 2"
    assert kept.get(("landing", "ja"), (), make) == "page 3"


def test_views_are_kept_apart() -> None:
    kept, _ = counting()
    assert kept.get(("landing", "ja"), (), lambda: "日本語") == "日本語"
    assert kept.get(("landing", "en"), (), lambda: "English") == "English"
    assert kept.get(("landing", "ja"), (), lambda: "made again") == "日本語"


def test_no_more_views_are_kept_than_the_limit_and_the_one_unused_longest_goes() -> None:
    kept, _ = counting()
    for number in range(KEPT_MAX):
        kept.get((str(number),), (), lambda: "page")
    assert kept.get(("0",), (), lambda: "made again") == "page"
    kept.get(("one more",), (), lambda: "page")
    assert kept.get(("0",), (), lambda: "made again") == "page"
    assert kept.get(("1",), (), lambda: "made again") == "made again"
