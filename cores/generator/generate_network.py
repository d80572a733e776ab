# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""FuseSoC generator of a network: reads its parameters, calls finn_rtl, lists the files."""

from __future__ import annotations

import sys
from pathlib import Path

from fusesoc.capi2.generator import Generator

from finn_rtl.cli.fusesoc import generate
from finn_rtl.common.errors import FinnError

# Below FuseSoC's folder, in which its own files are.
FOLDER = "files"


class NetworkGenerator(Generator):
    """Writes the files of a network into the working folder."""

    def run(self) -> None:
        """Called by FuseSoC."""
        files = generate(self.config, Path(self.files_root), Path(FOLDER))
        self.add_files([
            {f"{FOLDER}/{name}": {"file_type": "systemVerilogSource"} if name.endswith(".sv")
             else {"file_type": "mem" if name.endswith(".mem") else "user", "copyto": place}}
            for name, place in files.items()])


if __name__ == "__main__":
    generator = NetworkGenerator()
    try:
        generator.run()
    except FinnError as error:
        sys.exit(f"error: {error}")
    generator.write()
