// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// axis_fifo of depth 4: fills while the sink is not ready, then passes a beat every cycle.
module tb;

  logic aclk = 1'b0;
  logic aresetn = 1'b0;

  always #5 aclk = !aclk;

  initial begin
    $dumpfile("tb.vcd");
    $dumpvars(0, tb);
    #21 aresetn = 1'b1;
    #160 $finish;
  end

  logic [7:0] s_axis_tdata;
  logic s_axis_tlast;
  logic s_axis_tvalid;
  logic s_axis_tready;
  logic [7:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic m_axis_tready;

  tb_source #(
      .WIDTH(8),
      .BEATS(7),
      .DATA (56'hA6_A5_A4_A3_A2_A1_A0),
      .LAST (7'b1000000)
  ) u_source (
      .aclk,
      .aresetn,
      .tdata (s_axis_tdata),
      .tlast (s_axis_tlast),
      .tvalid(s_axis_tvalid),
      .tready(s_axis_tready)
  );

  axis_fifo #(
      .WIDTH(8),
      .DEPTH(4)
  ) dut (
      .*
  );

  tb_sink #(
      .STALL(64'b0_0011_1111)
  ) u_sink (
      .aclk,
      .aresetn,
      .tready(m_axis_tready)
  );

endmodule

`default_nettype wire
