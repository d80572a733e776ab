# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What everything else uses: places in the repository, seeds, contents of memories."""
