"""Every page in every state and language: well formed, labelled, and all in one language."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from gateway import i18n, rendering
from gateway.qr_codes import qr_code
from tests.unit.gateway.page_samples import RECEIPT, SAMPLES, Sample
from waiting_room.draw import RULES

VOID = {"br", "hr", "img", "input", "link", "meta"}
FRAME: dict[str, object] = {
    "city": "印西市",
    "phone_desk": "0476-00-0000",
    "path": "/details",
    "downtime": None,
}
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
ENGLISH_SENTENCE = re.compile(r"[A-Za-z]{2,} +[A-Za-z]{2,}")
ENGLISH_ON_PURPOSE = (
    RULES.strip(),
    "seiriken draw verify --status status.json --index 123",
    "(printf %s SEED | xxd -r -p; cat draw-rules.txt) | sha256sum",
)
"""What the draw's commitment covers to the letter, and what is typed to check it."""

SPOKEN_ATTRIBUTES = ("aria-label", "alt", "title")


@dataclass
class Outline(HTMLParser):
    """What a page is made of, as far as the tests ask."""

    stack: list[str] = field(default_factory=list)
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if len(attributes) != len(attrs):
            self.faults.append(f"an attribute twice in <{tag}>")
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())

    def with_attribute(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def render(sample: Sample, language: str) -> str:
    template, _, shown = sample
    page = rendering.environment(language).get_template(f"{template}.html")
    return page.render(FRAME | dict(shown))


def outline(html: str) -> Outline:
    made = Outline()
    made.feed(html)
    made.close()
    return made


def sample_name(sample: object) -> str:
    assert isinstance(sample, tuple | str)
    return sample if isinstance(sample, str) else f"{sample[0]}-{sample[1]}"


@pytest.fixture(params=SAMPLES, ids=sample_name)
def sample(request: pytest.FixtureRequest) -> Sample:
    chosen: Sample = request.param
    return chosen


def test_every_template_has_a_sample() -> None:
    names = set(rendering.environment("ja").list_templates()) - {"base.html", "parts.html"}
    assert {f"{template}.html" for template, _, _ in SAMPLES} == names


@pytest.mark.parametrize("language", i18n.LANGUAGES)
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
    for url in page.with_attribute("href") + page.with_attribute("src"):
        assert url.startswith(("/", "#")), "nothing comes from elsewhere"


def test_every_field_has_a_label(sample: Sample) -> None:
    page = outline(render(sample, "ja"))
    labelled = set(page.with_attribute("for"))
    for tag, attributes in page.elements:
        if tag in ("input", "select") and attributes.get("type") != "hidden":
            assert attributes["id"] in labelled
            assert "autocomplete" in attributes or tag == "select"


def test_page_has_one_heading_that_shows(sample: Sample) -> None:
    html = re.sub(r"<section[^>]* hidden>.*?</section>", "", render(sample, "ja"), flags=re.DOTALL)
    page = outline(html)
    assert [tag for tag, _ in page.elements].count("h1") == 1


def test_japanese_page_has_no_english_sentence(sample: Sample) -> None:
    page = outline(render(sample, "ja"))
    texts = page.texts + [text for name in SPOKEN_ATTRIBUTES for text in page.with_attribute(name)]
    known = {'"><script>alert(1)</script>', "題 title", "説明 detail", *ENGLISH_ON_PURPOSE}
    assert [t for t in texts if ENGLISH_SENTENCE.search(t) and t not in known] == []


def test_english_page_has_no_japanese_word_of_ours(sample: Sample) -> None:
    """What people and operators wrote stays as they wrote it; all else is English."""
    page = outline(render(sample, "en"))
    texts = page.texts + [text for name in SPOKEN_ATTRIBUTES for text in page.with_attribute(name)]
    given = {"印西市", "日本語", "第1回", "お知らせ", "印西", "花子", "題", "説明", "誤り", "約5分"}
    known = given | {
        "計算しています",
        "接種券",
        "券番号",
        "予診票",
        "接種済証",
        "第",
        "回",
        "約",
        "分",
    }
    assert {word for text in texts for word in JAPANESE.findall(text)} <= known


def test_what_was_typed_is_shown_again_and_cannot_break_out() -> None:
    sample = next(s for s in SAMPLES if s[:2] == ("details", "wrong"))
    html = render(sample, "ja")
    assert "<script>alert" not in html
    typed = [given["value"] for tag, given in outline(html).elements if given.get("id") == "name"]
    assert typed == ['"><script>alert(1)</script>']


@pytest.mark.parametrize("language", i18n.LANGUAGES)
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
    assert shown["svg"]["aria-label"] == i18n.text("receipt.picture", language)


def test_who_has_no_booking_is_shown_no_receipt() -> None:
    page = outline(render(("my_booking", "none", {"held": None}), "ja"))
    assert not any(tag == "svg" for tag, _ in page.elements)


def test_link_to_a_static_file_names_its_content() -> None:
    assert re.fullmatch(
        r"/static/seiriken\.css\?v=[0-9a-f]{16}", rendering.static_url("seiriken.css")
    )


def test_first_visit_of_the_waiting_page_is_light() -> None:
    """Uncompressed already below the 60 KiB and 15 KiB of JavaScript that may go over the wire."""
    sample = next(s for s in SAMPLES if s[0] == "wait")
    files = ("seiriken.css", "forms.js", "draw.js", "waiting.js", "mark.svg")
    sizes = {name: (rendering.STATIC_DIRECTORY / name).stat().st_size for name in files}
    assert len(render(sample, "ja").encode()) + sum(sizes.values()) <= 60 * 1024
    assert sum(size for name, size in sizes.items() if name.endswith(".js")) <= 15 * 1024
