# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The top level with the instances under test, and what it notes."""
