"""Every page in every state and language: well formed and labelled."""

from __future__ import annotations

import re

import pytest

from gateway import i18n, languages, rendering
from gateway.furigana import bare
from gateway.qr_codes import qr_code
from tests.unit.gateway.page_outline import outline, render
from tests.unit.gateway.page_samples import RECEIPT, SAMPLES, TYPED, Sample


def sample_name(sample: object) -> str:
    assert isinstance(sample, tuple | str)
    return sample if isinstance(sample, str) else f"{sample[0]}-{sample[1]}"


@pytest.fixture(params=SAMPLES, ids=sample_name)
def sample(request: pytest.FixtureRequest) -> Sample:
    chosen: Sample = request.param
    return chosen


FRAMES = {"base.html", "parts.html", "booking_parts.html", "proof_parts.html"}


def test_every_template_has_a_sample() -> None:
    names = set(rendering.environment("ja").list_templates()) - FRAMES
    assert {f"{template}.html" for template, _, _ in SAMPLES} == names


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_page_is_well_formed(sample: Sample, language: str) -> None:
    page = outline(render(sample, language))
    assert page.faults == []
    assert page.stack == []
    ids = page.with_attribute("id")
    assert len(ids) == len(set(ids))
    for name in ("for", "aria-describedby", "aria-labelledby"):
        for wanted in page.with_attribute(name):
            assert set(wanted.split()) <= set(ids), name
    inside = [href[1:] for href in page.with_attribute("href") if href.startswith("#")]
    assert set(inside) <= set(ids)


def test_page_has_no_script_or_style_of_its_own(sample: Sample) -> None:
    page = outline(render(sample, "ja"))
    assert page.with_attribute("style") == []
    assert all("src" in attributes for tag, attributes in page.elements if tag == "script")
    assert not any(tag == "style" for tag, _ in page.elements)
    assert not any(name.startswith("on") for _, given in page.elements for name in given)
    for tag, given in page.elements:
        leads_out = tag == "a" and given.get("rel") == "noopener noreferrer"
        for url in (given.get("href") or "/", given.get("src") or "/"):
            is_map = leads_out and url.startswith("https://maps.example/")
            assert url.startswith(("/", "#", "tel:")) or is_map, "nothing comes from elsewhere"


def test_every_field_has_a_label(sample: Sample) -> None:
    page = outline(render(sample, "ja"))
    labelled = set(page.with_attribute("for"))
    for tag, attributes in page.elements:
        if tag in ("input", "select") and attributes.get("type") != "hidden":
            assert attributes["id"] in labelled
            has_no_words = tag == "select" or attributes.get("type") == "checkbox"
            assert "autocomplete" in attributes or has_no_words


def test_page_has_one_heading_that_shows(sample: Sample) -> None:
    html = re.sub(r"<section[^>]* hidden>.*?</section>", "", render(sample, "ja"), flags=re.DOTALL)
    page = outline(html)
    assert [tag for tag, _ in page.elements].count("h1") == 1


def test_what_was_typed_is_shown_again_and_cannot_break_out() -> None:
    sample = next(s for s in SAMPLES if s[:2] == ("details", "wrong"))
    html = render(sample, "ja")
    assert "<script>alert" not in html
    typed = [given["value"] for tag, given in outline(html).elements if given.get("id") == "name"]
    assert typed == ['"><script>alert(1)</script>']


@pytest.mark.parametrize("language", languages.LANGUAGES)
@pytest.mark.parametrize("template", ["booked", "my_booking"])
def test_receipt_is_shown_as_a_picture_with_a_name_and_as_text(
    template: str, language: str
) -> None:
    sample = next(s for s in SAMPLES if s[0] == template)
    page = outline(render(sample, language))
    assert RECEIPT in page.texts
    code = qr_code(RECEIPT)
    shown = {tag: given for tag, given in page.elements if tag in ("svg", "path")}
    assert shown["path"]["d"] == code.path
    assert shown["svg"]["viewbox"] == f"0 0 {code.width} {code.width}"
    assert shown["svg"]["role"] == "img"
    assert shown["svg"]["aria-label"] == bare(i18n.text("receipt.picture", language))


def test_who_has_no_booking_is_shown_no_receipt() -> None:
    page = outline(render(("my_booking", "none", {"held": None}), "ja"))
    assert not any(tag == "svg" for tag, _ in page.elements)


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_every_page_has_the_number_of_the_phone_desk_once(sample: Sample, language: str) -> None:
    page = outline(render(sample, language))
    assert page.texts.count("0476-00-0000") == 1
    assert [url for url in page.with_attribute("href") if "tel:" in url] == ["tel:0476000000"]


def test_page_of_a_form_that_was_not_taken_sends_all_of_it_again() -> None:
    sample = next(s for s in SAMPLES if s[:2] == ("error", "away-sent"))
    page = outline(render(sample, "ja"))
    hidden = [given for tag, given in page.elements if given.get("type") == "hidden"]
    assert {given["name"]: given["value"] for given in hidden} == TYPED
    forms = [given for tag, given in page.elements if tag == "form"]
    assert [(form["method"], form["action"]) for form in forms] == [("post", "/details")]


def test_link_to_a_static_file_names_its_content() -> None:
    assert re.fullmatch(
        r"/static/seiriken\.css\?v=[0-9a-f]{16}", rendering.static_url("seiriken.css")
    )
