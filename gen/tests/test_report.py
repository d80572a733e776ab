"""The page on a design: strict HTML that loads nothing, with all IPs; text of others is escaped, figures are right."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from page_checks import Page, check_page, contrast, themes
from PIL import Image
from site_checks import faults, read

from finn_rtl import api
from finn_rtl.cli import program as cli
from finn_rtl.description.data import Dataset
from finn_rtl.description.files import parse_topology
from finn_rtl.description.networks import find_topology
from finn_rtl.meaning import reference
from finn_rtl.operators.schema import Fold
from finn_rtl.plan.activity import fifo_levels, planned_activity
from finn_rtl.plan.costs import ENDS, layer_of
from finn_rtl.plan.devices import DEVICES, put_memories
from finn_rtl.plan.plan import Plan, make_plan
from finn_rtl.plan.roofline import make_roofline
from finn_rtl.report import charts, graph
from finn_rtl.report.page import render_page
from finn_rtl.report.reasons import hand_folds, reasons
from finn_rtl.report.samples import MOST, MOST_WRONG, chosen, samples
from finn_rtl.tools.simulation import Simulation

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]

NAMES = {"digits max": "digits", "digits fit": "digits", "digits_resnet max": "digits_resnet"}
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\"'{{ 7*7 }}"


@pytest.fixture(scope="module", params=list(NAMES))
def plan(request: pytest.FixtureRequest) -> Plan:
    net, scenario = request.param.split()
    return make_plan(find_topology(net)[0], scenario)


@pytest.fixture(scope="module")
def resnet() -> Plan:
    return make_plan(find_topology("digits_resnet")[0])


def report(*words: str) -> tuple[str, dict[str, Any]]:
    """The page that the command line writes, and what it says."""
    done = CliRunner().invoke(cli.cli, ["report", *words, "-o", "new/page.html", "--json"], catch_exceptions=False)
    assert [path.name for path in Path("new").iterdir()] == ["page.html"]
    return Path("new/page.html").read_text(), json.loads(done.stdout)


def test_a_page_is_sound_and_has_every_ip(plan: Plan) -> None:
    text = render_page(plan, frozenset())
    page = check_page(text)
    assert faults(read(text)) == [] and len(text) < 300_000
    links = [one for one in page.every("a") if "ip" in one.attributes.get("class", "").split()]
    cards = page.every("article")
    assert len(cards) == len(plan.pipeline.ips)
    for index, ip in enumerate(plan.pipeline.ips):
        card = page.named(f"ip-{index}")
        heading = page.named(f"ip-{index}-name").text.split()
        assert heading == [ip.name, ip.module] and f"{ip.frame_cycles:,}, busy" in card.text
        assert f"{ip.cost.lut:,.0f} LUT, {ip.cost.bram36:g} BRAM36, {ip.cost.dsp} DSP" in card.text
        for name, depth in ip.buffers.items():
            assert f"{name}: {depth:,} place" in card.text
        for key, value in ip.parameters(plan.topology.name).items():
            assert key in card.text and str(value) in card.text
        [link] = [one for one in links if one.attributes["href"] == f"#ip-{index}"]
        assert link.attributes["aria-label"].startswith(f"{ip.name}, {ip.module}, busy ")
    strips = [one.attributes["alt"] for one in page.every("img") if "busy, planned" in one.attributes["alt"]]
    assert strips == [f"{ip.name} busy, planned, over time" for ip in plan.pipeline.ips]
    for figure in (f"{plan.fps:,.0f}", f"{plan.cycles_per_frame:,} cycles", f"{plan.latency_cycles:,} cycles"):
        assert figure in page.every("dl")[0].text
    pace = [one for one in links if "pace" in one.attributes["class"].split()]
    assert pace and all("sets the pace" in one.attributes["aria-label"] for one in pace)


def test_pictures_and_results() -> None:
    """By the reference, counted again here."""
    text, said = report("digits", "--frames", "40")
    page = check_page(text)
    assert said["net"] == "digits" and said["page"] == "new/page.html" and said["bytes"] == len(text.encode())
    tiles = page.every("dl")[0].text
    right = int(re.search(r"Recognized([\d.]+)%", tiles.replace("\n", ""))[1].replace(".", ""))  # type: ignore[index]
    network = api.load("digits")
    frames = api.dataset_frames(network, 40)
    found = reference.labels(reference.infer(network, frames.values))
    assert frames.dataset is not None
    is_right = found == frames.dataset.labels
    assert right == round(10_000 * is_right.mean())
    shown = [one for one in page.every("li") if any("pictures" in parent.attributes.get("class", "")
                                                    for parent in one.parents)]
    texts = [f"{found[index]}" + ("" if is_right[index] else f", is {frames.dataset.labels[index]}")
             for index in chosen(is_right)]
    assert [one.text.strip() for one in shown] == texts and len(texts) == MOST
    assert [one.attributes.get("class") != "bad" for one in shown] == is_right[chosen(is_right)].tolist()
    picture = next(one for one in page.every("img") if one.attributes["alt"].startswith("A picture of"))
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.attributes["src"].partition(",")[2]))))
    assert (pixels == 255 - frames.dataset.images[chosen(is_right)[0]].astype(int) * 255 // 16).all()


@pytest.mark.parametrize(("wrong", "right"), [(0, 100), (3, 2), (MOST_WRONG, 100), (100, 3), (100, 0)])
def test_which_pictures(wrong: int, right: int) -> None:
    is_right = np.random.default_rng(1).permutation(np.arange(wrong + right) >= wrong)
    shown = chosen(is_right)
    bad = min(wrong, MOST_WRONG)
    assert len(set(shown)) == len(shown) == bad + min(right, MOST - bad)
    assert not is_right[shown[:bad]].any() and is_right[shown[bad:]].all()


def test_no_pictures(document: dict[str, Any], arrays: dict[str, np.ndarray], write_net: Callable[..., Path]) -> None:
    """The page says why."""
    for words, why in ((["sfc", "--fps", "1000"], "mnist are not at hand"),
                       ([str(write_net(document, arrays))], "names no data set")):
        page = check_page(report(*words)[0])
        assert why in page.named("figures").parents[-1].text
        assert "Pictures" not in [one.text for one in page.every("h2", "a")]


def test_text_of_others_is_text() -> None:
    """Whatever users call things, no element comes of it."""
    tame = make_plan(find_topology("digits")[0], fps=1000)
    evil = replace(tame, device=replace(tame.device, name=EVIL, board=EVIL, source=EVIL),
                   topology=tame.topology.model_copy(update={"description": f"{EVIL}\x00\x1b[31m\ud800\u202e"}))
    shown = Page(render_page(tame, frozenset()))
    text = render_page(evil, frozenset(), None, EVIL)
    text.encode()
    page = check_page(text)
    # The paragraph that says why there are no pictures.
    assert [one.tag for one in page.elements if one.tag != "p"] == [one.tag for one in shown.elements if one.tag != "p"]
    assert len(page.every("p")) == len(shown.every("p")) + 1
    assert page.every("h1")[0].text == f"digits on {EVIL}"
    assert "\\x00\\x1b[31m\\ud800\\u202e" in page.every("header")[0].text


def test_names_of_classes_are_text() -> None:
    data = Dataset(np.zeros((2, 4, 4, 3), np.uint8), np.array([0, 1]), ("a", "b"))
    plan = make_plan(find_topology("digits")[0], fps=1000)
    page = check_page(render_page(plan, frozenset(), samples(data, np.array([0, 0]), (EVIL, f"{EVIL}2"), "x", "them")))
    assert f"{EVIL}, is {EVIL}2" in page.every("ul")[1].text
    assert {one.attributes["alt"] for one in page.every("img")} >= {f"A picture of {EVIL}", f"A picture of {EVIL}2"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_can_be_read(theme: str) -> None:
    """WCAG AA: 4.5 for text, 3 for what must be seen beside it."""
    colours = themes(render_page(make_plan(find_topology("digits")[0], "fit"), frozenset()))[theme]
    for text, grounds in {"text": "page panel box", "quiet": "page panel box", "accent": "page panel",
                          "bad": "page panel", "good": "page panel"}.items():
        for ground in grounds.split():
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    seen = ["warn", "accent", *(f"c{number}" for number in range(charts.MOST_COLOURS))]
    for ground in ("page", "box"):
        for colour in seen:
            assert contrast(colours[colour], colours[ground]) >= 3, (colour, ground)
    assert contrast(colours["c0"], colours["track"]) >= 3
    strip = f"#{bytes(charts.STRIP_RGB).hex()}"
    assert contrast(strip, colours["panel"]) >= 3


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21) and contrast("#777777", "#ffffff") == pytest.approx(
        4.48, abs=0.005)


def test_fifos_over_time(resnet: Plan) -> None:
    """What is in them, cycle by cycle, is at most what the schedule saw, and that at some time."""
    levels = fifo_levels(resnet.pipeline, 1, resnet.schedule.results[3] + 1)
    held = {name: most for name, most in resnet.schedule.held.items() if name.endswith("_fifo")}
    assert len(held) == 3 and {name: int(level.max()) for name, level in levels.items()} == held
    assert all(level.min() == 0 and abs(np.diff(level)).max() == 1 for level in levels.values())


def test_graph(plan: Plan) -> None:
    """Boxes lie beside each other in the order in which they read, and every stream has a wire."""
    layers = [layer.name for layer in plan.topology.layers]
    drawing = graph.draw(plan.pipeline, layers)
    boxes = {box.index: box for block in drawing.blocks for box in block.boxes}
    assert sorted(boxes) == list(range(len(plan.pipeline.ips)))
    assert {block.name for block in drawing.blocks} == {graph.FRONT, *layers, graph.BEHIND}
    areas = [(block.x, block.y, block.x + graph.BLOCK_WIDTH, block.y + block.height) for block in drawing.blocks]
    for number, (x1, y1, x2, y2) in enumerate(areas):
        assert 0 <= x1 < x2 <= drawing.width and 0 <= y1 < y2 <= drawing.height
        assert all(x2 <= left or right <= x1 or y2 <= top or bottom <= y1
                   for left, top, right, bottom in areas[:number])
        for box in drawing.blocks[number].boxes:
            assert x1 < box.x and box.x + graph.BOX_WIDTH < x2
            assert y1 < box.y and box.y + graph.BOX_HEIGHT < y2
    wires = list(zip(plan.pipeline.links, drawing.wires, strict=True))
    for (source, sink), wire in wires:
        a, b = boxes[source.node], boxes[sink.node]
        x, y, *ways = re.findall(r"[MHV ](-?\d+)", wire)
        assert a.x <= int(x) <= a.x + graph.BOX_WIDTH and a.y <= int(y) <= a.y + graph.BOX_HEIGHT
        numbers = [int(number) for number in ways]
        assert all(0 <= number <= max(drawing.width, drawing.height) for number in numbers)
        assert numbers[-1] in {b.x - 1, b.x + graph.BOX_WIDTH + 1, b.y - 1}, wire
    column = graph.columns_of(plan.pipeline, graph.blocks_of(plan.pipeline, layers))
    for index, sources in enumerate(plan.topology.sources):
        for source in sources:
            assert column[layers[index]] > column[layers[source] if source >= 0 else graph.FRONT]


def test_the_next_slower_folding_is_what_the_page_says() -> None:
    """With it the design takes as many cycles; with none in between."""
    topology = find_topology("digits")[0]
    plan = make_plan(topology)
    [told] = [text for text in reasons(plan, plan.pipeline.matrices[0], frozenset()) if "next slower" in text]
    assert "the next slower folding takes 24 cycles a frame, and frames come every 16." in told
    # 192 x 128 in 24 cycles; there is no divisor of the product between.
    slower = {"fc0": Fold(simd=64, pe=16), "fc1": Fold(simd=128, pe=8), "fc2": Fold(simd=16, pe=5)}
    assert make_plan(topology, "fix", folds=slower).cycles_per_frame == 24
    assert not [n for n in range(17, 24) if 192 * 128 % n == 0]


def test_slower_foldings_of_groups() -> None:
    """A whole matrix of groups has as many inputs a row as its groups have."""
    layers = [{"type": "conv", "name": "c0", "channels": 8, "kernel": 3, "padding": 1, "groups": 4, "weights": 4,
               "activation": {"bits": 4}}, {"type": "fc", "name": "f0", "units": 4, "weights": 4, "activation": "none"}]
    encoding = {"type": "integer", "bits": 4, "signed": False}
    topology = parse_topology({"name": "net", "parameters": "net.npz", "layers": layers,
                               "input": {"shape": [8, 8, 4], "encoding": encoding}}, "net")
    plan = make_plan(topology, fps=1e6, folds={"c0": Fold(simd=9, pe=8, window=True)})
    matrix = plan.pipeline.matrices[0]
    assert (matrix.mw, matrix.frame_cycles) == (36, 64)
    slower = make_plan(topology, folds={"c0": Fold(simd=9, pe=4, window=True)})
    assert slower.pipeline.matrices[0].frame_cycles == 128
    told = " ".join(reasons(plan, matrix, frozenset()))
    assert "slower foldings would keep the pace too, from 128 cycles a frame on" in told


def test_reasons_by_hand_and_as_asked_for() -> None:
    topology = find_topology("digits_w2a2")[0]
    plan = make_plan(topology, fps=1000, folds={"fc0": Fold(simd=8, pe=4)}, arithmetic={"fc1": "serial"},
                     memories="lut")
    first, second = plan.pipeline.matrices[:2]
    assert "Folded by hand: SIMD 8, PE 4." in reasons(plan, first, frozenset({"fc0"}))
    assert "Products as asked for: serial." in reasons(plan, second, frozenset({"fc0"}))
    assert any("none were asked for" in text for ip in (first, second) for text in reasons(plan, ip, frozenset()))
    assert hand_folds(topology.model_copy(update={"folding": {"fc2": Fold(simd=1, pe=1)}}), "max") == {"fc2"}


def test_prices_of_memories(plan: Plan) -> None:
    """What the page says that a block RAM saves is what the estimate changes by."""
    checked = 0
    for ip in plan.pipeline.matrices:
        text = " ".join(reasons(plan, ip, frozenset()))
        for memory in ip.memories:
            in_luts, in_blocks = (put_memories(ip, (memory,), (ram,)).cost for ram in ("distributed", "block"))
            saved = (in_luts.lut - in_blocks.lut) / (in_blocks.bram36 - in_luts.bram36)
            if ip.cost == in_blocks:
                assert f"which saves {saved:,.1f} LUTs each" in text
                checked += 1
            elif len(ip.memories) == 1:
                assert f"would save {saved:,.1f} at most" in text
                checked += 1
    assert checked or plan.scenario == "fit"


def test_strips() -> None:
    shares = np.linspace(0, 1, 37)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(charts.strip(shares).partition(",")[2]))))
    assert pixels.shape == (1, 37, 4) and (pixels[..., :3] == charts.STRIP_RGB).all()
    assert (abs(pixels[0, :, 3] / 255 - shares) <= 0.5 / 255).all()


def test_bars(plan: Plan) -> None:
    bars, modules = charts.resources(plan)
    assert len(modules) <= charts.MOST_COLOURS
    for bar, most in zip(bars, (plan.device.lut, plan.device.bram36, plan.device.dsp), strict=True):
        field = {"LUT": "lut", "BRAM36": "bram36", "DSP": "dsp"}[bar.name]
        assert bar.share == getattr(plan.cost, field) / most
        ends = [parts[-1].begin + parts[-1].width for _, _, parts in bar.rows]
        assert not ends or max(ends) == pytest.approx(100)
        layers = [layer.name for layer in plan.topology.layers]
        totals = {layer: sum(getattr(ip.cost, field) for ip in plan.pipeline.ips if layer_of(ip.name, layers) == layer)
                  for layer in (*layers, ENDS)}
        assert [layer for layer, *_ in bar.rows] == [layer for layer, total in totals.items() if total]
        for layer, _, parts in bar.rows:
            assert sum(part.width for part in parts) == pytest.approx(100 * totals[layer] / max(totals.values()))
            assert all(modules[part.colour] == part.name for part in parts)


@pytest.mark.parametrize("device", ["xc7z045", "xc7a100t", "lfe5u-85"])
def test_roofline(device: str) -> None:
    """On the page as it is computed: a rate on a line is bandwidth times operations a byte."""
    plan = make_plan(find_topology("digits")[0], fps=1000, device=DEVICES[device])
    line = make_roofline([("1000 fps", plan)])
    chart = charts.roof_chart(line)
    [spot] = [one for one in chart.spots if one.kind == "port"]
    [port] = [one for one in chart.lines if one.kind == "port"]
    slope = (port.y2 - port.y1) / (port.x2 - port.x1)
    y = port.y1 + slope * (spot.x - port.x1)
    decade = chart.y_ticks[0][0] - chart.y_ticks[1][0]
    above = (spot.y - y) / decade
    point = line.points[0]
    assert 10**above == pytest.approx(line.port * point.per_port_byte / point.rate, rel=0.02)
    [own] = [one for one in chart.lines if one.kind == "own"]
    assert 10 ** ((spot.y - own.y1) / decade) == pytest.approx(line.own.folded / point.rate, rel=0.02)
    for one in chart.lines:
        assert all(-0.1 <= x <= 100.1 for x in (one.x1, one.x2)) and all(-1 <= y <= chart.height + 1
                                                                         for y in (one.y1, one.y2))
    labels = sorted(one.y2 for one in chart.lines if one.text)
    assert all(b - a >= charts.LINE_HEIGHT for a, b in zip(labels, labels[1:], strict=False))


def test_a_page_stays_where_the_next_one_fails(capsys: pytest.CaptureFixture[str],
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    Path("page.html").write_text("mine")

    def fail(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")
    for words, name in (("digits --fps 1e12", ""), ("digits --fps 1000", "pathlib.Path.write_bytes")):
        if name:
            monkeypatch.setattr(name, fail)
        monkeypatch.setattr("sys.argv", ["finn-rtl", "report", *words.split(), "-o", "page.html"])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        assert end.value.code == 2 and said.err.startswith("error: ") and said.err.count("\n") == 1 and not said.out
    assert "page.html: the page cannot be written (No space left on device)" in said.err
    assert Path("page.html").read_text() == "mine" and [path.name for path in Path().iterdir()] == ["page.html"]


@pytest.mark.parametrize("mismatches", [0, 3])
def test_page_of_a_simulation(mismatches: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results are those of the RTL, not of the reference."""
    def run(network: Any, plan: Plan, values: Any, *_: object, **options: Any) -> Simulation:
        assert options["has_work"]
        told = reference.labels(reference.infer(network, values))[:, None]
        outputs = told.copy()
        outputs[:mismatches] = (outputs[:mismatches] + 1) % 10
        planned = planned_activity(plan)
        columns = [planned.names.index(matrix.name) for matrix in plan.pipeline.matrices]
        worked = planned.worked[:, columns].copy()
        worked[:mismatches, 0] ^= 1
        work = replace(planned, names=tuple(planned.names[column] for column in columns), worked=worked)
        return Simulation(outputs, told, np.zeros(len(told), bool), mismatches, plan.latency_cycles,
                          float(plan.cycles_per_frame), 1.0, work=work)
    monkeypatch.setattr("finn_rtl.tools.simulation.simulate", run)
    done = CliRunner().invoke(cli.cli, ["simulate", "digits", "--frames", "30", "--report", "page.html", "--json"])
    assert done.exit_code == (1 if mismatches else 0) and json.loads(done.stdout)["page"] == "page.html"
    page = check_page(Path("page.html").read_text())
    tiles = page.every("dl")[0].text
    assert f"{mismatches} mismatches" in tiles and "by the RTL" in tiles
    accuracy = json.loads(done.stdout)["accuracy_rtl"]
    assert f"{accuracy:.2%}" in tiles
    text = page.every("main")[0].text
    assert re.search(rf"In the RTL {mismatches} of [\d,]+ values differ from the plan", text)
    assert sum("measured" in one.attributes["alt"] for one in page.every("img")) == 3
