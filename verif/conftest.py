# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Makes the packages in this folder importable, wherever pytest was started."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
