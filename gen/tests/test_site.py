# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The site of `make docs` builds without a warning, its links lead somewhere, and it loads nothing from elsewhere."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

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
    nameless: list[str] = field(default_factory=list)
    titles: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        found = dict(attrs)
        self.ids.add(found.get("id") or "")
        self.titles += tag == "h1"
        if tag == "a" and found.get("href"):
            self.links.append(found["href"] or "")
        if tag == "img" and not found.get("alt"):
            self.nameless.append(found.get("src") or "")
        place = found.get(LOADED.get(tag, ""))
        if place is not None:
            self.loaded.append(place)


@functools.cache
def parsed(file: Path) -> Html:
    """A page of the site."""
    page = Html()
    page.feed(file.read_text(encoding="utf-8"))
    return page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does it."""
    for package in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(package, reason=f"{package} is not installed; make setup brings it")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)],
                          cwd=CHECKOUT, capture_output=True, text=True, check=False,
                          env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


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


def test_pages_have_a_title_and_pictures_a_name(site: Path) -> None:
    for page in site.rglob("*.html"):
        found = parsed(page)
        assert found.nameless == [] and (found.titles == 1 or page.name == "404.html"), page.name
