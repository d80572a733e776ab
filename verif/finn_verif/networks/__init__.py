# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Random networks, and the tests of a generated network."""
