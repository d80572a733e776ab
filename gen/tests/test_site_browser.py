# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The site in a browser: every page opens without an error, fits phones and screens, can be read, and is found."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from browsers import BROWSER, FLAGS, REASON

pytestmark = [pytest.mark.steady, pytest.mark.skipif(not BROWSER, reason=REASON)]

WIDTHS = (390, 1280)
#: Seconds for all pages.
PATIENCE = 110
#: Goes first into every page: what goes wrong there, and no colours on their way to others.
LISTEN = b"""<script>
window.faults = [];
addEventListener("error", (event) => {
  faults.push(event.message || `${event.target.src || event.target.href} not loaded`);
}, true);
addEventListener("unhandledrejection", (event) => faults.push(String(event.reason)));
</script><style>* { transition: none !important; }</style>"""
#: Opens page after page in a frame, and sends home what is seen.
LOOK = """<!doctype html><meta charset="utf-8"><title>look</title><iframe id="frame" style="height: 900px"></iframe>
<script>
const frame = document.getElementById("frame");
const pause = (time) => new Promise((done) => setTimeout(done, time));
const open = (page) => new Promise((done) => { frame.onload = () => done(frame.contentWindow); frame.src = page; });
const parts = (colour) => [...colour.match(/[\\d.]+/g).map(Number), 1].slice(0, 4);
const over = (top, ground) => [0, 1, 2].map((i) => top[i] * top[3] + ground[i] * (1 - top[3]));
const luminance = (colour) => colour.map((part) => part / 255)
  .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
function ground(view, one) {
  const layers = [];
  for (let at = one; at; at = at.parentElement) {
    const colour = parts(view.getComputedStyle(at).backgroundColor);
    if (colour[3]) layers.push(colour);
    if (colour[3] === 1) break;
  }
  return layers.reverse().reduce((seen, layer) => over(layer, seen), [255, 255, 255]);
}
function dim(view) {
  const found = new Set(), known = new Map();
  const walker = view.document.createTreeWalker(view.document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    // What is for the mouse alone: the sign of a permanent link.
    if (!walker.currentNode.data.trim() || one.closest("script, style, template, noscript, svg, .headerlink")) continue;
    if (!one.getClientRects().length || !one.checkVisibility({ opacityProperty: true })) continue;
    const style = view.getComputedStyle(one), back = ground(view, one), key = `${style.color} ${back}`;
    if (!known.has(key)) {
      const [low, high] = [luminance(over(parts(style.color), back)), luminance(back)].sort((a, b) => a - b);
      known.set(key, (high + 0.05) / (low + 0.05));
    }
    const size = parseFloat(style.fontSize), is_large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    const text = walker.currentNode.data.trim().slice(0, 30);
    if (known.get(key) < (is_large ? 3 : 4.5))
      found.add(`${one.tagName}.${one.className} ${known.get(key).toFixed(2)} ${text}`);
  }
  return [...found].slice(0, 5);
}
async function look(page) {
  const view = await open(page), told = { page, dim: [], wide: [] };
  for (const scheme of ["default", "slate"]) {
    view.document.body.dataset.mdColorScheme = scheme;
    told.dim.push(...dim(view).map((text) => `${scheme}: ${text}`));
  }
  for (const width of WIDTHS) {
    frame.style.width = `${width}px`;
    const whole = view.document.documentElement.scrollWidth;
    if (whole > width) told.wide.push([width, whole]);
  }
  return { ...told, title: view.document.title, faults: view.faults };
}
async function search(words) {
  const view = await open(`index.html?q=${words}`);
  for (let tries = 0; tries < 100; ++tries) {
    const found = [...view.document.querySelectorAll(".md-search-result__item a.md-search-result__link")];
    if (found.length) return { found: found.slice(0, 10).map((one) => one.getAttribute("href")), faults: view.faults };
    await pause(100);
  }
  return { found: [], faults: view.faults };
}
(async () => {
  const told = { pages: [] };
  try {
    for (const page of PAGES) told.pages.push(await look(page));
    told.search = await search("initiation interval");
  } catch (error) { told.error = `${error} ${error.stack}`; }
  await fetch("/told", { method: "POST", body: JSON.stringify(told) });
})();
</script>"""


class _Server(SimpleHTTPRequestHandler):
    """The site, with ears in each page; takes what the browser has seen."""

    def __init__(self, *arguments: Any, pages: list[str], told: queue.SimpleQueue[Any], **others: Any) -> None:
        self.pages, self.told = pages, told
        super().__init__(*arguments, **others)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """A page."""
        path = Path(self.translate_path(self.path))
        if self.path == "/look.html":
            text = LOOK.replace("PAGES", json.dumps(self.pages), 1).replace("WIDTHS", json.dumps(WIDTHS), 1).encode()
        elif path.suffix == ".html" and path.is_file():
            text = path.read_bytes().replace(b"<head>", b"<head>" + LISTEN, 1)
        else:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self) -> None:
        """What was seen."""
        self.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()


def seen(folder: Path, pages: list[str], profile: Path) -> dict[str, Any]:
    """What a browser sees of pages."""
    told: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Server, directory=str(folder), pages=pages, told=told))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = subprocess.Popen([BROWSER, *FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0",
                                "--window-size=1400,1000", f"http://127.0.0.1:{server.server_port}/look.html"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        return told.get(timeout=PATIENCE)
    finally:
        # With all that it started: on Debian the command is a script, which the browser outlives.
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def visit(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """All pages but sources, in one visit."""
    pages = [page.relative_to(site).as_posix() for page in sorted(site.rglob("*.html"))]
    chosen = [page for page in pages if not page.startswith("source/") and page != "404.html"]
    yield seen(site, chosen, tmp_path_factory.mktemp("profile"))


def test_every_page_opens(visit: dict[str, Any]) -> None:
    """Without an error, in both widths; the texts of both themes stand out from what they stand on."""
    assert "error" not in visit, visit["error"]
    assert len(visit["pages"]) > 60 and all(page["title"] for page in visit["pages"])
    for what in ("faults", "wide", "dim"):
        assert {page["page"]: page[what] for page in visit["pages"] if page[what]} == {}, what


def test_the_search_finds(visit: dict[str, Any]) -> None:
    assert visit["search"]["faults"] == []
    assert any("glossary.html" in link for link in visit["search"]["found"]), visit["search"]


def test_bad_pages_are_seen(tmp_path: Path) -> None:
    """An error, a picture that is not there, a text that is grey on grey, and one that is too wide for phones."""
    (tmp_path / "bad.html").write_text("""<html><head><title>bad</title></head><body style="background: #888">
<p style="color: #999">grey on grey</p><p>fine</p><img src="none.png"><div style="width: 600px">wide</div>
<script>nothing.at.all;</script></body></html>""")
    (tmp_path / "index.html").write_text(
        '<html><head></head><p class="md-search-result__item"><a class="md-search-result__link" href="a">')
    [page] = seen(tmp_path, ["bad.html"], tmp_path / "profile")["pages"]
    assert len(page["faults"]) == 2 and "none.png not loaded" in " ".join(page["faults"])
    assert page["wide"] == [[390, page["wide"][0][1]]] and page["wide"][0][1] >= 600
    assert page["dim"] == ["default: P. 1.24 grey on grey", "slate: P. 1.24 grey on grey"]
