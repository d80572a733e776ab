// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// swu_parallel, 3 x 3 pixels of one channel, windows of 2 x 2, padding below and on the right; a pause between frames.
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

  logic [3:0] s_axis_tdata;
  logic s_axis_tvalid;
  logic s_axis_tready;
  logic [15:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic m_axis_tready;
  logic unused_tlast;

  tb_source #(
      .WIDTH(4),
      .BEATS(18),
      .DATA ({2{36'h987654321}}),
      .PAUSE(64'h600)
  ) u_source (
      .aclk,
      .aresetn,
      .tdata (s_axis_tdata),
      .tlast (unused_tlast),
      .tvalid(s_axis_tvalid),
      .tready(s_axis_tready)
  );

  swu_parallel #(
      .IFM_H(3),
      .IFM_W(3),
      .CHANNELS(1),
      .SIMD(1),
      .ELEMENT_W(4),
      .KERNEL_H(2),
      .KERNEL_W(2),
      .PAD_BOTTOM(1),
      .PAD_RIGHT(1)
  ) dut (
      .*
  );

  tb_sink u_sink (
      .aclk,
      .aresetn,
      .tready(m_axis_tready)
  );

endmodule

`default_nettype wire
