# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What Vivado's IPs look like: pins, interfaces and settings, as far as the boards use them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

AXIMM = "xilinx.com:interface:aximm_rtl:1.0"
DDRX = "xilinx.com:interface:ddrx_rtl:1.0"
FIXED_IO = "xilinx.com:display_processing_system7:fixedio_rtl:1.0"

# Signals of AXI4 as (name, bits, driven by the master); bits as text are for the port's settings.
AXI4 = (
    *((f"{channel}{name}", bits, from_master) for channel in ("aw", "ar") for name, bits, from_master in (
        ("addr", "ADDR_WIDTH", True), ("len", 8, True), ("size", 3, True), ("burst", 2, True), ("lock", 1, True),
        ("cache", 4, True), ("prot", 3, True), ("qos", 4, True), ("region", 4, True), ("valid", 1, True),
        ("ready", 1, False))),
    ("wdata", "DATA_WIDTH", True), ("wstrb", "DATA_WIDTH/8", True), ("wlast", 1, True), ("wvalid", 1, True),
    ("wready", 1, False),
    ("bresp", 2, False), ("bvalid", 1, False), ("bready", 1, True),
    ("rdata", "DATA_WIDTH", False), ("rresp", 2, False), ("rlast", 1, False), ("rvalid", 1, False), ("rready", 1, True))
NOT_IN_AXI4LITE = {"len", "size", "burst", "lock", "cache", "qos", "region", "last"}
# Pins of the processing system, all of them inout.
PS7_PINS = {
    DDRX: {"addr": 15, "ba": 3, "cas_n": 1, "ck_n": 1, "ck_p": 1, "cke": 1, "cs_n": 1, "dm": 4, "dq": 32, "dqs_n": 4,
           "dqs_p": 4, "odt": 1, "ras_n": 1, "reset_n": 1, "we_n": 1},
    FIXED_IO: {"ddr_vrn": 1, "ddr_vrp": 1, "mio": 54, "ps_clk": 1, "ps_porb": 1, "ps_srstb": 1},
}


@dataclass(frozen=True)
class Pin:
    """A pin of an IP, of one bit; `when` are the settings that it needs."""

    direction: str
    kind: str
    when: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Interface:
    """An interface of an IP.

    Args:
        mode: Master or Slave.
        vlnv: kind of interface.
        clock: pin with its clock.
        when: settings that it needs, all of them 1.
        base: first address that a processor's master reaches.
        top: the address behind the last one.
        segment: name of the memory behind a slave.
    """

    mode: str
    vlnv: str = AXIMM
    clock: str = ""
    when: tuple[str, ...] = ()
    base: int = 0
    top: int = 0
    segment: str = ""


@dataclass(frozen=True)
class Ip:
    """An IP: pins, interfaces, and settings as pairs of regular expressions for name and value."""

    pins: Mapping[str, Pin]
    interfaces: Mapping[str, Interface]
    settings: Mapping[str, str] = field(default_factory=dict)


MHZ = r"[1-9]\d*(\.\d+)?"
NS = r"-?0\.\d+"
MIO = r"MIO \d+( \.\. \d+)?"

