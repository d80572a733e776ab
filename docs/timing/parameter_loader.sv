// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// parameter_loader, one bank: a set of two words for one memory, while frames of two beats come, whose results leave
/// three cycles behind their last beats.
module tb;

  localparam int Words = 2;

  logic aclk = 1'b0;
  logic aresetn = 1'b0;

  always #5 aclk = !aclk;

  initial begin
    $dumpfile("tb.vcd");
    $dumpvars(0, tb);
    #21 aresetn = 1'b1;
    #330 $finish;
  end

  logic [31:0] s_axis_tdata;
  logic s_axis_tlast;
  logic s_axis_tvalid;
  logic s_axis_tready;
  logic done;
  logic set_valid;
  logic [31:0] set_number;
  logic [finn_pkg::LOAD_W-1:0] m_load;
  logic [finn_pkg::LOAD_W-1:0] s_load;
  logic s_axis_frame_tvalid;
  logic s_axis_frame_tready;
  logic m_axis_frame_tvalid;
  logic m_axis_frame_tready;
  logic network_aresetn;
  logic result_leaves;
  // What the chain carries: bit 2 a token, bit 1 a start, bit 0 a word.
  logic [2:0] kind;
  logic beat_q;
  logic [2:0] result_q;

  assign kind = m_load[34:32];
  assign m_axis_frame_tready = 1'b1;
  assign result_leaves = result_q[2];

  always_ff @(posedge aclk) begin
    if (m_axis_frame_tvalid) beat_q <= !beat_q;
    result_q <= {result_q[1:0], m_axis_frame_tvalid && beat_q};
    if (!aresetn) begin
      beat_q   <= 1'b0;
      result_q <= '0;
    end
  end

  tb_source #(
      .WIDTH(32),
      .BEATS(7),
      .DATA (224'h3A9D2F43_000000A1_000000A0_00000007_00000002_12345678_50544553),
      .LAST (7'b1000000)
  ) u_packet (
      .aclk,
      .aresetn,
      .tdata (s_axis_tdata),
      .tlast (s_axis_tlast),
      .tvalid(s_axis_tvalid),
      .tready(s_axis_tready)
  );

  tb_source #(
      .WIDTH(8),
      .BEATS(20)
  ) u_frames (
      .aclk,
      .aresetn,
      .tdata (),
      .tlast (),
      .tvalid(s_axis_frame_tvalid),
      .tready(s_axis_frame_tready)
  );

  parameter_loader #(
      .SIGNATURE(32'h12345678),
      .WORDS(Words),
      .SET(32'd6),
      .BEATS(2)
  ) dut (
      .error_signature(),
      .error_length(),
      .error_checksum(),
      .*
  );

  load_port #(
      .DEPTH(Words)
  ) u_memory (
      .aclk,
      .s_load(m_load),
      .m_load(s_load),
      .write(),
      .write_place(),
      .write_data(),
      .bank()
  );

endmodule

`default_nettype wire
