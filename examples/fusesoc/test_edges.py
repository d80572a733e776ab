# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""cocotb tests of `edges`, with the stream agents of finn-rtl."""

from __future__ import annotations

import cocotb
import kernels
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles

from finn_verif.buses import axis
from finn_verif.buses.axis import AxisChecker, AxisSink, AxisSource, Beat
from finn_verif.common import seeds


def disc(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A light disc on dark ground, with noise such that sums lie at the threshold and just beside it."""
    y, x = np.mgrid[:height, :width]
    radius = rng.uniform(3, 6)
    is_inside = (y - rng.uniform(0, height)) ** 2 + (x - rng.uniform(0, width)) ** 2 < radius**2
    steps = np.where(is_inside, 4, 0) + rng.integers(0, 2, (height, width))
    return 50 * steps + (rng.random((height, width)) < 0.1)


def draw(windows: np.ndarray) -> str:
    """A character a window."""
    return "\n".join("".join(" <>?^⌜⌝?v⌞⌟?????"[window] for window in row) for row in windows)


@cocotb.test(timeout_time=10, timeout_unit="ms")
@cocotb.parametrize(pace=["full_speed", "gaps", "back_pressure", "bursts"])
async def finds_edges(dut, pace: str) -> None:
    """Every window of several pictures, whatever the pace of the two sides."""
    rng = seeds.generator("edges", pace)
    gaps, stalls = {
        "full_speed": (axis.no_pauses(), axis.no_pauses()),
        "gaps": (axis.random_pauses(rng, 0.98), axis.no_pauses()),
        "back_pressure": (axis.no_pauses(), axis.random_pauses(rng, 0.95)),
        "bursts": (axis.bursts(rng, 200), axis.bursts(rng, 200)),
    }[pace]

    Clock(dut.aclk, axis.CLOCK_PERIOD_NS, "ns").start()
    dut.aresetn.value = 0
    dut.s_axis_tvalid.value = 0
    dut.m_axis_tready.value = 0
    await ClockCycles(dut.aclk, 3)
    dut.aresetn.value = 1
    source = AxisSource(dut, "s_axis", dut.aclk, gaps, rng)
    sink = AxisSink(dut, "m_axis", dut.aclk, stalls)
    AxisChecker(dut, "m_axis", dut.aclk, dut.aresetn)

    height, width = int(dut.HEIGHT.value), int(dut.WIDTH.value)
    pictures = [disc(np.random.default_rng(rng.getrandbits(32)), height, width) for _ in range(3)]
    expected: list[Beat] = []
    for picture in pictures:
        data = picture.astype(np.uint8).tobytes()
        for beat in range(0, len(data), 4):
            source.append(Beat(int.from_bytes(data[beat : beat + 4], "little")))
        windows = kernels.edges(picture)
        expected += [Beat(int(window)) for window in windows.flat]
        expected[-1] = Beat(expected[-1].data, last=1)

    await sink.wait_for(len(expected), limit=5000)
    found = np.reshape([beat.data for beat in sink.beats[-windows.size :]], windows.shape)
    dut._log.info("the last picture, with arrows to where it is light:\n%s", draw(found))
    assert sink.beats == expected
    if pace == "full_speed":
        assert set(np.diff(sink.cycles)) == {16}, "a window every 16 cycles, without a pause"
