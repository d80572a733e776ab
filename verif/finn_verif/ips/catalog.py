# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""All IPs and what checks them; a new one has its own file in this folder, and its name in both lists here."""

from __future__ import annotations

from finn_verif.ips import (
    add,
    axi_host,
    axi_read_arbiter,
    axis_dwc,
    axis_fifo,
    axis_fork,
    axis_frame_guard,
    axis_register,
    bank_ram,
    bit_heap,
    common,
    concat,
    dma_job,
    dma_mm2s,
    dma_s2mm,
    join_stream,
    label_select,
    maxpool,
    mvtu,
    mvtu_precision,
    mvtu_products,
    mvtu_starts,
    mvtu_stream,
    mvtu_unfolded,
    parameter_loader,
    pipeline_output,
    pool_stream,
    replay_buffer,
    requant,
    sumpool,
    swu,
    swu_parallel,
    threshold,
    uart,
    upsample,
    weight_reader,
)
from finn_verif.ips.base import Checks, ModuleParameters, ModuleShapes, Mutation, Proof

#: In the order of the pages of proofs and of planted faults.
IPS: dict[str, Checks] = {module.CHECKS.name: module.CHECKS for module in (
    common,
    axis_register,
    pipeline_output,
    axis_fifo,
    axis_fork,
    axis_dwc,
    axis_frame_guard,
    label_select,
    pool_stream,
    maxpool,
    sumpool,
    threshold,
    join_stream,
    add,
    concat,
    upsample,
    requant,
    bank_ram,
    replay_buffer,
    swu,
    swu_parallel,
    mvtu,
    mvtu_starts,
    mvtu_products,
    mvtu_precision,
    mvtu_stream,
    mvtu_unfolded,
    bit_heap,
    dma_job,
    dma_mm2s,
    dma_s2mm,
    parameter_loader,
    axi_read_arbiter,
    weight_reader,
    axi_host,
    uart,
)}

PROOFS: tuple[Proof, ...] = tuple(proof for ip in IPS.values() for proof in ip.proofs)
PROOF_OF = {proof.name: proof for proof in PROOFS}
MUTATIONS: tuple[Mutation, ...] = tuple(
    Mutation(PROOF_OF[name], file, old, new) for ip in IPS.values() for name, file, old, new in ip.mutations)
#: By module; one that is not named has no corner shapes that are asked for.
SHAPES: ModuleShapes = {module: shapes for ip in IPS.values() for module, shapes in ip.shapes.items()}
#: By module.
LINT: ModuleParameters = {module: sets for ip in IPS.values() for module, sets in ip.lint.items()}
#: What campaigns run with other seeds.
SOAKED = tuple(name for name, ip in IPS.items() if ip.is_soaked)
