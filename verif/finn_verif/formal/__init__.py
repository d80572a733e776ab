# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Formal proofs of the IPs: python -m finn_verif.formal`` (``make formal``)."""
