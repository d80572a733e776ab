# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Builds and runs simulations by pytest, and keeps what comes out the same."""
