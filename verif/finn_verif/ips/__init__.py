# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks each IP beside its cocotb tests: an IP has one file here, and a line in the catalog."""
