# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The tests that run inside the simulators, one module for each testbench."""

from __future__ import annotations
