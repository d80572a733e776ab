# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

# Block design of the KV260. Its settings (clocks, DRAM, peripherals of the K26 module) come from the board files, which
# Vivado installs with its Zynq UltraScale+ devices or fetches from its board store.
set board [get_board_parts -quiet -latest_file_version xilinx.com:kv260_som:part0:*]
if {$board eq ""} {
    error "no board files of the KV260: install them in Vivado by Tools > Vivado Store > Boards, or in its Tcl console\
        by 'xhub::refresh_catalog \[xhub::get_xstores xilinx_board_store\]' and\
        'xhub::install \[xhub::get_xitems xilinx.com:xilinx_board_store:kv260_som*\]'"
}
set_property board_part $board [current_project]

create_bd_design finn_ps
finn_cell zynq_ultra_ps_e ps
apply_bd_automation -rule xilinx.com:bd_rule:zynq_ultra_ps_e -config {apply_board_preset 1} [get_bd_cells ps]
# AXI masters that the board files may have enabled and nobody clocks here are an error in Vivado.
set_property -dict {
    CONFIG.PSU__FPGA_PL0_ENABLE 1
    CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ 200
    CONFIG.PSU__USE__M_AXI_GP0 1
    CONFIG.PSU__MAXIGP0__DATA_WIDTH 32
    CONFIG.PSU__USE__M_AXI_GP1 0
    CONFIG.PSU__USE__M_AXI_GP2 0
    CONFIG.PSU__USE__S_AXI_GP2 1
    CONFIG.PSU__SAXIGP2__DATA_WIDTH 64
    CONFIG.PSU__USE__IRQ0 1
} [get_bd_cells ps]

if {[finn_has_weights]} {
    set_property -dict {CONFIG.PSU__USE__S_AXI_GP3 1 CONFIG.PSU__SAXIGP3__DATA_WIDTH 64} [get_bd_cells ps]
}

finn_complete {
    clock pl_clk0 reset pl_resetn0 irq pl_ps_irq0
    control M_AXI_HPM0_FPD control_clock maxihpm0_fpd_aclk control_offset 0xA0000000
    memory S_AXI_HP0_FPD memory_clock saxihp0_fpd_aclk memory_segment SAXIGP2/HP0_DDR_LOW memory_range 0x80000000
    weights S_AXI_HP1_FPD weights_clock saxihp1_fpd_aclk weights_segment SAXIGP3/HP1_DDR_LOW
}
