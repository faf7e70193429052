"""What is known of products: intervals, vials, makers; and plans that say something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from allocator.finding import Finding
from allocator.product_source import KnownProduct, known_as, maker_of, product_findings
from allocator.release import ReleasePlan, findings_of
from allocator.release_file import known_products, read_release_file

CORRECT = (Path(__file__).parent / "incidents" / "correct.yaml").read_text("utf-8")


def found(*changes: tuple[str, str]) -> list[Finding]:
    text = CORRECT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    planned = read_release_file(text.encode())
    assert isinstance(planned, ReleasePlan), planned
    return [*product_findings(planned.products, known_products())]


def test_product_is_known_by_its_id_or_by_a_name() -> None:
    names = ("コミナティ筋注", "ｺﾐﾅﾃｨ筋注", "ﾌｧｲｻﾞｰ社", "Ｐｆｉｚｅｒ")
    for texts in (("comirnaty",), ("Pfizer-BioNTech",), *(("p1", name) for name in names)):
        assert [one.standard for one in known_as(texts, known_products())] == [21]
    assert known_as(("water", "水"), known_products()) == []


def test_maker_follows_from_the_id_or_a_name() -> None:
    known = known_products()
    assert maker_of(("Spikevax-2021",), known) == "モデルナ"
    assert maker_of(("p1", "コミナティ"), known) == "ファイザー"
    assert maker_of(("p2", "バキスゼブリア"), known) == "アストラゼネカ"
    assert maker_of(("unknown", "水"), known) == ""


@pytest.mark.parametrize(
    ("product", "vial", "is_wrong"),
    [
        ("comirnaty", 6, False),
        ("comirnaty", 5, False),
        ("comirnaty", 60, True),
        ("comirnaty", 16, True),
        ("comirnaty", 10, True),
        ("vaxzevria", 99, False),  # No source of ours says how many it holds.
    ],
)
def test_vial_is_held_against_its_source(product: str, vial: int, is_wrong: bool) -> None:
    changes = [("doses_per_vial: 6", f"doses_per_vial: {vial}")]
    if product == "vaxzevria":
        changes += [("comirnaty", product), ("コミナティ", "x"), ("standard: 21", "standard: 56")]
        changes += [("min: 19, max: 42", "min: 56, max: 84")]
    wrong = [(one.severity, one.code, one.path) for one in found(*changes)]
    place = "products[0].doses_per_vial"
    assert wrong == ([("error", "vial_not_as_source", place)] if is_wrong else [])


def test_right_vial_is_named_with_its_source() -> None:
    (finding,) = found(("doses_per_vial: 6", "doses_per_vial: 60"))
    assert finding.message == "a vial holds 5 or 6 doses, not 60"
    assert "1バイアル6回分" in finding.mend


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ("standard: 28, min: 19", "interval_not_as_source"),
        ("standard: 21, min: 18", "interval_too_short"),
    ],
)
def test_interval_is_held_against_its_source(days: str, code: str) -> None:
    (finding,) = found(("standard: 21, min: 19", days))
    assert (finding.severity, finding.code) == ("error", code)
    assert "3週間の間隔" in finding.mend


@pytest.mark.parametrize(
    ("longest", "codes"), [(42, []), (43, ["interval_too_long"]), (365, ["interval_too_long"])]
)
def test_longest_interval_is_held_against_its_source(longest: int, codes: list[str]) -> None:
    findings = found(("max: 42", f"max: {longest}"))
    assert [(one.severity, one.code) for one in findings] == [("error", code) for code in codes]
    assert all(one.path == "products[0].interval_days.max" for one in findings)


@pytest.mark.parametrize(("longest", "codes"), [(56, []), (57, ["interval_unusual"])])
def test_longest_interval_without_a_source_is_only_unusual(longest: int, codes: list[str]) -> None:
    """No source of ours says how late the second dose of this product may be."""
    findings = found(
        *(("comirnaty", "spikevax"), ("コミナティ", "スパイクバックス")),
        *(("standard: 21, min: 19, max: 42", f"standard: 28, min: 28, max: {longest}"),),
        ("doses_per_vial: 6", "doses_per_vial: 10"),
    )
    assert [(one.severity, one.code) for one in findings] == [("warning", code) for code in codes]


def test_intervals_of_products_that_are_not_known_are_the_citys_own() -> None:
    text = CORRECT.replace("standard: 21, min: 19", "standard: 28, min: 2")
    planned = read_release_file(text.encode())
    assert isinstance(planned, ReleasePlan)
    known = [KnownProduct(("spikevax",), 21, "添付文書")]
    assert findings_of(planned, known) == findings_of(planned)
    # All second doses stand on day 21 and later: with 28 days some find none.
    assert findings_of(planned)[0].code == "second_doses_short"
