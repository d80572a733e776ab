# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

# The IP of the processing system brings the ZC706's settings along; no board files are needed.
finn_zynq7 {CONFIG.preset ZC706} 200 0x40000000
