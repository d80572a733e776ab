# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The site of `make docs` builds without a warning, its links lead somewhere, and it loads nothing from elsewhere."""

from __future__ import annotations

import functools
import importlib.util
import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest
from site_checks import LEAST, PAIRS, contrasts, faults, on, parse_colour, read, scheme_colours

import finn_rtl
from finn_rtl import driver
from finn_rtl.common.places import CHECKOUT

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("fresh_scripts")]

DOCS = CHECKOUT / "docs"
#: What a browser loads by itself.
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}


def load(name: str) -> ModuleType:
    """A script of docs/."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


hooks = load("hooks")


def test_every_public_name_is_in_the_reference() -> None:
    found = re.findall(r"^::: \S+\.(\w+)$", (DOCS / "api.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(found) == sorted([*finn_rtl.__all__, *driver.__all__])


def test_status_is_that_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    status = load("status")
    page = (DOCS / "status.md").read_text(encoding="utf-8")
    assert f"<!-- status:begin -->\n{status.status().rstrip()}\n<!-- status:end -->" in page, "run docs/status.py"
    pages = {page.stem for page in (DOCS / "ip").glob("*.md")}
    assert {ip.page for ip in status.IPS} == pages


def test_charts_are_those_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """They say from what they were drawn; the table beside them is written from the same."""
    monkeypatch.syspath_prepend(str(DOCS))
    charts = load("charts")
    page = (DOCS / "results.md").read_text(encoding="utf-8")
    assert f"<!-- networks:begin -->\n{charts.network_table()}<!-- networks:end -->" in page, "run docs/charts.py"
    for name, (figures, _) in charts.CHARTS.items():
        assert figures()
        for look in charts.LOOKS:
            text = (DOCS / "charts" / f"{name}_{look}.svg").read_text(encoding="utf-8")
            assert charts.digest(figures()) in text, "run docs/charts.py"


def test_pictures_are_those_of_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    for name, draw in load("pictures").PICTURES.items():
        assert (DOCS / f"{name}.svg").read_text(encoding="utf-8") == draw(), "run docs/pictures.py"


@dataclass
class Html(HTMLParser):
    """What a page of the site has."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        found = dict(attrs)
        self.ids.add(found.get("id") or "")
        if tag == "a" and found.get("href"):
            self.links.append(found["href"] or "")
        place = found.get(LOADED.get(tag, ""))
        if place is not None:
            self.loaded.append(place)


@functools.cache
def parsed(file: Path) -> Html:
    """A page of the site."""
    page = Html()
    page.feed(file.read_text(encoding="utf-8"))
    return page


