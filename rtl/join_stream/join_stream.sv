// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// What `add` and `concat` share: takes a beat of each of two streams together, and lets one leave that is made of
/// both.
///
/// Each input has a register slice. When both have a beat and the output register is empty or taken from, `result`,
/// made of `a_data` and `b_data` by whoever uses this, goes into that register.
///
/// Latency 2 cycles from the later of the two beats, for one that finds the unit idle. Throughput: one beat a cycle. No
/// combinational path between the sides.
module join_stream #(
    /// Bits of a beat of each stream, and of one that leaves, >= 1.
    parameter int A_WIDTH = 4,
    parameter int B_WIDTH = 4,
    parameter int RESULT_W = 8,
    /// Beats of a frame, >= 1.
    parameter int BEATS = 4
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [A_WIDTH-1:0] s_axis_a_tdata,
    input  wire                s_axis_a_tvalid,
    output logic               s_axis_a_tready,

    input  wire  [B_WIDTH-1:0] s_axis_b_tdata,
    input  wire                s_axis_b_tvalid,
    output logic               s_axis_b_tready,

    output logic [ A_WIDTH-1:0] a_data,
    output logic [ B_WIDTH-1:0] b_data,
    input  wire  [RESULT_W-1:0] result,

    output logic [RESULT_W-1:0] m_axis_tdata,
    /// Last beat of a frame.
    output logic                m_axis_tlast,
    output logic                m_axis_tvalid,
    input  wire                 m_axis_tready
);

  localparam int BeatW = finn_pkg::index_width(BEATS);

  logic a_valid;
  logic b_valid;
  logic unused_a_last;
  logic unused_b_last;
  logic take;

  logic [RESULT_W-1:0] output_q;
  logic output_last_q;
  logic output_valid_q;
  // Of the frame: the beat that goes into the output register next.
  logic [BeatW-1:0] beat_q;
  logic beat_is_last;

  axis_register #(
      .WIDTH(A_WIDTH)
  ) u_a (
      .aclk,
      .aresetn,
      .s_axis_tdata (s_axis_a_tdata),
      .s_axis_tlast (1'b0),
      .s_axis_tvalid(s_axis_a_tvalid),
      .s_axis_tready(s_axis_a_tready),
      .m_axis_tdata (a_data),
      .m_axis_tlast (unused_a_last),
      .m_axis_tvalid(a_valid),
      .m_axis_tready(take)
  );

  axis_register #(
      .WIDTH(B_WIDTH)
  ) u_b (
      .aclk,
      .aresetn,
      .s_axis_tdata (s_axis_b_tdata),
      .s_axis_tlast (1'b0),
      .s_axis_tvalid(s_axis_b_tvalid),
      .s_axis_tready(s_axis_b_tready),
      .m_axis_tdata (b_data),
      .m_axis_tlast (unused_b_last),
      .m_axis_tvalid(b_valid),
      .m_axis_tready(take)
  );

  assign take = a_valid && b_valid && (m_axis_tready || !output_valid_q);
  assign beat_is_last = beat_q == BeatW'(BEATS - 1);
  assign m_axis_tdata = output_q;
  assign m_axis_tlast = output_last_q;
  assign m_axis_tvalid = output_valid_q;

  always_ff @(posedge aclk) begin
    if (m_axis_tready) output_valid_q <= 1'b0;
    if (take) begin
      output_q <= result;
      output_last_q <= beat_is_last;
      output_valid_q <= 1'b1;
      beat_q <= beat_is_last ? '0 : beat_q + 1'b1;
    end
    if (!aresetn) begin
      output_valid_q <= 1'b0;
      beat_q <= '0;
    end
  end

endmodule

`default_nettype wire
