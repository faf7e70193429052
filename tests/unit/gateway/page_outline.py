"""What a rendered page is made of, for tests: its elements, its texts, its readings."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from gateway import rendering
from gateway.fields import FieldError
from gateway.problems import Problem, detail, field_text, title
from gateway.routes.html import ProblemShown
from tests.unit.gateway.page_samples import Sample

VOID = {"br", "hr", "img", "input", "link", "meta"}
FRAME: dict[str, object] = {
    "city": "印西市",
    "phone_desk": "0476-00-0000",
    "path": "/details",
    "downtime": None,
    "session": None,
}
SPOKEN_ATTRIBUTES = ("aria-label", "alt", "title")


@dataclass
class Outline(HTMLParser):
    """What a page is made of, as far as the tests ask."""

    stack: list[str] = field(default_factory=list)
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)
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
        if self.stack and self.stack[-1] in ("rt", "rp"):
            self.readings.append(data)
        elif data.strip():
            self.texts.append(data.strip())

    def with_attribute(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def render(sample: Sample, language: str) -> str:
    template, _, shown = sample
    page = rendering.environment(language).get_template(f"{template}.html")
    return page.render(FRAME | {name: in_words(value, language) for name, value in shown.items()})


def in_words(value: object, language: str) -> object:
    """Return what a template is given for a sample's value: what is wrong comes in words."""
    match value:
        case Problem():
            return ProblemShown(title(value, language), detail(value, language))
        case FieldError():
            return field_text(value, language)
        case dict():
            return {name: in_words(one, language) for name, one in value.items()}
    return value


def outline(html: str) -> Outline:
    made = Outline()
    made.feed(html)
    made.close()
    return made
