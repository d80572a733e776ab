"""Command line: finn-rtl paths."""

from __future__ import annotations

import json

import click

from finn_rtl.cli.program import cli
from finn_rtl.common.places import FOLDERS, library

WHAT = {"library": "all of it", **FOLDERS}


@cli.command()
@click.argument("name", required=False, type=click.Choice(list(WHAT)))
@click.option("--json", "as_json", is_flag=True,
              help="Print one JSON object to standard output, and nothing else there.")
def paths(name: str | None, as_json: bool) -> None:
    """Print where the RTL, the networks and boards, and the pins are.

    All of them, or one that is named, for other programs. Each is a library of FuseSoC:

    \b
      fusesoc library add finn "$(finn-rtl paths library)"
    """
    root = library()
    places = {"library": root, **{folder: root / folder for folder in FOLDERS}}
    chosen = places if name is None else {name: places[name]}
    if as_json:
        click.echo(json.dumps({key: str(path) for key, path in chosen.items()}, indent=2))
    elif name is not None:
        click.echo(places[name])
    else:
        width = max(map(len, WHAT))
        for key, path in places.items():
            click.echo(f"{key:{width}}  {path}  ({WHAT[key]})")
