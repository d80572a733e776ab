"""What is written: SystemVerilog, memory contents, cores, exports, the identity of hardware."""