def heading_anchors(text: str) -> set[str]:
    """Anchors of a Markdown page, as GitHub makes them."""
    found: list[str] = []

    def note(line: str) -> str:
        if heading := re.match(r"#+ +(.*)$", line):
            anchor = hooks.slug(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", ""))
            found.append(f"{anchor}-{found.count(anchor)}" if anchor in found else anchor)
        return line

    hooks.outside_fences(text, note)
    return set(found)


def wrong_links(path: str, text: str) -> list[str]:
    """Links of a Markdown page, by its path in the repository, that lead nowhere."""
    wrong = []
    for link in hooks.links(text):
        file = hooks.target(path, link)
        anchor = link.partition("#")[2]
        if file is None and not link.startswith("#"):
            continue
        page = CHECKOUT / (file or path)
        if not page.exists() or (anchor and page.suffix == ".md"
                                 and anchor not in heading_anchors(page.read_text(encoding="utf-8"))):
            wrong.append(f"{path}: {link}")
    return wrong


def test_links_in_the_checkout() -> None:
    """Of all pages, as they are read without the site."""
    pages = [*DOCS.rglob("*.md"), *(CHECKOUT / path for path in hooks.outside_pages().values())]
    assert len(pages) > 50
    assert [link for page in pages for link in wrong_links(page.relative_to(CHECKOUT).as_posix(),
                                                           page.read_text(encoding="utf-8"))] == []


def test_wrong_links_are_seen() -> None:
    text = "[a](plan.md#nothing) [b](nothing.md) [c](#here) `[d](code.md)`\n```\n[e](code.md)\n```\n[f](plan.md)"
    assert wrong_links("docs/x.md", text) == ["docs/x.md: plan.md#nothing", "docs/x.md: nothing.md",
                                               "docs/x.md: #here"]


def test_site_links(site: Path) -> None:
    """Pages, anchors, pictures, scripts: each is there, and none that a browser loads is elsewhere."""
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 60
    wrong = []
    for page in pages:
        if page.name == "404.html":
            continue
        for link in [*parsed(page).links, *parsed(page).loaded]:
            if re.match(r"(https?|mailto):", link) and link not in parsed(page).loaded:
                continue
            place, _, anchor = unquote(link).partition("#")
            file = (page.parent / place.partition("?")[0]).resolve() if place else page
            if ":" in link or link.startswith("//") or not file.exists() or (
                    anchor and file.suffix == ".html" and anchor not in parsed(file).ids):
                wrong.append(f"{page.relative_to(site)}: {link}")
    assert wrong == []


def test_site_loads_nothing_from_elsewhere(site: Path) -> None:
    """Style sheets and pictures neither; the search has its index in a script, for pages opened as files."""
    for file in [*site.rglob("*.css"), *site.rglob("*.svg")]:
        text = re.sub(r"xmlns(:\w+)?=['\"][^'\"]*['\"]", "", file.read_text(encoding="utf-8"))
        assert not re.search(r"(url\(['\"]?|@import ['\"]?|(href|src)=['\"])(https?:)?//", text), file.name
    for page in site.rglob("*.html"):
        # What the theme's script would load for them.
        assert not re.search(r"class=\"(mermaid|md-source)\"|rel=\"preconnect\"", page.read_text(encoding="utf-8"))
    assert "initiation interval" in (site / "search" / "search_index.js").read_text(encoding="utf-8")


def test_pages_can_be_read_aloud(site: Path) -> None:
    """Language, title, headings in order, names of pictures, links and buttons; page by page."""
    found = {page.relative_to(site).as_posix(): faults(read(page.read_text(encoding="utf-8")))
             for page in site.rglob("*.html") if page.name != "404.html"}
    assert {page: wrong for page, wrong in found.items() if wrong} == {}


BAD = """<html><head><title></title></head><body><main><h1>a</h1><h3>b</h3><img src="x.png"><h2 id="i"></h2>
<p id="i"><a href="b.html">here</a> <a href="c.html"><img src="y.png" alt="named"></a> <button></button><input>"""


def test_what_cannot_be_read_aloud_is_seen() -> None:
    """Every fault of a bad page, and no more."""
    found = faults(read(BAD))
    for words in ("says no language", "titles: ['']", "no viewport", "id i stands 2 times", "[1, 3, 2]",
                  "heading without text", "picture without text: x.png", "link 'here' to b.html", "button without",
                  "input without"):
        assert sum(words in line for line in found) == 1, words
    assert len(found) == 10


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_texts_stand_out_from_their_ground(site: Path, scheme: str) -> None:
    """By the theme's colours, code among them, light and dark."""
    found = contrasts(site, scheme)
    assert len(found) == len(PAIRS)
    assert {pair: round(value, 2) for pair, value in found.items() if value < LEAST} == {}


def test_colours_are_read() -> None:
    """As CSS writes them; on a ground, with an opacity."""
    for text, seen in (("#fff", "#ffffff"), ("#4051b5", "#4051b5"), ("#00000080", "#7f7f7f"),
                       ("hsla(225deg, 15%, 14%, 1)", "#1e2129"), ("rgb(255 0 0 / 0.5)", "#ff8080")):
        assert on(parse_colour(text), parse_colour("#ffffff")) == seen
    sheet = (':root{--md-a-color:#111;--md-b-color:var(--md-a-color)}[data-md-color-scheme="slate"]{--md-a-color:#222}'
             "[data-md-color-scheme=other]{--md-a-color:#333}:root{--md-a-color:#444}")
    assert scheme_colours([sheet], "slate", "indigo") == {"a-color": "#222", "b-color": "#222"}
    with pytest.raises(ValueError, match="colour 'mauve'"):
        parse_colour("mauve")
