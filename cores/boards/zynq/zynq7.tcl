# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

# Block design of a Zynq-7000 board.
#   settings    of the processing system: what is on the board (crystal, DRAM, peripherals)
#   clock_mhz   of the accelerator, FCLK_CLK0
#   memory      bytes of DRAM
proc finn_zynq7 {settings clock_mhz memory} {
    create_bd_design finn_ps
    finn_cell processing_system7 ps
    set_property -dict $settings [get_bd_cells ps]
    set_property -dict [list CONFIG.PCW_FPGA0_PERIPHERAL_FREQMHZ $clock_mhz CONFIG.PCW_USE_M_AXI_GP0 1 \
        CONFIG.PCW_USE_S_AXI_HP0 1 CONFIG.PCW_S_AXI_HP0_DATA_WIDTH 64 CONFIG.PCW_USE_FABRIC_INTERRUPT 1 \
        CONFIG.PCW_IRQ_F2P_INTR 1] [get_bd_cells ps]

    if {[finn_has_weights]} {
        # HP0 and HP1 share a port of the DRAM controller, HP2 and HP3 another one.
        set_property -dict {CONFIG.PCW_USE_S_AXI_HP2 1 CONFIG.PCW_S_AXI_HP2_DATA_WIDTH 64} [get_bd_cells ps]
    }

    create_bd_intf_port -mode Master -vlnv xilinx.com:interface:ddrx_rtl:1.0 ddr
    create_bd_intf_port -mode Master -vlnv xilinx.com:display_processing_system7:fixedio_rtl:1.0 fixed_io
    connect_bd_intf_net [get_bd_intf_pins ps/DDR] [get_bd_intf_ports ddr]
    connect_bd_intf_net [get_bd_intf_pins ps/FIXED_IO] [get_bd_intf_ports fixed_io]

    finn_complete [list clock FCLK_CLK0 reset FCLK_RESET0_N irq IRQ_F2P \
        control M_AXI_GP0 control_clock M_AXI_GP0_ACLK control_offset 0x40000000 \
        memory S_AXI_HP0 memory_clock S_AXI_HP0_ACLK memory_segment S_AXI_HP0/HP0_DDR_LOWOCM memory_range $memory \
        weights S_AXI_HP2 weights_clock S_AXI_HP2_ACLK weights_segment S_AXI_HP2/HP2_DDR_LOWOCM]
}
