// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_stream, 4 x 8, SIMD 4, PE 2, each word for two vectors: two blocks of two vectors, the words of the second one
/// late.
module tb;

  logic aclk = 1'b0;
  logic aresetn = 1'b0;

  always #5 aclk = !aclk;

  initial begin
    $dumpfile("tb.vcd");
    $dumpvars(0, tb);
    #21 aresetn = 1'b1;
    #300 $finish;
  end

  logic [3:0] s_axis_tdata;
  logic s_axis_tvalid;
  logic s_axis_tready;
  logic [7:0] s_axis_weights_tdata;
  logic s_axis_weights_tvalid;
  logic s_axis_weights_tready;
  logic [7:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic m_axis_tready;

  tb_source #(
      .WIDTH(4),
      .BEATS(8),
      .DATA (32'b0110_1011_1111_0000_0011_0101_1101_0010)
  ) u_vectors (
      .aclk,
      .aresetn,
      .tdata (s_axis_tdata),
      .tlast (),
      .tvalid(s_axis_tvalid),
      .tready(s_axis_tready)
  );

  tb_source #(
      .WIDTH(8),
      .BEATS(8),
      .DATA (64'h0F_5A_C3_96_69_3C_F0_A5),
      .PAUSE(64'hFF80)
  ) u_words (
      .aclk,
      .aresetn,
      .tdata (s_axis_weights_tdata),
      .tlast (),
      .tvalid(s_axis_weights_tvalid),
      .tready(s_axis_weights_tready)
  );

  mvtu_stream #(
      .MW(8),
      .MH(4),
      .SIMD(4),
      .PE(2),
      .REUSE(2),
      .STAGES(1)
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
