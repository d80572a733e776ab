// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// axi_read_arbiter: two masters ask for bursts of two and three beats, from memory with a latency of 3 cycles.
module tb;

  logic aclk = 1'b0;
  logic aresetn = 1'b0;

  always #5 aclk = !aclk;

  initial begin
    $dumpfile("tb.vcd");
    $dumpvars(0, tb);
    #21 aresetn = 1'b1;
    #260 $finish;
  end

  logic [11:0] s_axi_0_araddr;
  logic [7:0] s_axi_0_arlen;
  logic s_axi_0_arvalid;
  logic s_axi_0_arready;
  logic s_axi_0_rvalid;
  logic s_axi_0_rready;
  logic [11:0] s_axi_1_araddr;
  logic [7:0] s_axi_1_arlen;
  logic s_axi_1_arvalid;
  logic s_axi_1_arready;
  logic s_axi_1_rvalid;
  logic s_axi_1_rready;
  logic [31:0] s_axi_rdata;
  logic s_axi_rlast;
  logic [11:0] m_axi_araddr;
  logic [7:0] m_axi_arlen;
  logic m_axi_arvalid;
  logic m_axi_arready;
  logic [31:0] m_axi_rdata;
  logic [1:0] m_axi_rresp;
  logic m_axi_rlast;
  logic m_axi_rvalid;
  logic m_axi_rready;

  logic some_rvalid;

  assign some_rvalid = s_axi_0_rvalid || s_axi_1_rvalid;
  assign s_axi_0_rready = 1'b1;
  assign s_axi_1_rready = 1'b1;

  tb_source #(
      .WIDTH(20),
      .BEATS(3),
      .DATA (60'h110_01_108_01_100_01)
  ) u_first (
      .aclk,
      .aresetn,
      .tdata ({s_axi_0_araddr, s_axi_0_arlen}),
      .tlast (),
      .tvalid(s_axi_0_arvalid),
      .tready(s_axi_0_arready)
  );

  tb_source #(
      .WIDTH(20),
      .BEATS(2),
      .DATA (40'h20C_02_200_02),
      .PAUSE(64'b11)
  ) u_second (
      .aclk,
      .aresetn,
      .tdata ({s_axi_1_araddr, s_axi_1_arlen}),
      .tlast (),
      .tvalid(s_axi_1_arvalid),
      .tready(s_axi_1_arready)
  );

  axi_read_arbiter #(
      .PORTS(2),
      .ADDR_W(12),
      .DATA_W(32)
  ) dut (
      .aclk,
      .aresetn,
      .s_axi_araddr ({s_axi_1_araddr, s_axi_0_araddr}),
      .s_axi_arlen  ({s_axi_1_arlen, s_axi_0_arlen}),
      .s_axi_arvalid({s_axi_1_arvalid, s_axi_0_arvalid}),
      .s_axi_arready({s_axi_1_arready, s_axi_0_arready}),
      .s_axi_rdata,
      .s_axi_rresp  (),
      .s_axi_rlast,
      .s_axi_rvalid ({s_axi_1_rvalid, s_axi_0_rvalid}),
      .s_axi_rready ({s_axi_1_rready, s_axi_0_rready}),
      .m_axi_araddr,
      .m_axi_arlen,
      .m_axi_arsize (),
      .m_axi_arburst(),
      .m_axi_arcache(),
      .m_axi_arprot (),
      .m_axi_arvalid,
      .m_axi_arready,
      .m_axi_rdata,
      .m_axi_rresp,
      .m_axi_rlast,
      .m_axi_rvalid,
      .m_axi_rready
  );

  tb_memory #(
      .ADDR_W (12),
      .DATA_W (32),
      .LATENCY(3)
  ) u_memory (
      .aclk,
      .aresetn,
      .araddr (m_axi_araddr),
      .arlen  (m_axi_arlen),
      .arvalid(m_axi_arvalid),
      .arready(m_axi_arready),
      .rdata  (m_axi_rdata),
      .rresp  (m_axi_rresp),
      .rlast  (m_axi_rlast),
      .rvalid (m_axi_rvalid),
      .rready (m_axi_rready)
  );

endmodule

`default_nettype wire
