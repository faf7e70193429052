from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from allocator.release import ReleasePlan
from allocator.release_file import read_any, read_release_file, schema

EXAMPLE = (Path(__file__).parents[3] / "examples" / "inzai" / "release.yaml").read_text("utf-8")


def faults(text: str | bytes) -> list[tuple[str, str, str]]:
    found = read_release_file(text if isinstance(text, bytes) else text.encode())
    assert isinstance(found, list)
    return [(fault.code, fault.path, fault.message) for fault in found]


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_example_with_a_byte_order_mark_is_read() -> None:
    assert isinstance(read_release_file(EXAMPLE.encode("utf-8-sig")), ReleasePlan)


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("slot_minutes: 15", "slot_minutes: 7", "sessions[0].slot_minutes", "7 is not one of"),
        ("dose_1: 10", "dose_1: ten", "sessions[0].capacity.dose_1", "'ten' is not of type"),
        ("dose_1: 10", "dose_1: -1", "sessions[0].capacity.dose_1", "-1 is less than"),
        ("schema: 1", "schema: 2", "schema", "1 was expected"),
        ("  cut_off_hours: 24", "  cut_off: 24", "release", "Additional properties"),
        ("id: comirnaty", "id: Comirnaty!", "products[0].id", "'Comirnaty!' is not small letters"),
        (
            '"13:00-17:00"',
            '"13:00-25:00"',
            "sessions[0].hours[1]",
            "'13:00-25:00' is not opening",
        ),
        ("doses_per_vial: 6", "doses_per_vial: 0", "products[0].doses_per_vial", "0 is less"),
    ],
)
def test_fault_against_the_schema_names_its_place(
    old: str, new: str, path: str, message: str
) -> None:
    found = faults(EXAMPLE.replace(old, new))
    assert all(code == "not_as_schema" for code, _, _ in found)
    assert (path, True) in [(where, why.startswith(message)) for _, where, why in found]


def test_all_faults_are_reported_at_once() -> None:
    text = EXAMPLE.replace("slot_minutes: 15", "slot_minutes: 7").replace("schema: 1", "schema: 2")
    assert [path for _, path, _ in faults(text)] == [
        "schema",
        "sessions[0].slot_minutes",
        "sessions[1].slot_minutes",
    ]


@pytest.mark.parametrize(
    ("text", "code", "path", "message"),
    [
        ("a: [1", "not_yaml", "line 1", "expected ',' or ']'"),
        ("a: 1\nb: 2\na: 3", "not_yaml", "line 3", "a stands there twice"),
        ("a: &x 1\nb: *x", "not_yaml", "line 2", "aliases are not used here"),
        ("a: \x07", "not_yaml", "", "the file holds a character"),
        ('a: 1\nb: "\\0"', "not_yaml", "line 2", "the file holds a character"),
        ('a: 1\n"\\ud842": 2', "not_yaml", "line 2", "the file holds a character"),
        ('a: "\\udfb7\\ud842"', "not_yaml", "line 1", "the file holds a character"),
        ("!!python/object:os.system {}", "not_yaml", "line 1", "could not determine"),
        (b"\xff\xfe", "not_utf8", "", "the file is not UTF-8"),
        ("", "not_as_schema", "", "the file is empty"),
        ("[" * 2_000, "not_yaml", "line 1", "it is nested too deeply"),
        ("#" * (1024 * 1024 + 1), "too_large", "", "the file is larger than 1024 KiB"),
    ],
)
def test_text_that_is_no_release_file_is_refused(
    text: str | bytes, code: str, path: str, message: str
) -> None:
    ((found_code, where, why), *_) = faults(text)
    assert (found_code, where) == (code, path)
    assert why.startswith(message)


def test_character_that_json_writes_in_two_halves_is_one() -> None:
    """Halves of a character could not be shown: no page would list the proposal."""
    document = yaml.safe_load(EXAMPLE)
    document["venues"][0]["names"]["ja"] = "𠮷野体育館"
    written = json.dumps(document, default=lambda moment: moment.isoformat())
    assert r"\ud842\udfb7" in written
    found = read_release_file(written.encode())
    assert isinstance(found, ReleasePlan)
    assert found.venues[document["venues"][0]["id"]].names["ja"] == "𠮷野体育館"
    assert read_any(r'"\ud842\udfb7"') == "𠮷"


def test_text_must_be_of_its_pattern_to_the_end() -> None:
    document = yaml.safe_load(EXAMPLE)
    document["sessions"][0]["hours"] = ["09:00-12:00\n"]
    written = json.dumps(document, default=lambda moment: moment.isoformat())
    assert [path for _, path, _ in faults(written)] == ["sessions[0].hours[0]"]


def test_times_and_days_stay_as_they_are_written() -> None:
    found = read_release_file(EXAMPLE.encode())
    assert isinstance(found, ReleasePlan)
    assert found.release.opens_at.isoformat() == "2030-09-04T09:00:00+09:00"
