"""What every page must be: strict HTML that loads nothing, can be read aloud, and has colours that can be seen."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "link", "br", "hr", "input"}
# Elements of SVG that may close themselves.
SHAPES = {"rect", "line", "path", "circle"}
# Attributes that load something, but for links inside the page.
LOADING = {"src", "srcset", "href", "xlink:href", "action", "data", "poster", "background", "formaction", "ping"}
FORBIDDEN = {"link", "iframe", "object", "embed", "base", "form", "foreignobject", "use", "image", "audio", "video"}
NAMED_BY_TEXT = {"a", "button", "summary", "title", "h1", "h2", "h3", "h4", "th", "caption"}


@dataclass
class Element:
    """An element with its attributes and the text inside it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    parents: tuple[Element, ...] = field(default=(), repr=False)


class Page(HTMLParser):
    """Reads a page strictly: whatever is opened is closed in order, attributes are there once."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.stack: list[Element] = []
        self.feed(text)
        self.close()
        assert not self.stack, f"not closed: {[one.tag for one in self.stack]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, attrs)
        if tag not in VOID:
            self.stack.append(self.elements[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SHAPES, f"<{tag}/> does not close itself"
        self._begin(tag, attrs)

    def _begin(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}>: an attribute twice"
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, "", tuple(self.stack)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack and self.stack[-1].tag == tag, f"</{tag}> closes {self.stack[-1:]}"
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        for element in self.stack:
            element.text += data

    def every(self, *tags: str) -> list[Element]:
        """The elements of these kinds."""
        return [one for one in self.elements if one.tag in tags]

    def named(self, identity: str) -> Element:
        """The element of that id."""
        [found] = [one for one in self.elements if one.attributes.get("id") == identity]
        return found


def check_page(text: str) -> Page:
    """Fails where a page is not as every page must be."""
    assert text.startswith("<!doctype html>\n") and "\0" not in text
    page = Page(text)
    ids = Counter(one.attributes["id"] for one in page.elements if "id" in one.attributes)
    assert [name for name, count in ids.items() if count > 1] == []
    assert [one.tag for one in page.elements if one.tag in FORBIDDEN] == []
    for one in page.elements:
        check_loads_nothing(one, set(ids))
        check_is_told(one, set(ids))
    levels = [int(one.tag[1]) for one in page.every("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False)), levels
    [html] = page.every("html")
    assert html.attributes["lang"] == "en" and len(page.every("main")) == len(page.every("title")[:1]) == 1
    [policy] = [one.attributes["content"] for one in page.every("meta") if "http-equiv" in one.attributes]
    assert policy.startswith("default-src 'none';") and "http" not in policy
    assert any(one.attributes.get("name") == "viewport" for one in page.every("meta"))
    style, script = "".join(one.text for one in page.every("style")), "".join(one.text for one in page.every("script"))
    assert not re.search(r"@import|url\(|expression|https?:|//", style), "the style loads something"
    assert not re.search(r"fetch|XMLHttp|import\b|https?:|WebSocket|sendBeacon|innerHTML", script)
    return page


def check_loads_nothing(one: Element, ids: set[str]) -> None:
    """Addresses are pictures inside the page, or places of it; there is no code but the page's."""
    for name, value in one.attributes.items():
        assert not name.startswith("on") and name != "style", f"<{one.tag} {name}>"
        if name in LOADING:
            inside = value.startswith("#") and value[1:] in ids
            assert inside or (one.tag == "img" and re.fullmatch(r"data:image/png;base64,[A-Za-z0-9+/=]+", value)), value
        if "url(" in value:
            assert value[5:-1] in ids, value


def check_is_told(one: Element, ids: set[str]) -> None:
    """Pictures have texts, controls and headings names; what has none is hidden from those who listen."""
    attributes = one.attributes
    if one.tag == "img":
        assert attributes.get("alt", "").strip()
    if one.tag == "svg":
        assert attributes.get("aria-hidden") == "true" or attributes.get("aria-label")
    if one.tag in NAMED_BY_TEXT:
        assert one.text.strip() or attributes.get("aria-label"), one
    if one.tag == "section":
        assert attributes["aria-labelledby"] in ids
    if one.tag == "th":
        assert attributes.get("scope") in {"row", "col"}
    if "tabindex" in attributes:
        assert attributes["tabindex"] == "0" and attributes.get("aria-label") and attributes.get("role")


def themes(text: str) -> dict[str, dict[str, str]]:
    """Colours of a page by their names, light and dark."""
    style = "".join(one.text for one in Page(text).every("style"))
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    colours = [dict(re.findall(r"--(\w[\w-]*): (#[0-9a-f]{6});", part)) for part in (light, dark)]
    assert set(colours[0]) == set(colours[1]) == set(re.findall(r"var\(--([\w-]+)\)", style)), "all are used, in both"
    return dict(zip(("light", "dark"), colours, strict=True))


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2."""
    parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    """Contrast by WCAG 2, 1 to 21."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)
