# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""One instance under test in cocotb: clock, reset, agents, checks; and the driver's way to it."""
