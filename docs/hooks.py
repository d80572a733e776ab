# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What MkDocs does not know of the pages: where they link to, which words are in the glossary, and GitHub's Markdown.

The pages are written to be read in a checkout. Their links lead to files of the repository; those outside docs/ come
into the site, Markdown as pages and all else as source (below source/, left out of the search). The first use of a
term in a page links to glossary.md.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
#: Pages outside docs/, and what they are called in the site, where README.md would be the first page.
OUTSIDE = {"README.md": "readme.md", "CONTRIBUTING.md": "CONTRIBUTING.md", "CHANGELOG.md": "CHANGELOG.md"}
FOLDERS = ("bench", "examples")
#: Folders that pages link to, and that have no README.md.
INDEXES = {"docs/ip": "status.md"}
LANGUAGES = {".py": "python", ".sv": "systemverilog", ".core": "yaml", ".json": "json", ".c": "c", ".h": "c"}
FENCE = re.compile(r"^( *)(```+|~~~+)")
LINK = re.compile(r"(\]\()([^()\s]+)(\))")
COMMENT = re.compile(r"^ *<!--.*?--> *$")
#: What no term is looked for in: code, links, parts of links that go over lines, HTML.
OPAQUE = re.compile(r"`+[^`]*`+|!?\[[^\]]*\]\([^)]*\)|<[^>]*>|\[[^\]]*$|^[^\[\]]*\]\([^)]*\)")
#: Pages whose words are not explained.
PLAIN = ("glossary.md", "CHANGELOG.md", "api.md", "source/")


def slug(text: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def outside_fences(markdown: str, change: Callable[[str], str]) -> str:
    """Change each line that is no code block's."""
    fence = ""
    lines = []
    for line in markdown.split("\n"):
        found = FENCE.match(line)
        if found and not fence:
            fence = found[2]
        elif found and line.strip() == fence:
            fence = ""
        elif not fence:
            line = change(line)
        lines.append(line)
    return "\n".join(lines)


def site_path(path: str) -> str:
    """Where a file or folder of the repository is in the site; both relative, with slashes."""
    if path in INDEXES:
        return INDEXES[path]
    if (ROOT / path).is_dir():
        path = f"{path}/README.md"
    if path in OUTSIDE:
        return OUTSIDE[path]
    if path.startswith("docs/") and not path.endswith(".py"):
        return path.removeprefix("docs/")
    if path.endswith(".md"):
        return path
    return f"source/{path}.md"


def outside_pages() -> dict[str, str]:
    """Pages outside docs/ that the site has: their names there, and their paths in the repository."""
    found = {site: path for path, site in OUTSIDE.items()}
    for folder in FOLDERS:
        for page in sorted((ROOT / folder).rglob("*.md")):
            path = page.relative_to(ROOT).as_posix()
            if "/build/" not in path:
                found[path] = path
    return found


def repository_path(uri: str) -> str:
    """The inverse of site_path, for a page of the site."""
    return outside_pages().get(uri, f"docs/{uri}")


def target(path: str, link: str) -> str | None:
    """What a link in a file means, as a path in the repository; None for one that leads elsewhere."""
    place = link.partition("#")[0]
    if not place or re.match(r"[a-z]+:", link):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), place))


def links(text: str) -> list[str]:
    """Those of a page, code left out."""
    found: list[str] = []

    def note(line: str) -> str:
        found.extend(match[2] for match in LINK.finditer(re.sub(r"`[^`]*`", "", line)))
        return line

    outside_fences(text, note)
    return found


def source_page(path: str) -> str:
    """A file of the repository as a page."""
    text = (ROOT / path).read_text(encoding="utf-8")
    language = LANGUAGES.get(Path(path).suffix, "text")
    return f"---\nsearch:\n  exclude: true\n---\n# {Path(path).name}\n\n`{path}`\n\n~~~~{language}\n{text}\n~~~~\n"


