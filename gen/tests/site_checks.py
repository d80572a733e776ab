# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What every page of the site must be for those who read it aloud, by keys, or with weak eyes: what Lighthouse asks."""

from __future__ import annotations

import colorsys
import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from page_checks import luminance

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
#: Texts of links that say nothing where they are read without what stands around them.
EMPTY_WORDS = {"", "click here", "here", "link", "more", "read more", "this", "this page", "there"}
#: Text and ground that stand on each other, by the theme's names.
PAIRS = [
    ("default-fg-color", "default-bg-color"), ("default-fg-color--light", "default-bg-color"),
    ("typeset-a-color", "default-bg-color"), ("accent-fg-color", "default-bg-color"),
    ("primary-bg-color", "primary-fg-color"), ("primary-bg-color--light", "primary-fg-color"),
    ("footer-fg-color", "footer-bg-color"), ("footer-fg-color--light", "footer-bg-color"),
    ("code-fg-color", "code-bg-color"), ("typeset-a-color", "code-bg-color"),
    *((f"code-hl-{what}-color", "code-bg-color") for what in (
        "number", "special", "function", "constant", "keyword", "string", "name", "operator", "punctuation", "comment",
        "generic", "variable"))]
#: Contrast of text that WCAG 2 asks for (level AA).
LEAST = 4.5
Colour = tuple[float, float, float, float]


@dataclass
class Element:
    """An element with its attributes, the text inside it, and its parents' tags."""

    tag: str
    attributes: dict[str, str]
    parents: tuple[str, ...]
    text: str = ""


