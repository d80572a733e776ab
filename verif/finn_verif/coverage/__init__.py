# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Coverage of the RTL by the regression: ``python -m finn_verif.coverage`` (``make coverage``)."""
