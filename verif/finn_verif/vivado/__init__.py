# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Stand-ins for Vivado: its Tcl, and what a project makes of its commands."""
