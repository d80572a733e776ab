# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

# LD0 and LD1. All clocks come from the processing system, whose IP constrains them.
set_property -dict {PACKAGE_PIN R14 IOSTANDARD LVCMOS33} [get_ports {led[0]}]
set_property -dict {PACKAGE_PIN P14 IOSTANDARD LVCMOS33} [get_ports {led[1]}]
set_false_path -to [get_ports {led[*]}]

set_property BITSTREAM.GENERAL.COMPRESS TRUE [current_design]
