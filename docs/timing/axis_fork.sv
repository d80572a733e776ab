// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// axis_fork, two outputs: full rate, then the second reader pauses for three cycles.
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

  logic [7:0] s_axis_tdata;
  logic s_axis_tlast;
  logic s_axis_tvalid;
  logic s_axis_tready;
  logic [7:0] m_axis_0_tdata;
  logic m_axis_0_tvalid;
  logic m_axis_0_tready;
  logic [7:0] m_axis_1_tdata;
  logic m_axis_1_tvalid;
  logic m_axis_1_tready;
  logic [1:0] unused_tlast;

  tb_source #(
      .WIDTH(8),
      .BEATS(6),
      .DATA (48'hA5_A4_A3_A2_A1_A0),
      .LAST (6'b100000)
  ) u_source (
      .aclk,
      .aresetn,
      .tdata (s_axis_tdata),
      .tlast (s_axis_tlast),
      .tvalid(s_axis_tvalid),
      .tready(s_axis_tready)
  );

  axis_fork #(
      .OUTPUTS(2),
      .WIDTH(8)
  ) dut (
      .*,
      .m_axis_tdata ({m_axis_1_tdata, m_axis_0_tdata}),
      .m_axis_tlast (unused_tlast),
      .m_axis_tvalid({m_axis_1_tvalid, m_axis_0_tvalid}),
      .m_axis_tready({m_axis_1_tready, m_axis_0_tready})
  );

  tb_sink u_sink_0 (
      .aclk,
      .aresetn,
      .tready(m_axis_0_tready)
  );

  tb_sink #(
      .STALL(64'b0_0111_0000 >> 1)
  ) u_sink_1 (
      .aclk,
      .aresetn,
      .tready(m_axis_1_tready)
  );

endmodule

`default_nettype wire
