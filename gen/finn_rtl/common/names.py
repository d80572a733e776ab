"""Names that a user may give: networks, layers, modules."""

from __future__ import annotations

import re

# Small letters, digits and single underscores inside: a double one parts the names that are put together.
NAME = re.compile(r"[a-z](?:_?[a-z0-9])*", re.ASCII)
MOST_CHARACTERS = 63
IDENTIFIER = re.compile(r"[A-Za-z]\w*", re.ASCII)
NAME_RULE = (f"must be lower-case letters, digits and single _, begin with a letter, end in no _, have at most"
             f" {MOST_CHARACTERS} characters")

# IEEE 1800-2017, annex B, which has those of Verilog in it.
_SYSTEM_VERILOG = """
accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin bind bins
binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos config const
constraint context continue cover covergroup coverpoint cross deassign default defparam design disable dist do edge
else end endcase endchecker endclass endclocking endconfig endfunction endgenerate endgroup endinterface endmodule
endpackage endprimitive endprogram endproperty endsequence endspecify endtable endtask enum event eventually expect
export extends extern final first_match for force foreach forever fork forkjoin function generate genvar global highz0
highz1 if iff ifnone ignore_bins illegal_bins implements implies import incdir include initial inout input inside
instance int integer interconnect interface intersect join join_any join_none large let liblist library local
localparam logic longint macromodule matches medium modport module nand negedge nettype new nexttime nmos nor
noshowcancelled not notif0 notif1 null or output package packed parameter pmos posedge primitive priority program
property protected pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase
randsequence rcmos real realtime ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0 rtranif1
s_always s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal showcancelled signed small
soft solve specify specparam static string strong strong0 strong1 struct super supply0 supply1 sync_accept_on
sync_reject_on table tagged task this throughout time timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand
trior trireg type typedef union unique unique0 unsigned until until_with untyped use uwire var vectored virtual void
wait wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor
"""
# IEEE 1076-2019, 15.10, and those of its PSL.
_VHDL = """
abs access after alias all and architecture array assert assume assume_guarantee attribute begin block body buffer bus
case component configuration constant context cover default disconnect downto else elsif end entity exit fairness file
for force function generate generic group guarded if impure in inertial inout is label library linkage literal loop
map mod nand new next nor not null of on open or others out package parameter port postponed private procedure process
property protected pure range record register reject release rem report restrict restrict_guarantee return rol ror
select sequence severity shared signal sla sll sra srl strong subtype then to transport type unaffected units until
use variable view vmode vpkg vprop vunit wait when while with xnor xor
"""
SYSTEM_VERILOG = frozenset(_SYSTEM_VERILOG.split())
VHDL = frozenset(_VHDL.split())
KEYWORDS = SYSTEM_VERILOG | VHDL


def name_fault(name: str) -> str | None:
    """Which rule a network's or a layer's name breaks."""
    if not NAME.fullmatch(name) or len(name) > MOST_CHARACTERS:
        return NAME_RULE
    return keyword_fault(name)


def keyword_fault(name: str) -> str | None:
    """The rule that a keyword breaks; VHDL does not tell small letters from capitals."""
    if name.lower() not in KEYWORDS:
        return None
    return f"is reserved: a keyword of {'SystemVerilog' if name.lower() in SYSTEM_VERILOG else 'VHDL'}"


def checked_name(name: str, reserved: frozenset[str], ends: tuple[str, ...]) -> str:
    """The name itself.

    Args:
        name: what a user calls something.
        reserved: names that the hardware has already.
        ends: ends of such names.

    Raises:
        ValueError: the rule that it breaks.
    """
    rule = name_fault(name)
    if rule is None and (name in reserved or name.endswith(ends)):
        rule = f"is reserved for the hardware, as are names that end in {', '.join(ends[:-1])} or {ends[-1]}"
    if rule is not None:
        raise ValueError(rule)
    return name