IPS = {
    "processing_system7": Ip(
        {"FCLK_CLK0": Pin("O", "clk"), "FCLK_RESET0_N": Pin("O", "rst"),
         "IRQ_F2P": Pin("I", "intr", ("PCW_USE_FABRIC_INTERRUPT", "PCW_IRQ_F2P_INTR")),
         "M_AXI_GP0_ACLK": Pin("I", "clk", ("PCW_USE_M_AXI_GP0",), True),
         "S_AXI_HP0_ACLK": Pin("I", "clk", ("PCW_USE_S_AXI_HP0",), True),
         "S_AXI_HP2_ACLK": Pin("I", "clk", ("PCW_USE_S_AXI_HP2",), True)},
        {"DDR": Interface("Master", DDRX), "FIXED_IO": Interface("Master", FIXED_IO),
         "M_AXI_GP0": Interface("Master", AXIMM, "M_AXI_GP0_ACLK", ("PCW_USE_M_AXI_GP0",), 0x4000_0000, 0x8000_0000),
         "S_AXI_HP0": Interface("Slave", AXIMM, "S_AXI_HP0_ACLK", ("PCW_USE_S_AXI_HP0",),
                                segment="S_AXI_HP0/HP0_DDR_LOWOCM"),
         "S_AXI_HP2": Interface("Slave", AXIMM, "S_AXI_HP2_ACLK", ("PCW_USE_S_AXI_HP2",),
                                segment="S_AXI_HP2/HP2_DDR_LOWOCM")},
        {"preset": "ZC706", r"PCW_(CRYSTAL|APU|FPGA0|SDIO)_PERIPHERAL_FREQMHZ": MHZ,
         "PCW_USE_(M_AXI_GP0|S_AXI_HP[02]|FABRIC_INTERRUPT)": "[01]", "PCW_IRQ_F2P_INTR": "[01]",
         "PCW_S_AXI_HP[02]_DATA_WIDTH": "32|64", "PCW_PRESET_BANK[01]_VOLTAGE": r"LVCMOS (1\.8|2\.5|3\.3)V",
         "PCW_UIPARAM_DDR_PARTNO": "MT41J256M16 RE-125", "PCW_UIPARAM_DDR_BUS_WIDTH": "(16|32) Bit",
         "PCW_UIPARAM_DDR_FREQ_MHZ": MHZ, "PCW_UIPARAM_DDR_TRAIN_(WRITE_LEVEL|READ_GATE|DATA_EYE)": "[01]",
         "PCW_UIPARAM_DDR_DQS_TO_CLK_DELAY_[0-3]": NS, "PCW_UIPARAM_DDR_BOARD_DELAY[0-3]": NS,
         "PCW_(QSPI|ENET0|SD0|UART0|USB0)_PERIPHERAL_ENABLE": "[01]", "PCW_QSPI_GRP_(SINGLE_SS|FBCLK)_ENABLE": "[01]",
         "PCW_(ENET0_GRP_MDIO|SD0_GRP_CD)_ENABLE": "[01]", "PCW_(ENET0|USB0)_RESET_ENABLE": "[01]",
         "PCW_GPIO_MIO_GPIO_ENABLE": "[01]",
         "PCW_(ENET0_ENET0|ENET0_GRP_MDIO|ENET0_RESET|SD0_SD0|SD0_GRP_CD|UART0_UART0|USB0_RESET)_IO": MIO}),
    "zynq_ultra_ps_e": Ip(
        {"pl_clk0": Pin("O", "clk", ("PSU__FPGA_PL0_ENABLE",)), "pl_resetn0": Pin("O", "rst"),
         "pl_ps_irq0": Pin("I", "intr", ("PSU__USE__IRQ0",)),
         "maxihpm0_fpd_aclk": Pin("I", "clk", ("PSU__USE__M_AXI_GP0",), True),
         "maxihpm1_fpd_aclk": Pin("I", "clk", ("PSU__USE__M_AXI_GP1",), True),
         "maxihpm0_lpd_aclk": Pin("I", "clk", ("PSU__USE__M_AXI_GP2",), True),
         "saxihp0_fpd_aclk": Pin("I", "clk", ("PSU__USE__S_AXI_GP2",), True),
         "saxihp1_fpd_aclk": Pin("I", "clk", ("PSU__USE__S_AXI_GP3",), True)},
        {"M_AXI_HPM0_FPD": Interface("Master", AXIMM, "maxihpm0_fpd_aclk", ("PSU__USE__M_AXI_GP0",), 0xA000_0000,
                                     0xB000_0000),
         "S_AXI_HP0_FPD": Interface("Slave", AXIMM, "saxihp0_fpd_aclk", ("PSU__USE__S_AXI_GP2",),
                                    segment="SAXIGP2/HP0_DDR_LOW"),
         "S_AXI_HP1_FPD": Interface("Slave", AXIMM, "saxihp1_fpd_aclk", ("PSU__USE__S_AXI_GP3",),
                                    segment="SAXIGP3/HP1_DDR_LOW")},
        {"PSU__FPGA_PL0_ENABLE": "[01]", "PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ": MHZ,
         "PSU__USE__(M_AXI_GP[0-2]|S_AXI_GP[23]|IRQ0)": "[01]", "PSU__(MAXIGP0|SAXIGP[23])__DATA_WIDTH": "32|64|128"}),
    "proc_sys_reset": Ip(
        {"slowest_sync_clk": Pin("I", "clk", (), True), "ext_reset_in": Pin("I", "rst", (), True),
         "peripheral_aresetn": Pin("O", "rst")}, {}),
    "smartconnect": Ip(
        {"aclk": Pin("I", "clk", (), True), "aresetn": Pin("I", "rst", (), True)},
        {"S00_AXI": Interface("Slave", AXIMM, "aclk"), "M00_AXI": Interface("Master", AXIMM, "aclk")},
        {"NUM_SI": "1", "NUM_MI": "1"}),
}
# What is on without a setting: an IP's defaults, and what the KV260's board files may have set.
DEFAULTS = {
    "processing_system7": {"PCW_USE_M_AXI_GP0": "1"},
    "zynq_ultra_ps_e": {f"PSU__USE__M_AXI_GP{n}": "1" for n in range(3)},
    "proc_sys_reset": {},
    "smartconnect": {},
}
AXI_SETTINGS = {"PROTOCOL": "AXI4|AXI4LITE", "ADDR_WIDTH": r"\d+", "DATA_WIDTH": "32|64|128|256|512|1024",
                "ID_WIDTH": r"\d+", "HAS_(LOCK|QOS|REGION)": "[01]", "NUM_(READ|WRITE)_OUTSTANDING": r"\d+",
                "READ_WRITE_MODE": "READ_ONLY",
                "FREQ_HZ": r"\d+"}
PORT_SETTINGS: dict[str, dict[str, str]] = {
    "clk": {"ASSOCIATED_BUSIF": r"\w+(:\w+)*", "ASSOCIATED_RESET": r"\w+"},
    "intr": {"SENSITIVITY": "LEVEL_HIGH"}, "rst": {}}
