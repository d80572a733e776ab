"""How many levels of logic a clock leaves room for between two registers of an IP, by a model of delays.

A level is a LUT with the carry chain behind it. The ECP5's figures are fitted to placed and routed IPs, with the error
published in bench/fmax.md; those of the others are the rule of two levels up to a clock, which is not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import Literal

from finn_rtl.ips.arithmetic import LEVELS_PER_STAGE
from finn_rtl.ips.base import BLOCK_KIB, Ip

Family = Literal["xilinx", "ecp5"]


@dataclass(frozen=True)
class Delays:
    """Nanoseconds from register to register: `fixed`, for each level of logic, and for each doubling of the LUTs."""

    fixed: float
    level: float
    doubling: float

    def stage(self, levels: float, luts: float) -> float:
        """The slowest path of an IP of so many LUTs of 4 inputs with so many levels between registers."""
        return self.fixed + self.level * levels + self.doubling * log2(max(luts, 1))


#: LFE5U, speed grade 8: least squares over the rows of bench/fmax.md, which prints them.
ECP5 = Delays(-0.43, 1.53, 0.269)
#: LUTs of 4 inputs for one of 6 by the cost model, on average of the rows that they were fitted to.
LUT4_PER_LUT6 = 3.2
#: The fastest clock with the usual number of levels, in MHz, of families that are not measured.
USUAL_MHZ = 200.0


def levels_for(ip: Ip, family: Family, clock_mhz: float) -> int:
    """The most levels of logic between two registers with which an IP is expected to reach a clock; 1 where none is."""
    for levels in range(LEVELS_PER_STAGE, 1, -1):
        if family == "ecp5":
            if ECP5.stage(levels, ip.cost.lut * LUT4_PER_LUT6) <= 1e3 / clock_mhz:
                return levels
        elif clock_mhz <= USUAL_MHZ:
            return levels
    return 1


def at_clock(ip: Ip, family: Family, clock_mhz: float) -> Ip:
    """An IP with the registers that a clock asks for, and its memories cut as the family's block RAMs are."""
    return ip.clocked(levels_for(ip, family, clock_mhz), 18 if family == "ecp5" else BLOCK_KIB)
