// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// weight_reader: passes of six words of 16 bits, three beats each, from memory with a latency of 3 cycles; `run` falls
/// in the second one.
module tb;

  logic aclk = 1'b0;
  logic aresetn = 1'b0;

  always #5 aclk = !aclk;

  initial begin
    $dumpfile("tb.vcd");
    $dumpvars(0, tb);
    #21 aresetn = 1'b1;
    #360 $finish;
  end

  logic run;
  logic busy;
  logic error;
  logic [11:0] m_axi_araddr;
  logic [7:0] m_axi_arlen;
  logic m_axi_arvalid;
  logic m_axi_arready;
  logic [31:0] m_axi_rdata;
  logic [1:0] m_axi_rresp;
  logic m_axi_rlast;
  logic m_axi_rvalid;
  logic m_axi_rready;
  logic [15:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic m_axis_tready;

  int cycle_q;

  always_ff @(posedge aclk) begin
    cycle_q <= cycle_q + 1;
    run <= cycle_q >= 1 && cycle_q < 27;
    if (!aresetn) begin
      cycle_q <= 0;
      run <= 1'b0;
    end
  end

  weight_reader #(
      .ADDR_W(12),
      .DATA_W(32),
      .WORD_W(16),
      .WORDS(6),
      .BURST(4),
      .BUFFER(8)
  ) dut (
      .address(12'h080),
      .m_axi_arsize(),
      .m_axi_arburst(),
      .m_axi_arcache(),
      .m_axi_arprot(),
      .*
  );

  // A beat has its words: the first is 1, the second 0, and so on from the place of the beat.
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

  tb_sink u_sink (
      .aclk,
      .aresetn,
      .tready(m_axis_tready)
  );

endmodule

`default_nettype wire
