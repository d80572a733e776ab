"""The page on a design in a browser: it fits the screen, a click tells of an IP, the graph can be scaled."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path

import pytest
from browsers import BROWSER, FLAGS, REASON

from finn_rtl.description.networks import find_topology
from finn_rtl.plan.plan import make_plan
from finn_rtl.report.page import render_page

pytestmark = [pytest.mark.steady, pytest.mark.skipif(not BROWSER, reason=REASON)]

LISTEN = """<script>
const faults = [];
addEventListener("error", (event) => faults.push(event.message));
addEventListener("securitypolicyviolation", (event) => faults.push(event.violatedDirective));
</script>"""
# What a user does, and what is to be seen then; told in the title.
USE = """<script>
addEventListener("load", () => {
  const all = (what) => [...document.querySelectorAll(what)];
  const width = () => +all(".scroller svg")[0].getAttribute("width");
  const shown = () => all(".card").filter((one) => one.getClientRects().length).map((one) => one.id);
  const press = (what) => { all(`[data-do=${what}]`)[0].click(); return width(); };
  const click = (one) => one.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  const told = { inner: innerWidth, whole: document.documentElement.scrollWidth, first: shown(), natural: width() };
  click(all("a.ip")[0].querySelector("rect"));
  told.clicked = shown();
  told.marked = all("a.ip.selected").map((one) => one.getAttribute("href"));
  told.larger = press("in");
  told.again = press("natural");
  told.all = press("all");
  told.room = all(".scroller")[0].clientWidth;
  told.smaller = press("out");
  press("natural");
  all(".scroller")[0].scrollLeft = 100;
  told.left = all(".scroller")[0].scrollLeft;
  location.hash = all(".buffers a")[1].getAttribute("href");
  setTimeout(() => {
    Object.assign(told, { linked: shown(), hash: location.hash, faults });
    document.title = JSON.stringify(told);
  }, 100);
});
</script>"""


@pytest.mark.parametrize("width", [390, 1280])
def test_page_in_a_browser(width: int, tmp_path: Path) -> None:
    plan = make_plan(find_topology("digits_resnet")[0])
    page = tmp_path / "page.html"
    text = render_page(plan, frozenset()).replace("<script>", f"{LISTEN}<script>").replace("</body>", f"{USE}</body>")
    page.write_text(text)
    done = subprocess.run([BROWSER, *FLAGS, "--virtual-time-budget=5000",
                           f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--dump-dom",
                           page.as_uri()], capture_output=True, text=True, check=True, timeout=60)
    told = json.loads(html.unescape(re.search("<title>(.*?)</title>", done.stdout)[1]))  # type: ignore[index]
    assert told["faults"] == []
    assert told["inner"] == width and told["whole"] <= width
    slowest = plan.pipeline.ips.index(plan.pipeline.bottleneck())
    assert told["first"] == [f"ip-{slowest}"]
    assert told["clicked"] == ["ip-0"] and told["marked"] == ["#ip-0"]
    assert told["all"] <= told["room"] and told["smaller"] < told["all"]
    assert told["larger"] > told["natural"] == told["again"]
    assert told["linked"] == [told["hash"][1:]] != told["clicked"]
    assert told["left"] == (100 if width == 390 else max(0, min(100, told["natural"] - told["room"])))