def relink(markdown: str, path: str, uri: str) -> str:
    """Links between files of the repository, as links between pages of the site."""

    def changed(match: re.Match[str]) -> str:
        file = target(path, match[2])
        if file is None or not (ROOT / file).exists():
            return match[0]
        place = posixpath.relpath(site_path(file), posixpath.dirname(uri) or ".")
        anchor = match[2].partition("#")[2]
        return f"{match[1]}{place}{f'#{anchor}' if anchor else ''}{match[3]}"

    return outside_fences(markdown, lambda line: LINK.sub(changed, line))


def as_github(markdown: str) -> str:
    """Write what Python-Markdown reads otherwise than GitHub so that both mean the same.

    A list or table may follow a paragraph at once, a bar in code in a table is escaped, comments are no blocks.
    """
    before = ""

    def changed(line: str) -> str:
        nonlocal before
        line = "" if COMMENT.match(line) else line
        if line.startswith("|"):
            line = re.sub(r"`[^`]*`", lambda code: code[0].replace(r"\|", "|"), line)
        begins = re.match(r"[-*] |\d+\. |\|", line)
        follows = before and not before.startswith((" ", "- ", "* ", "|", "#")) and not re.match(r"\d+\. ", before)
        before = line
        return f"\n{line}" if begins and follows else line

    return outside_fences(markdown, changed)


def terms(glossary: str) -> dict[str, str]:
    """What each form of a term links to: headings `## MVTU, MVAU` of the glossary."""
    found = {}
    for heading in re.findall(r"^## (.*)$", glossary, re.MULTILINE):
        for form in heading.split(", "):
            found[form.replace("`", "")] = slug(heading)
    return found


def explain(markdown: str, known: dict[str, str], glossary: str) -> str:
    """Link the first use of each term in a page's paragraphs and lists.

    Args:
        markdown: of the page.
        known: anchors in the glossary, by form of a term.
        glossary: where it is, from the page.
    """
    left = set(known.values())
    anchors = known | {form[0].upper() + form[1:]: anchor for form, anchor in known.items()}
    forms = "|".join(re.escape(form) for form in sorted(anchors, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w/.-])({forms})s?(?![\w/-]|\.\w)")

    def linked(match: re.Match[str]) -> str:
        anchor = anchors[match[1]]
        if anchor not in left:
            return match[0]
        left.discard(anchor)
        return f"[{match[0]}]({glossary}#{anchor}){{ .term }}"

    def changed(line: str) -> str:
        if line.startswith(("#", "|", "    ", ":::")):
            return line
        parts, end = [], 0
        for opaque in OPAQUE.finditer(line):
            parts += [pattern.sub(linked, line[end:opaque.start()]), opaque[0]]
            end = opaque.end()
        return "".join([*parts, pattern.sub(linked, line[end:])])

    return outside_fences(markdown, changed)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Bring in what lies outside docs/."""
    from mkdocs.structure.files import File

    pages = outside_pages()
    for uri, path in pages.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))
    paths = [*pages.values(), *(f"docs/{file.src_uri}" for file in files.documentation_pages()
                                if file.src_uri not in pages)]
    for path in paths:
        for link in links((ROOT / path).read_text(encoding="utf-8")):
            file = target(path, link)
            if file is not None and (ROOT / file).is_file() and site_path(file) not in files.src_uris:
                uri = site_path(file)
                if uri.startswith("source/"):
                    files.append(File.generated(config, uri, content=source_page(file)))
                else:
                    files.append(File.generated(config, uri, abs_src_path=str(ROOT / file)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Bring a page into the form that the site needs."""
    uri = page.file.src_uri
    if uri.startswith("source/"):
        return markdown
    markdown = as_github(relink(markdown, repository_path(uri), uri))
    if uri == "faq.md":
        # Messages are long lines.
        markdown = markdown.replace("```text\n", "``` { .text .wrap }\n")
    if uri.startswith(PLAIN):
        return markdown
    glossary = posixpath.relpath("glossary.md", posixpath.dirname(uri) or ".")
    return explain(markdown, terms((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")), glossary)
