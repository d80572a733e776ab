# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The far ends of buses, for cocotb: AXI4-Stream, AXI4 and the host of a DMA, serial lines."""
