# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors
# Made from axi_host.rdl by scripts/registers.py; do not edit.

"""Registers of axi_host."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Register(IntEnum):
    """Offsets in bytes."""

    MAGIC = 0x00
    MAP_VERSION = 0x04
    VERSION = 0x08
    NETWORK = 0x0C
    PARAMETERS = 0x10
    FOLDING = 0x14
    INPUT_ELEMENTS = 0x18
    INPUT_BITS = 0x1C
    RESULT_VALUES = 0x20
    RESULT_BITS = 0x24
    CYCLES_PER_FRAME = 0x28
    LATENCY_CYCLES = 0x2C
    INPUT_STRIDE = 0x30
    OUTPUT_STRIDE = 0x34
    SIGNATURE = 0x38
    LOAD_BYTES = 0x3C
    CONTROL = 0x40
    STATUS = 0x44
    FRAMES = 0x48
    SET_NUMBER = 0x4C
    INPUT_LOW = 0x50
    INPUT_HIGH = 0x54
    OUTPUT_LOW = 0x58
    OUTPUT_HIGH = 0x5C
    FRAMES_IN = 0x60
    RESULTS = 0x64
    LATENCY = 0x68
    SET_STATE = 0x6C
    SPAN_LOW = 0x70
    SPAN_HIGH = 0x74
    CYCLES_LOW = 0x78
    CYCLES_HIGH = 0x7C
    WEIGHTS_LOW = 0x80
    WEIGHTS_HIGH = 0x84
    WEIGHTS_BYTES = 0x88


class Control(IntFlag):
    """Bits of CONTROL."""

    START = 1 << 0
    ABORT = 1 << 1
    IRQ_ENABLE = 1 << 2
    LOAD = 1 << 3


class Status(IntFlag):
    """Bits of STATUS."""

    BUSY = 1 << 0
    DONE = 1 << 1
    ABORTED = 1 << 2
    READ_ERROR = 1 << 8
    WRITE_ERROR = 1 << 9
    ADDRESS_ERROR = 1 << 10
    FRAMES_ERROR = 1 << 11
    BURST_ERROR = 1 << 12
    START_WHILE_BUSY = 1 << 13
    FRAME_ERROR = 1 << 14
    PARAMETERS_ERROR = 1 << 15
    SIGNATURE_ERROR = 1 << 16
    LENGTH_ERROR = 1 << 17
    CHECKSUM_ERROR = 1 << 18
    WEIGHTS_ERROR = 1 << 19
    WEIGHTS_ADDRESS_ERROR = 1 << 20
