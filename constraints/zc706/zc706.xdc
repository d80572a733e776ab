# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

# The left and the right one of the user LEDs. All clocks come from the processing system, whose IP constrains them.
set_property -dict {PACKAGE_PIN Y21 IOSTANDARD LVCMOS25} [get_ports {led[0]}]
set_property -dict {PACKAGE_PIN W21 IOSTANDARD LVCMOS25} [get_ports {led[1]}]
set_false_path -to [get_ports {led[*]}]

set_property BITSTREAM.GENERAL.COMPRESS TRUE [current_design]
