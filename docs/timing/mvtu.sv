// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu, 4 x 8, SIMD 4, PE 2: three vectors, four cycles each.
module tb;

  logic aclk = 1'b0;
  logic aresetn = 1'b0;

  always #5 aclk = !aclk;

  initial begin
    $dumpfile("tb.vcd");
    $dumpvars(0, tb);
    #21 aresetn = 1'b1;
    #200 $finish;
  end

  logic [3:0] s_axis_tdata;
  logic s_axis_tvalid;
  logic s_axis_tready;
  logic [1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic m_axis_tready;
  logic unused_tlast;

  // Three vectors; the first is that of the worked example, 8'b1101_0010 with element 0 on the right.
  tb_source #(
      .WIDTH(4),
      .BEATS(6),
      .DATA (24'b0110_1011_1111_0000_1101_0010)
  ) u_source (
      .aclk,
      .aresetn,
      .tdata (s_axis_tdata),
      .tlast (unused_tlast),
      .tvalid(s_axis_tvalid),
      .tready(s_axis_tready)
  );

  logic [finn_pkg::LOAD_W-1:0] unused_load;

  mvtu #(
      .MW(8),
      .MH(4),
      .SIMD(4),
      .PE(2),
      .THRESHOLDS(1),
      .STAGES(1),
      .WEIGHT_FILE("weights.mem"),
      .THRESHOLD_FILE("thresholds.mem")
  ) dut (
      .s_load('0),
      .m_load(unused_load),
      .*
  );

  tb_sink u_sink (
      .aclk,
      .aresetn,
      .tready(m_axis_tready)
  );

endmodule

`default_nettype wire
