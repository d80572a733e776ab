# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

# No pins of the programmable logic are used. All clocks come from the processing system, whose IP constrains them.
set_property BITSTREAM.GENERAL.COMPRESS TRUE [current_design]
