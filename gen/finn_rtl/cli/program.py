"""The program: its commands, which are loaded when one is called, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from io import TextIOWrapper

import click

from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError
from finn_rtl.common.places import shipped_names
from finn_rtl.common.text import package_version

BAD_INPUT = 2
# NumPy's threads for products of floats, of which there are few here, would only wait, at a tenth of a plan's time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
#: The commands, and the first sentence of what each says of itself.
COMMANDS = {
    "accuracy": "Recompute the accuracy of NET on all test images, with the integer-exact reference.",
    "build": "Write the hardware of NET: SystemVerilog top level, memory contents, FuseSoC core, plan.",
    "demo": "Stream real handwritten digits through the RTL of a network: accuracy, cycles, a picture, a page on the"
            " design.",
    "estimate": "Plan the hardware of NET: folding, exact cycles, estimated LUTs.",
    "explore": "Plan many designs of NET: rates, devices, number formats, places of memories; tables and pictures.",
    "export": "Write an IP or a network as one folder, for people outside FuseSoC.",
    "import": "Bring in a quantized network from outside, so that it computes the same integers, bit for bit.",
    "infer": "Classify with the integer-exact reference: IMAGES (pictures, or NPY files of uint8 images), or test"
             " images.",
    "pack": "Write trained parameters of NET as a set that its hardware loads at run time.",
    "parameters": "Make parameters of NET by a seed: nothing is trained, and results mean nothing.",
    "paths": "Print where the RTL, the networks and boards, and the pins are.",
    "report": "Write a page on the hardware of NET: one HTML file that loads nothing from elsewhere.",
    "roofline": "Show what a device could compute and move, and where designs of NET stand below that.",
    "simulate": "Compile the RTL of NET with Verilator, stream frames through it, compare every result with the"
                " reference.",
    "synth": "Synthesize NET with Yosys for 7 series: LUTs, flip-flops, block RAMs, DSPs.",
}

#: Those that stand by themselves.
MODULES = {"accuracy": "classify", "estimate": "estimate", "explore": "explore", "import": "importing",
           "infer": "classify", "pack": "pack", "parameters": "parameters", "paths": "paths", "report": "report",
           "roofline": "roofline"}


class _Program(click.Group):
    """Says which networks there are, and loads commands only when one is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command, loaded by now."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            import_module(f"finn_rtl.cli.{MODULES.get(cmd_name, 'commands')}")
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Their names and what they do."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The text with the networks' names."""
        self.help = (self.help or "").replace("SHIPPED", ", ".join(shipped_names()))
        super().format_help_text(ctx, formatter)


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"finn-rtl, version {package_version()}")
        ctx.exit()


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, callback=_show_version, expose_value=False, is_eager=True,
              help="Show the version and exit.")
def cli() -> None:
    """Hardware for binarized neural networks, from a trained network and a frame rate.

    NET is a shipped network (SHIPPED) or a topology file; docs/topology.md describes that format.

    \b
    First steps, none of which needs more than this package with its extras sim and synth:
      finn-rtl demo                              stream real digits through the RTL
      finn-rtl estimate sfc --scenario fix       what would it take?
      finn-rtl build sfc --fps 100000 -o sfc_hw  write the hardware
      finn-rtl synth sfc --scenario fix          LUTs, flip-flops, block RAMs by Yosys
    """


def _end_output() -> None:
    """Drop what standard output does not take: Python would try again when it ends, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str, where: str = "") -> None:
    """One line on standard error."""
    from finn_rtl.cli.common import ERR, text_of  # noqa: PLC0415 - not for help alone

    ERR.print(f"[bold red]error:[/] {text_of(message)}{text_of(where)}")


def main() -> None:
    """Entry point: bad input ends with one line on standard error and status 2."""
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal does not know is written as its number.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with processes.interruptible():
            cli(standalone_mode=False)
        sys.stdout.flush()
    except processes.Interrupted as error:
        print("interrupted" if error.signal is signal.SIGINT else f"ended by {error.signal.name}", file=sys.stderr)
        raise
    except FinnError as error:
        _complain(str(error))
        sys.exit(BAD_INPUT)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(BAD_INPUT)
    except click.ClickException as error:
        where = f" (see {error.ctx.command_path} --help)" if isinstance(error, click.UsageError) and error.ctx else ""
        _complain(error.format_message(), where)
        sys.exit(BAD_INPUT)
    except BrokenPipeError:
        # Who read the output has seen enough.
        _end_output()
        sys.exit(1)
    except OSError as error:
        _end_output()
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"{where}{error.strerror or error}")
        sys.exit(BAD_INPUT)
