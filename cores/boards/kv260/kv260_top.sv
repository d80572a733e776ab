// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Top level of the KV260: the processing system, as the block design `finn_ps`, and the accelerator.
///
/// The macro FINN_ACCELERATOR names the accelerator, a module that the generator writes for `host: axi`. There are no
/// ports: no pin of the programmable logic is used, and the processing system places its own.
module kv260_top;

  // As the block design's port `memory` has them.
  localparam int AddressW = 32;
  localparam int DataW = 64;

  logic aclk;
  logic aresetn;
  logic irq;

  logic [11:0] control_awaddr;
  logic  [2:0] control_awprot;
  logic        control_awvalid;
  logic        control_awready;
  logic [31:0] control_wdata;
  logic  [3:0] control_wstrb;
  logic        control_wvalid;
  logic        control_wready;
  logic  [1:0] control_bresp;
  logic        control_bvalid;
  logic        control_bready;
  logic [11:0] control_araddr;
  logic  [2:0] control_arprot;
  logic        control_arvalid;
  logic        control_arready;
  logic [31:0] control_rdata;
  logic  [1:0] control_rresp;
  logic        control_rvalid;
  logic        control_rready;
  logic [19:0] unused_awaddr;
  logic [19:0] unused_araddr;

  logic [AddressW-1:0] memory_awaddr;
  logic          [7:0] memory_awlen;
  logic          [2:0] memory_awsize;
  logic          [1:0] memory_awburst;
  logic          [3:0] memory_awcache;
  logic          [2:0] memory_awprot;
  logic                memory_awvalid;
  logic                memory_awready;
  logic    [DataW-1:0] memory_wdata;
  logic  [DataW/8-1:0] memory_wstrb;
  logic                memory_wlast;
  logic                memory_wvalid;
  logic                memory_wready;
  logic          [1:0] memory_bresp;
  logic                memory_bvalid;
  logic                memory_bready;
  logic [AddressW-1:0] memory_araddr;
  logic          [7:0] memory_arlen;
  logic          [2:0] memory_arsize;
  logic          [1:0] memory_arburst;
  logic          [3:0] memory_arcache;
  logic          [2:0] memory_arprot;
  logic                memory_arvalid;
  logic                memory_arready;
  logic    [DataW-1:0] memory_rdata;
  logic          [1:0] memory_rresp;
  logic                memory_rlast;
  logic                memory_rvalid;
  logic                memory_rready;

`ifdef FINN_WEIGHTS
  logic [AddressW-1:0] weights_araddr;
  logic          [7:0] weights_arlen;
  logic          [2:0] weights_arsize;
  logic          [1:0] weights_arburst;
  logic          [3:0] weights_arcache;
  logic          [2:0] weights_arprot;
  logic                weights_arvalid;
  logic                weights_arready;
  logic    [DataW-1:0] weights_rdata;
  logic          [1:0] weights_rresp;
  logic                weights_rlast;
  logic                weights_rvalid;
  logic                weights_rready;
`endif

  finn_ps_wrapper u_ps (
      .control_awaddr({unused_awaddr, control_awaddr}),
      .control_araddr({unused_araddr, control_araddr}),
      .*
  );

  `FINN_ACCELERATOR #(
      .ADDR_W(AddressW),
`ifdef FINN_WEIGHTS
      .WEIGHTS_DATA_W(DataW),
`endif
      .DATA_W(DataW)
  ) u_accelerator (
      .aclk,
      .aresetn,
      .irq,
`ifdef FINN_WEIGHTS
      .m_axi_weights_araddr(weights_araddr),
      .m_axi_weights_arlen(weights_arlen),
      .m_axi_weights_arsize(weights_arsize),
      .m_axi_weights_arburst(weights_arburst),
      .m_axi_weights_arcache(weights_arcache),
      .m_axi_weights_arprot(weights_arprot),
      .m_axi_weights_arvalid(weights_arvalid),
      .m_axi_weights_arready(weights_arready),
      .m_axi_weights_rdata(weights_rdata),
      .m_axi_weights_rresp(weights_rresp),
      .m_axi_weights_rlast(weights_rlast),
      .m_axi_weights_rvalid(weights_rvalid),
      .m_axi_weights_rready(weights_rready),
`endif
      .s_axil_awaddr (control_awaddr),
      .s_axil_awprot (control_awprot),
      .s_axil_awvalid(control_awvalid),
      .s_axil_awready(control_awready),
      .s_axil_wdata  (control_wdata),
      .s_axil_wstrb  (control_wstrb),
      .s_axil_wvalid (control_wvalid),
      .s_axil_wready (control_wready),
      .s_axil_bresp  (control_bresp),
      .s_axil_bvalid (control_bvalid),
      .s_axil_bready (control_bready),
      .s_axil_araddr (control_araddr),
      .s_axil_arprot (control_arprot),
      .s_axil_arvalid(control_arvalid),
      .s_axil_arready(control_arready),
      .s_axil_rdata  (control_rdata),
      .s_axil_rresp  (control_rresp),
      .s_axil_rvalid (control_rvalid),
      .s_axil_rready (control_rready),
      .m_axi_awaddr  (memory_awaddr),
      .m_axi_awlen   (memory_awlen),
      .m_axi_awsize  (memory_awsize),
      .m_axi_awburst (memory_awburst),
      .m_axi_awcache (memory_awcache),
      .m_axi_awprot  (memory_awprot),
      .m_axi_awvalid (memory_awvalid),
      .m_axi_awready (memory_awready),
      .m_axi_wdata   (memory_wdata),
      .m_axi_wstrb   (memory_wstrb),
      .m_axi_wlast   (memory_wlast),
      .m_axi_wvalid  (memory_wvalid),
      .m_axi_wready  (memory_wready),
      .m_axi_bresp   (memory_bresp),
      .m_axi_bvalid  (memory_bvalid),
      .m_axi_bready  (memory_bready),
      .m_axi_araddr  (memory_araddr),
      .m_axi_arlen   (memory_arlen),
      .m_axi_arsize  (memory_arsize),
      .m_axi_arburst (memory_arburst),
      .m_axi_arcache (memory_arcache),
      .m_axi_arprot  (memory_arprot),
      .m_axi_arvalid (memory_arvalid),
      .m_axi_arready (memory_arready),
      .m_axi_rdata   (memory_rdata),
      .m_axi_rresp   (memory_rresp),
      .m_axi_rlast   (memory_rlast),
      .m_axi_rvalid  (memory_rvalid),
      .m_axi_rready  (memory_rready)
  );

endmodule

`default_nettype wire
