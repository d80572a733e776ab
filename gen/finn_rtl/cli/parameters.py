"""Command line: finn-rtl parameters, for networks that nobody trained."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import click

from finn_rtl.cli.common import MOST_SEED, OUT, busy, emit, json_option, text_of, topology_of
from finn_rtl.cli.program import cli
from finn_rtl.common.errors import FinnError
from finn_rtl.common.files import write_whole


@cli.command()
@click.argument("net")
@click.option("--seed", type=click.IntRange(min=0, max=MOST_SEED), default=1, show_default=True,
              help="Another one gives other weights.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="NPZ",
              help="The file; by default the one that the topology names. It must not be there yet.")
@json_option
def parameters(net: str, seed: int, output: Path | None, as_json: bool) -> None:
    """Make parameters of NET by a seed: nothing is trained, and results mean nothing.

    For large networks, to plan, simulate and synthesize them. Weights are random, and thresholds such that every level
    is met:

    \b
      finn-rtl parameters net.json --seed 1
      finn-rtl simulate net.json --frames 2
    """
    import numpy as np  # noqa: PLC0415 - not for help alone

    from finn_rtl.meaning.seeded import seeded_parameters  # noqa: PLC0415

    topology, path = topology_of(net)
    file = path.parent / topology.parameters if output is None else output
    if file.exists():
        raise FinnError(f"{file}: is there already; name another file by -o, or remove this one")
    with busy("drawing"):
        arrays = seeded_parameters(topology, seed)
        raw = BytesIO()
        np.savez_compressed(raw, **arrays)  # type: ignore[arg-type]
        write_whole(file, raw.getvalue())
    data = {"net": topology.name, "seed": seed, "file": str(file),
            "weights": sum(array.size for key, array in arrays.items() if key.endswith(".weight"))}
    emit(as_json, data, lambda: OUT.print(f"{text_of(str(file))}: {data['weights']} weights by seed {seed}"))
