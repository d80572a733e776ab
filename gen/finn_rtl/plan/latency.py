"""The latency of a chain of matrices, layer by layer, without back-pressure: close to the schedule's."""

from __future__ import annotations

from finn_rtl.ips.matrix import Matrix


def added_latency(before: Matrix | None, matrix: Matrix) -> int:
    """Cycles from the last output of the layer before to the last output of this one, without back-pressure.

    `before` None stands for the input stream.
    """
    cycles = matrix.cycles - matrix.sf + 2 + matrix.delay + int(matrix.replays)
    if before is None:
        return cycles
    width = before.m_width
    if width != matrix.simd:
        cycles += 1
        if width > matrix.simd:
            cycles += width // matrix.simd - 1
    # A burst that comes faster than one pass takes is followed at the pace of the pass.
    arrival = (before.nf - 1) * before.row_cycles + 1
    return cycles + max(0, matrix.sf - arrival - (width // matrix.simd - 1 if width > matrix.simd else 0))
