"""The tools below: FuseSoC, Verilator, Yosys, nextpnr."""
