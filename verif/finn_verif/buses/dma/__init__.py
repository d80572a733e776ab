# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""DMAs: their ports, the host that gives them jobs, and what holds for them."""
