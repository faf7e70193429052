from __future__ import annotations

import re
from pathlib import Path

import pytest

from seiriken.edge import TEMPLATES_DIR, Place, Tls, filled, upstreams, write_edge


def servers(text: str, name: str) -> list[str]:
    """Return the servers of one upstream, the spare ones with a +."""
    (block,) = re.findall(rf"upstream {name} {{(.*?)}}", text, re.DOTALL)
    found = re.findall(r"server (\S+) [^;]*?( backup)?;", block)
    return [f"+{address}" if spare else address for address, spare in found]


@pytest.mark.parametrize(
    ("gateways", "inside", "gate"),
    [
        (["a"], ["a"], ["a"]),
        (["a", "b"], ["a", "+b"], ["b", "+a"]),
        (["a", "b", "c", "d", "e", "f"], ["a", "b", "c", "d", "+e", "+f"], ["e", "f", "+a"]),
    ],
)
def test_gateways_are_shared_out_and_stand_in_for_each_other(
    gateways: list[str], inside: list[str], gate: list[str]
) -> None:
    text = upstreams(gateways)
    assert servers(text, "inside") == inside
    assert servers(text, "at_the_gate")[: len(gate)] == gate


def test_every_placeholder_of_every_template_is_filled_in(tmp_path: Path) -> None:
    place = Place(
        conf_dir=tmp_path / "conf",
        run_dir=tmp_path,
        static_dir=tmp_path,
        status_dir=tmp_path,
        gateways=["127.0.0.1:1"],
        http="127.0.0.1:2",
        tls=Tls("127.0.0.1:3", "city.example", tmp_path / "c", tmp_path / "k"),
    )
    main = write_edge(place)
    written = [path for path in main.parent.rglob("*") if path.is_file()]
    assert main in written
    assert not [path for path in written if "${" in path.read_text()]
    assert not [path for path in written if path.suffix == ".template"]
    assert "include " + str(main.parent / "tls.conf") in main.read_text()


def test_a_placeholder_without_a_value_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        filled("${EDGE_NOTHING}", {})
    assert filled("$remote_addr ${EDGE_A}", {"EDGE_A": "1"}) == "$remote_addr 1"


def test_the_edge_makes_no_page_that_names_another_place() -> None:
    for page in (TEMPLATES_DIR / "pages").iterdir():
        assert "http" not in page.read_text().replace("http-equiv", "")
