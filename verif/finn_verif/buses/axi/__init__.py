# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""AXI4: a memory behind the channels of a master."""
