# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors
#
# Procedures with which a board's script builds the block design `finn_ps`: the processing system, its reset and two
# interconnects. The accelerator stays outside: the board's top level instantiates it beside finn_ps_wrapper, because a
# block design takes no module written in SystemVerilog.
#
# Ports of the block design, all of them in the clock domain of aclk:
#   aclk, aresetn   outputs: clock and reset, active low
#   irq             input: level, active high
#   control_*       AXI4-Lite master, 32 bits: from the processor to the accelerator's registers, 4 KiB
#   memory_*        AXI4 slave, 64 bits, 32-bit addresses, no IDs: from the accelerator to DRAM
#   weights_*       the same, for reads alone, over a port of its own: where the macro FINN_WEIGHTS is defined
# and on the Zynq-7000 the pins of the processing system, ddr_* and fixed_io_*.

# A cell of the newest version of one of Vivado's own IPs.
proc finn_cell {ip name} {
    set definition [get_ipdefs xilinx.com:ip:$ip:*]
    if {$definition eq ""} {
        error "this Vivado has no IP xilinx.com:ip:$ip for the part"
    }
    create_bd_cell -type ip -vlnv [get_property VLNV $definition] $name
}

# Interconnect from one AXI interface to another; it converts protocols, widths and lengths of bursts.
proc finn_link {name source sink} {
    finn_cell smartconnect $name
    set_property -dict {CONFIG.NUM_SI 1 CONFIG.NUM_MI 1} [get_bd_cells $name]
    connect_bd_intf_net $source [get_bd_intf_pins $name/S00_AXI]
    connect_bd_intf_net [get_bd_intf_pins $name/M00_AXI] $sink
}

# Whether the accelerator reads weights from memory.
proc finn_has_weights {} {
    expr {[lsearch -glob [get_property verilog_define [get_filesets sources_1]] FINN_WEIGHTS=*] >= 0}
}

# A port of the block design over which the accelerator reaches memory: its name, hertz, and its mode beside AXI4's own.
proc finn_memory_port {name hertz settings} {
    create_bd_intf_port -mode Slave -vlnv xilinx.com:interface:aximm_rtl:1.0 $name
    set_property -dict [concat [list CONFIG.PROTOCOL AXI4 CONFIG.ADDR_WIDTH 32 CONFIG.DATA_WIDTH 64 CONFIG.ID_WIDTH 0 \
        CONFIG.HAS_LOCK 0 CONFIG.HAS_QOS 0 CONFIG.HAS_REGION 0 CONFIG.NUM_READ_OUTSTANDING 8 \
        CONFIG.NUM_WRITE_OUTSTANDING 8 CONFIG.FREQ_HZ $hertz] $settings] [get_bd_intf_ports $name]
}

# A net from one pin of the block design to several pins.
proc finn_net {source sinks} {
    foreach sink $sinks {
        connect_bd_net [get_bd_pins $source] [get_bd_pins $sink]
    }
}

# Everything around the processing system `ps`, a cell that stands already, and the files that synthesis needs. `pins`
# is a dictionary of names at the processing system and of addresses:
#   clock, reset, irq                  pins
#   control, control_clock             AXI master and its clock
#   control_offset                     address of the accelerator's registers
#   memory, memory_clock               AXI slave and its clock
#   memory_segment, memory_range       what the accelerator sees of the memory, from address 0 on: segment and bytes
#   weights, weights_clock, weights_segment   the same of the second port, where finn_has_weights
proc finn_complete {pins} {
    dict with pins {}

    # The ports must tell the clock's frequency as the processing system makes it, which may be off by a few hertz.
    set hertz [get_property CONFIG.FREQ_HZ [get_bd_pins ps/$clock]]
    create_bd_port -dir O -type clk aclk
    create_bd_port -dir O -type rst aresetn
    create_bd_port -dir I -type intr irq
    create_bd_intf_port -mode Master -vlnv xilinx.com:interface:aximm_rtl:1.0 control
    set_property -dict [list CONFIG.PROTOCOL AXI4LITE CONFIG.ADDR_WIDTH 32 CONFIG.DATA_WIDTH 32 \
        CONFIG.FREQ_HZ $hertz] [get_bd_intf_ports control]
    finn_memory_port memory $hertz {}
    set buses control:memory
    if {[finn_has_weights]} {
        finn_memory_port weights $hertz {CONFIG.READ_WRITE_MODE READ_ONLY}
        append buses :weights
    }
    set_property -dict [list CONFIG.ASSOCIATED_BUSIF $buses CONFIG.ASSOCIATED_RESET aresetn] [get_bd_ports aclk]
    set_property CONFIG.SENSITIVITY LEVEL_HIGH [get_bd_ports irq]

    finn_cell proc_sys_reset ps_reset
    finn_link control_link [get_bd_intf_pins ps/$control] [get_bd_intf_ports control]
    finn_link memory_link [get_bd_intf_ports memory] [get_bd_intf_pins ps/$memory]

    finn_net ps/$clock [list ps/$control_clock ps/$memory_clock ps_reset/slowest_sync_clk control_link/aclk \
        memory_link/aclk]
    finn_net ps/$reset ps_reset/ext_reset_in
    finn_net ps_reset/peripheral_aresetn {control_link/aresetn memory_link/aresetn}
    if {[finn_has_weights]} {
        finn_link weights_link [get_bd_intf_ports weights] [get_bd_intf_pins ps/$weights]
        finn_net ps/$clock [list ps/$weights_clock weights_link/aclk]
        finn_net ps_reset/peripheral_aresetn weights_link/aresetn
    }
    connect_bd_net [get_bd_pins ps/$clock] [get_bd_ports aclk]
    connect_bd_net [get_bd_pins ps_reset/peripheral_aresetn] [get_bd_ports aresetn]
    connect_bd_net [get_bd_ports irq] [get_bd_pins ps/$irq]

    assign_bd_address -offset $control_offset -range 0x1000 -target_address_space [get_bd_addr_spaces ps/Data] \
        [get_bd_addr_segs control/Reg] -force
    assign_bd_address -offset 0 -range $memory_range -target_address_space [get_bd_addr_spaces memory] \
        [get_bd_addr_segs ps/$memory_segment] -force
    if {[finn_has_weights]} {
        assign_bd_address -offset 0 -range $memory_range -target_address_space [get_bd_addr_spaces weights] \
            [get_bd_addr_segs ps/$weights_segment] -force
    }

    validate_bd_design
    save_bd_design
    set file [get_files finn_ps.bd]
    # As part of the whole, not each IP by itself: the project has no out-of-context runs to wait for.
    set_property synth_checkpoint_mode None $file
    generate_target all $file
    add_files -norecurse [make_wrapper -files $file -top]
}
