# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""A generated network behind its serial line, driven by the host's packets: finn_digits_uart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cocotb.task import bridge

import finn_rtl
from finn_rtl import driver
from finn_rtl.driver.stream import pack_frames
from finn_rtl.driver.uart import UartTransport
from finn_rtl.driver.uart_protocol import WINDOW, Fault, Kind, classify_request, identity_request
from finn_rtl.meaning import reference
from finn_rtl.output.accelerator import describe
from finn_rtl.output.identity import identity
from finn_verif.bench.bench import Bench, each
from finn_verif.bench.device import SimulatedPort
from finn_verif.buses.uart import SerialHost
from finn_verif.testbench.instances import Instance, Port, clock_and_reset

if TYPE_CHECKING:
    from finn_rtl.meaning.integer import Network
    from finn_rtl.plan.plan import Plan

CLOCKS_PER_BIT = 4
INSTANCES = [Instance("digits", "finn_digits_uart", {"CLOCKS_PER_BIT": CLOCKS_PER_BIT},
                      (*clock_and_reset(), Port("rx", 1, True), Port("tx", 1, False), Port("error", 1, False)))]


def prepare() -> tuple[Network, Plan]:
    """The network, small enough for the simulators."""
    return finn_rtl.prepare("digits", fps=20000, clock_mhz=50)


async def idle_host(bench: Bench) -> SerialHost:
    """A host behind a reset."""
    bench.signal("rx").value = 1
    await bench.reset()
    return SerialHost(bench.signal("rx"), bench.signal("tx"), bench.clock, CLOCKS_PER_BIT, 1)


@each(INSTANCES, timeout_us=2000)
async def says_who_it_is(bench: Bench) -> None:
    """The words of the identity are those of the plan."""
    host = await idle_host(bench)
    await host.sender.send(identity_request(3))
    (reply,) = await host.wait_for(1)
    assert (reply.kind, reply.tag, reply.words) == (Kind.IDENTITY, 3, identity(*prepare()).words)


@each(INSTANCES, timeout_us=4000)
async def classifies_digits(bench: Bench) -> None:
    """Handwritten digits, as many requests ahead as may be, one of them damaged: labels as the reference has them."""
    network, plan = prepare()
    values = finn_rtl.dataset_frames(network).values[:WINDOW]
    labels = reference.labels(reference.infer(network, values))
    frames = pack_frames(values, plan.topology.input.map.bits, 8)[:, :, 0]
    damaged = bench.rng.randrange(len(frames))
    host = await idle_host(bench)
    for tag, frame in enumerate(frames):
        request = bytearray(classify_request(tag, frame.tobytes()))
        if tag == damaged:
            request[bench.rng.randrange(3, len(request))] ^= 1 << bench.rng.randrange(8)
        await host.sender.send(request)
    replies = await host.wait_for(len(frames), 10 * plan.latency_cycles)
    assert [reply.tag for reply in replies] == list(range(len(frames)))
    for reply in replies:
        if reply.tag == damaged:
            assert reply.fault == Fault.BAD_CRC
        else:
            assert (reply.kind, reply.payload[0]) == (Kind.RESULT, labels[reply.tag])
    await host.expect_silence()


@each(INSTANCES, timeout_us=8000)
async def is_driven_by_the_driver(bench: Bench) -> None:
    """finn_rtl.driver opens it and classifies pictures; it refuses the hardware of another folding."""
    network, plan = prepare()
    count = 2 * WINDOW + 3
    images = finn_rtl.dataset_frames(network, count)
    labels = reference.labels(reference.infer(network, images.values))
    bench.signal("rx").value = 1
    await bench.reset()

    def classify(planned: Plan) -> driver.Classification:
        form = describe(network, planned, "uart")
        with driver.Accelerator(form, UartTransport(SimulatedPort(bench, CLOCKS_PER_BIT), form)) as accelerator:
            assert images.dataset is not None
            return accelerator.classify(images.dataset.images)

    found = await bridge(classify)(plan)
    assert found.labels.tolist() == labels.tolist()
    with pytest.raises(driver.WrongHardwareError, match="folding"):
        await bridge(classify)(finn_rtl.prepare("digits", fps=50000, clock_mhz=50)[1])
