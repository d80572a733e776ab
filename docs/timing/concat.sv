// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// concat, an element of 4 bits of each stream, frames of three beats: stream b pauses, then the output stalls.
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

  logic [3:0] s_axis_a_tdata;
  logic s_axis_a_tvalid;
  logic s_axis_a_tready;
  logic [3:0] s_axis_b_tdata;
  logic s_axis_b_tvalid;
  logic s_axis_b_tready;
  logic [7:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic m_axis_tready;
  logic unused_a_tlast;
  logic unused_b_tlast;

  tb_source #(
      .WIDTH(4),
      .BEATS(6),
      .DATA ({4'd1, 4'd15, 4'd7, 4'd0, 4'd12, 4'd3})
  ) u_a (
      .aclk,
      .aresetn,
      .tdata (s_axis_a_tdata),
      .tlast (unused_a_tlast),
      .tvalid(s_axis_a_tvalid),
      .tready(s_axis_a_tready)
  );

  tb_source #(
      .WIDTH(4),
      .BEATS(6),
      .DATA ({4'd2, 4'd7, 4'd9, 4'd8, 4'd5, 4'd1}),
      .PAUSE(64'b0_0001_1000 >> 1)
  ) u_b (
      .aclk,
      .aresetn,
      .tdata (s_axis_b_tdata),
      .tlast (unused_b_tlast),
      .tvalid(s_axis_b_tvalid),
      .tready(s_axis_b_tready)
  );

  concat #(
      .A_ELEMENTS(1),
      .A_W(4),
      .B_ELEMENTS(1),
      .B_W(4),
      .BEATS(3)
  ) dut (
      .*
  );

  tb_sink #(
      .STALL(64'b11_0000_0000 >> 1)
  ) u_sink (
      .aclk,
      .aresetn,
      .tready(m_axis_tready)
  );

endmodule

`default_nettype wire
