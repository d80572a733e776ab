from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from finn_rtl import Fold, build, prepare
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.driver.stream import pack_frames, unpack_results
from finn_rtl.ips.memory_text import slice_files
from finn_rtl.ips.mvtu import Mvtu, threshold_memory, weight_memory
from finn_rtl.ips.rams import block_ram, weight_ram
from finn_rtl.output.emit import render


def test_memory_layout_word_by_word() -> None:
    rng = np.random.default_rng(5)
    mvtu = Mvtu("fc", mw=12, mh=6, simd=4, pe=3, thresholds=1)
    weight, threshold = rng.integers(0, 2, (6, 12), dtype=np.uint8), rng.integers(0, 14, 6)
    layer = IntegerLayer(weight.astype(np.int8) * 2 - 1, threshold[:, None])
    words = [int(line, 16) for line in weight_memory(layer, mvtu).split()]
    assert len(words) == mvtu.sf * mvtu.nf
    for nf in range(2):
        for sf in range(3):
            for p in range(3):
                for s in range(4):
                    bit = words[nf * 3 + sf] >> (p * 4 + s) & 1
                    assert bit == weight[nf * 3 + p, sf * 4 + s]
    starts = [int(line, 16) for line in threshold_memory(layer, mvtu).split()]
    for row in range(6):
        field = starts[row // 3] >> (row % 3 * mvtu.sum_width) & (1 << mvtu.sum_width) - 1
        assert (field + threshold[row]) % (1 << mvtu.sum_width) == 0


def test_slices_side_by_side_are_the_words() -> None:
    bits = np.random.default_rng(6).integers(0, 2, (5, 10), dtype=np.uint8)
    files = slice_files("w", bits, 4)
    assert list(files) == ["w.000.mem", "w.001.mem", "w.002.mem"]
    whole = [int(line, 16) for line in slice_files("w.mem", bits, 0)["w.mem"].split()]
    for word, value in enumerate(whole):
        parts = [int(text.split()[word], 16) for text in files.values()]
        assert parts[0] | parts[1] << 4 | parts[2] << 8 == value


@pytest.mark.parametrize(("depth", "width", "cut", "rams"), [
    (4096, 36, 0, 4), (4104, 8, 4, 2), (8192, 36, 4, 9), (8200, 36, 2, 18), (16392, 9, 1, 9), (65536, 4, 1, 8)])
def test_deep_weights_are_cut_as_block_rams_are(depth: int, width: int, cut: int, rams: int) -> None:
    """A block RAM of 36 Kb has 4 bits of 8,192 words, 2 of 16,384, 1 of 32,768."""
    mvtu = Mvtu("fc", mw=depth // 8 * width, mh=8, simd=width, pe=1, thresholds=1, weight_style="block")
    assert mvtu.cycles == depth
    assert mvtu.weight_slice == cut
    assert weight_ram(width, depth) == rams


def test_a_slice_is_narrower_than_the_word() -> None:
    """One slice would be the memory itself; a memory in LUTs has none."""
    assert Mvtu("fc", mw=1024 * 4, mh=8, simd=4, pe=1, thresholds=1, weight_style="block").weight_slice == 0
    assert Mvtu("fc", mw=1024 * 8, mh=8, simd=8, pe=1, thresholds=1, weight_style="distributed").weight_slice == 0
    assert weight_ram(6, 8192) == 1 + block_ram(2, 8192)


@pytest.mark.parametrize("width", [1, 5, 8, 12, 16])
def test_frames_are_packed_element_0_first(width: int) -> None:
    bits = np.random.default_rng(1).integers(0, 2, (3, 12), dtype=np.int32)
    beats = pack_frames(bits, 1, width)
    for n in range(3):
        number = [int.from_bytes(beat.tobytes(), "little") for beat in beats[n]]
        assert [number[i // width] >> i % width & 1 for i in range(12)] == bits[n].tolist()


@pytest.mark.parametrize("width", [3, 8, 24, 40])
def test_numbers_are_packed_in_twos_complement(width: int) -> None:
    values = np.random.default_rng(2).integers(-16, 16, (2, 8), dtype=np.int32)
    beats = pack_frames(values, 5, width)
    for n in range(2):
        number = sum(int.from_bytes(beat.tobytes(), "little") << width * b for b, beat in enumerate(beats[n]))
        assert [number >> 5 * i & 31 for i in range(8)] == [int(v) & 31 for v in values[n]]


def test_results_are_unpacked_in_order(document: dict[str, Any], arrays: dict[str, Any],
                                       write_net: Callable[..., Path]) -> None:
    document["output"] = "vector"
    _, plan = prepare(str(write_net(document, arrays)), fps=1e6, folds={"fc2": Fold(simd=1, pe=2)})
    form = plan.pipeline.result
    # Two beats of two scores, 16 bits each.
    data = np.array([[[5, 0, 2, 0], [0, 0, 7, 1]]], np.uint8)
    assert unpack_results(data, form.elements, form.word, form.signed).tolist() == [[5, 2, 0, 263]]


def test_output_is_deterministic(document: dict[str, Any], arrays: dict[str, Any], write_net: Callable[..., Path],
                                 tmp_path: Path) -> None:
    path = write_net(document, arrays)
    first, second = (build(*prepare(str(path)), tmp_path / name) for name in ("a", "b"))
    assert [p.name for p in first] == [p.name for p in second]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert not any(str(tmp_path) in p.read_text() for p in first), "a path of this machine is in the output"


def test_description_of_several_lines_stays_a_comment(document: dict[str, Any], arrays: dict[str, Any],
                                                      write_net: Callable[..., Path]) -> None:
    document["description"] = 'two\nlines: "quoted"'
    files = render(*prepare(str(write_net(document, arrays))))
    assert '/// two lines: "quoted"\n' in files["finn_tiny.sv"]
    assert yaml.safe_load(files["finn_tiny.core"])["description"] == 'two lines: "quoted"'


def test_top_level_text(document: dict[str, Any], arrays: dict[str, Any], write_net: Callable[..., Path]) -> None:
    """The generated top level, whole: a change of the template shows up as a change of the golden file."""
    folds = {"fc0": Fold(simd=4, pe=2), "fc1": Fold(simd=8, pe=3), "fc2": Fold(simd=6, pe=1)}
    text = render(*prepare(str(write_net(document, arrays)), folds=folds))["finn_tiny.sv"]
    golden = Path(__file__).parent / "golden" / "finn_tiny.sv"
    if not golden.exists():
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
        pytest.fail(f"{golden} did not exist and was written; look at it and commit it")
    assert text == golden.read_text()