@dataclass
class SitePage(HTMLParser):
    """Reads a page as browsers do: not all that is opened is closed."""

    elements: list[Element] = field(default_factory=list)
    stack: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs},
                                     tuple(one.tag for one in self.stack)))
        if tag not in VOID:
            self.stack.append(self.elements[-1])
        # A picture's text is that of the link around it.
        self.handle_data(f" {dict(attrs).get('alt') or ''} " if tag == "img" else "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself, as in SVG."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close a tag, and what is open in it."""
        if any(one.tag == tag for one in self.stack):
            while self.stack.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Text belongs to all that is open."""
        for one in self.stack:
            one.text += data

    def every(self, *tags: str) -> list[Element]:
        """The elements of these kinds."""
        return [one for one in self.elements if one.tag in tags]


def read(text: str) -> SitePage:
    """A page."""
    page = SitePage()
    page.feed(text)
    page.close()
    return page


def name_of(one: Element) -> str:
    """What is read aloud for an element."""
    return " ".join((one.attributes.get("aria-label") or one.text.strip() or one.attributes.get("title") or "").split())


def faults(page: SitePage) -> list[str]:
    """What is wrong with a page, in words."""
    found = []
    [html] = page.every("html")
    if html.attributes.get("lang") != "en":
        found.append("<html> says no language")
    titles = [one.text.strip() for one in page.every("title") if "svg" not in one.parents]
    if len(titles) != 1 or not titles[0]:
        found.append(f"titles: {titles}")
    if not any(one.attributes.get("name") == "viewport" for one in page.every("meta")):
        found.append("no viewport for phones")
    if len(page.every("main")) != 1:
        found.append("not one <main>")
    ids = Counter(one.attributes["id"] for one in page.elements if one.attributes.get("id"))
    found += [f"id {name} stands {count} times" for name, count in ids.items() if count > 1]
    levels = [int(one.tag[1]) for one in page.every("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1 or levels[0] != 1 or any(b > a + 1 for a, b in zip(levels, levels[1:], strict=False)):
        found.append(f"headings out of order: {levels}")
    found += [f"heading without text behind {one.parents[-1]}" for one in page.every("h1", "h2", "h3", "h4")
              if not one.text.replace("¶", "").strip()]
    for one in page.every("img"):
        if not one.attributes.get("alt", "").strip():
            found.append(f"picture without text: {one.attributes.get('src')}")
    for one in page.every("a"):
        is_seen = one.attributes.get("aria-hidden") != "true" and "href" in one.attributes
        if is_seen and name_of(one).lower() in EMPTY_WORDS:
            found.append(f"link {name_of(one)!r} to {one.attributes['href']} says nothing")
    found += [f"button without a name: {one.attributes}" for one in page.every("button") if not name_of(one)]
    labelled = {one.attributes.get("for") for one in page.every("label")}
    for one in page.every("input", "select", "textarea"):
        # The theme's switches are not shown; their labels are.
        is_named = one.attributes.get("aria-label") or one.attributes.get("id") in labelled
        if not is_named and "md-toggle" not in one.attributes.get("class", ""):
            found.append(f"input without a name: {one.attributes}")
    for one in page.elements:
        if int(one.attributes.get("tabindex") or 0) > 0:
            found.append(f"<{one.tag}> changes the order of keys")
    return found


def parse_colour(text: str) -> Colour:
    """A colour of CSS: red, green, blue and opacity, 0 to 1.

    Raises:
        ValueError: it is written in a way that is not known here.
    """
    if match := re.fullmatch(r"#([0-9a-fA-F]{3,8})", text):
        digits = match[1] if len(match[1]) > 4 else "".join(2 * digit for digit in match[1])
        parts = [int(digits[at:at + 2], 16) / 255 for at in range(0, len(digits), 2)]
        return parts[0], parts[1], parts[2], parts[3] if len(parts) > 3 else 1.0
    if match := re.fullmatch(r"(rgb|hsl)a?\((.*)\)", text):
        numbers = [float(re.sub(r"deg|%", "", part)) for part in re.split(r"[\s,/]+", match[2].strip())]
        opacity = numbers[3] if len(numbers) > 3 else 1.0
        if match[1] == "rgb":
            return numbers[0] / 255, numbers[1] / 255, numbers[2] / 255, opacity
        return *colorsys.hls_to_rgb(numbers[0] / 360, numbers[2] / 100, numbers[1] / 100), opacity
    raise ValueError(f"colour {text!r}")


def on(text: Colour, ground: Colour) -> str:
    """What is seen of a colour on an opaque one, as #rrggbb."""
    return "#" + "".join(f"{round(255 * (a * text[3] + b * (1 - text[3]))):02x}"
                         for a, b in zip(text[:3], ground[:3], strict=True))


def scheme_colours(sheets: list[str], scheme: str, hue: str) -> dict[str, str]:
    """The theme's variables in a scheme, by the rules that hold for it, the most particular and the last one first."""
    known: dict[str, tuple[int, str]] = {}
    places = {":root", f"[data-md-color-scheme={scheme}]", f"[data-md-color-primary={hue}]",
              f"[data-md-color-accent={hue}]", f"[data-md-color-scheme={scheme}][data-md-color-primary={hue}]"}
    for sheet in sheets:
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)):
            weights = [part.count("[") for part in map(str.strip, selectors.replace('"', "").split(","))
                       if part in places]
            for name, value in re.findall(r"--md-([\w-]+):\s*([^;]+)", body) if weights else ():
                if max(weights) >= known.get(name, (0, ""))[0]:
                    known[name] = max(weights), value.strip()
    values = {name: value for name, (_, value) in known.items()}

    def resolved(value: str) -> str:
        return re.sub(r"var\(--md-([\w-]+)\)", lambda match: resolved(values[match[1]]), value)

    return {name: resolved(value) for name, value in values.items() if "color" in name and "mermaid" not in name}


def contrasts(site: Path, scheme: str, hue: str = "indigo") -> dict[tuple[str, str], float]:
    """Contrast of the theme's texts on their grounds."""
    sheets = [file.read_text(encoding="utf-8") for pattern in ("main.*.css", "palette.*.css")
              for file in (site / "assets" / "stylesheets").glob(pattern)]
    colours = scheme_colours([*sheets, (site / "assets" / "site.css").read_text(encoding="utf-8")], scheme, hue)
    found = {}
    for text, ground in PAIRS:
        base = on(parse_colour(colours[ground]), parse_colour(colours["default-bg-color"]))
        seen = on(parse_colour(colours[text]), parse_colour(base))
        low, high = sorted((luminance(seen), luminance(base)))
        found[text, ground] = (high + 0.05) / (low + 0.05)
    return found
