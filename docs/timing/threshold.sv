// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// threshold, 4 channels, 2 a beat, 2 bits out; the output stalls once.
module tb;

  logic aclk = 1'b0;
  logic aresetn = 1'b0;

  always #5 aclk = !aclk;

  initial begin
    $dumpfile("tb.vcd");
    $dumpvars(0, tb);
    #21 aresetn = 1'b1;
    #150 $finish;
  end

  logic [15:0] s_axis_tdata;
  logic s_axis_tlast;
  logic s_axis_tvalid;
  logic s_axis_tready;
  logic [3:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic m_axis_tready;

  tb_source #(
      .WIDTH(16),
      .BEATS(6),
      .DATA ({8'd9, 8'd70, 8'd40, 8'd25, 8'd7, 8'd80, 8'd10, 8'd10, 8'd4, 8'd45, 8'd60, 8'd5}),
      .LAST (6'b100000)
  ) u_source (
      .aclk,
      .aresetn,
      .tdata (s_axis_tdata),
      .tlast (s_axis_tlast),
      .tvalid(s_axis_tvalid),
      .tready(s_axis_tready)
  );

  logic [finn_pkg::LOAD_W-1:0] unused_load;

  threshold #(
      .OUT_BITS(2),
      .INPUT_W(8),
      .CHANNELS(4),
      .PE(2),
      .THRESHOLD_FILE("thresholds.mem")
  ) dut (
      .s_load('0),
      .m_load(unused_load),
      .*
  );

  tb_sink #(
      .STALL(64'h180)
  ) u_sink (
      .aclk,
      .aresetn,
      .tready(m_axis_tready)
  );

endmodule

`default_nettype wire
