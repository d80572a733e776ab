# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Stream agents, a testbench generator and a runner for the cocotb tests of the IPs."""

from __future__ import annotations
