# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Ports of AXI4 masters, and of streams with tkeep."""

from __future__ import annotations

from finn_verif.testbench.instances import Port

PAGE = 4096
OKAY, SLVERR, DECERR = 0, 2, 3
INCR = 1

#: Width of each signal of an address channel; its address aside.
ADDRESS_WIDTHS = {"len": 8, "size": 3, "burst": 2, "cache": 4, "prot": 3}


def read_ports(addr_w: int, data_w: int, prefix: str = "m_axi") -> tuple[Port, ...]:
    """The read channels of a master."""
    return (
        *_address_ports("ar", addr_w, prefix),
        Port(f"{prefix}_rdata", data_w, True),
        Port(f"{prefix}_rresp", 2, True),
        Port(f"{prefix}_rlast", 1, True),
        Port(f"{prefix}_rvalid", 1, True),
        Port(f"{prefix}_rready", 1, False),
    )


def write_ports(addr_w: int, data_w: int) -> tuple[Port, ...]:
    """The write channels of a master."""
    return (
        *_address_ports("aw", addr_w),
        Port("m_axi_wdata", data_w, False),
        Port("m_axi_wstrb", data_w // 8, False),
        Port("m_axi_wlast", 1, False),
        Port("m_axi_wvalid", 1, False),
        Port("m_axi_wready", 1, True),
        Port("m_axi_bresp", 2, True),
        Port("m_axi_bvalid", 1, True),
        Port("m_axi_bready", 1, False),
    )


def stream_ports(prefix: str, data_w: int, *, is_input: bool) -> tuple[Port, ...]:
    """AXI4-Stream with tkeep, which stands above the data in one vector: the agents need not know of it.

    The signal that tkeep has of its own is not connected, nor is it driven as an input.
    """
    whole = f"{{u}}_{prefix}_tdata"
    keep = f"{whole}[{data_w + data_w // 8 - 1}:{data_w}]"
    return (
        Port(f"{prefix}_tdata", data_w + data_w // 8, is_input, expression=f"{whole}[{data_w - 1}:0]"),
        Port(f"{prefix}_tkeep", 1, False, own_signal="unused", expression=keep),
        Port(f"{prefix}_tlast", 1, is_input),
        Port(f"{prefix}_tvalid", 1, is_input),
        Port(f"{prefix}_tready", 1, not is_input),
    )


def _address_ports(channel: str, addr_w: int, prefix: str = "m_axi") -> tuple[Port, ...]:
    return (
        Port(f"{prefix}_{channel}addr", addr_w, False),
        *(Port(f"{prefix}_{channel}{name}", width, False) for name, width in ADDRESS_WIDTHS.items()),
        Port(f"{prefix}_{channel}valid", 1, False),
        Port(f"{prefix}_{channel}ready", 1, True),
    )
