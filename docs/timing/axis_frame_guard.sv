// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// axis_frame_guard, 3 beats a frame: a good frame, a short one, a long one, a good one.
module tb;

  logic aclk = 1'b0;
  logic aresetn = 1'b0;

  always #5 aclk = !aclk;

  initial begin
    $dumpfile("tb.vcd");
    $dumpvars(0, tb);
    #21 aresetn = 1'b1;
    #190 $finish;
  end

  logic [7:0] s_axis_tdata;
  logic s_axis_tlast;
  logic s_axis_tvalid;
  logic s_axis_tready;
  logic [7:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic m_axis_tready;
  logic m_axis_bad_tdata;
  logic m_axis_bad_tvalid;
  logic m_axis_bad_tready;
  logic error;

  tb_source #(
      .WIDTH(8),
      .BEATS(12),
      .DATA (96'hD2_D1_D0_C3_C2_C1_C0_B1_B0_A2_A1_A0),
      .LAST (12'b100_1000_10_100)
  ) u_source (
      .aclk,
      .aresetn,
      .tdata (s_axis_tdata),
      .tlast (s_axis_tlast),
      .tvalid(s_axis_tvalid),
      .tready(s_axis_tready)
  );

  axis_frame_guard #(
      .WIDTH (8),
      .BEATS (3),
      .FRAMES(4)
  ) dut (
      .*
  );

  tb_sink u_sink (
      .aclk,
      .aresetn,
      .tready(m_axis_tready)
  );

  tb_sink u_flags (
      .aclk,
      .aresetn,
      .tready(m_axis_bad_tready)
  );

endmodule

`default_nettype wire
