# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The headless browser of the tests that need one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
#: Where playwright keeps those that it installs.
PLAYWRIGHT = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")


def find_browser() -> str:
    """Its path; empty where there is none."""
    own = next((found for name in NAMES if (found := shutil.which(name))), "")
    others = sorted(PLAYWRIGHT.glob("chromium*/chrome-linux*/*"), reverse=True) if PLAYWRIGHT.is_dir() else []
    return own or next((str(path) for path in others if path.name in ("headless_shell", "chrome")), "")


BROWSER = find_browser()
REASON = "no headless Chromium is installed (Debian: apt-get install chromium-headless-shell)"
