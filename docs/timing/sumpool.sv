// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// sumpool, windows of 2 x 2 on 4 x 4 pixels of one channel.
module tb;

  logic aclk = 1'b0;
  logic aresetn = 1'b0;

  always #5 aclk = !aclk;

  initial begin
    $dumpfile("tb.vcd");
    $dumpvars(0, tb);
    #21 aresetn = 1'b1;
    #240 $finish;
  end

  logic [7:0] s_axis_tdata;
  logic s_axis_tvalid;
  logic s_axis_tready;
  logic [9:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic m_axis_tready;
  logic unused_tlast;

  tb_source #(
      .WIDTH(8),
      .BEATS(16),
      .DATA ({
        8'd5, 8'd9, 8'd3, 8'd2, 8'd1, 8'd4, 8'd6, 8'd8, 8'd2, 8'd2, 8'd1, 8'd7, 8'd9, 8'd0, 8'd4, 8'd3
      })
  ) u_source (
      .aclk,
      .aresetn,
      .tdata (s_axis_tdata),
      .tlast (unused_tlast),
      .tvalid(s_axis_tvalid),
      .tready(s_axis_tready)
  );

  sumpool #(
      .IFM_H(4),
      .IFM_W(4),
      .CHANNELS(1),
      .PE(1),
      .ELEMENT_W(8)
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
