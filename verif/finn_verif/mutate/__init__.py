# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""How many faults do tests and proofs find? ``python -m finn_verif.mutate`` (``make mutate``)."""
