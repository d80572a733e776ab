// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Lets frames into a network, or holds them back between two frames, and knows whether one is inside.
///
/// While `hold` is low beats pass in the cycle in which they come. When it is high, the frame that has begun, or whose
/// first beat has been offered to the network, still passes; then nothing does. `empty` says that it is so and that the
/// result of every frame that passed has left; it stays high as long as `hold` does. No latency: valid and ready go
/// through, behind registers alone.
module parameter_gate #(
    /// Beats of a frame, >= 1.
    parameter int BEATS = 16,
    /// The most frames that are inside at a time, >= 1.
    parameter int FRAMES = 8
) (
    input wire aclk,
    input wire aresetn,

    input  wire  hold,
    output logic empty,

    input  wire  s_axis_tvalid,
    output logic s_axis_tready,
    output logic m_axis_tvalid,
    input  wire  m_axis_tready,

    /// The last beat of a result leaves the network.
    input wire result_leaves
);

  `FINN_CHECK(check_beats, BEATS >= 1, ("parameter_gate: BEATS=%0d must be at least 1", BEATS))
  `FINN_CHECK(check_frames, FRAMES >= 1, ("parameter_gate: FRAMES=%0d must be at least 1", FRAMES))

  localparam int BeatW = finn_pkg::index_width(BEATS);
  localparam int FrameW = finn_pkg::count_width(finn_pkg::max(1, FRAMES));

  logic open_q;
  logic [BeatW-1:0] beat_q;
  logic [FrameW-1:0] inside_q;
  logic passes;
  logic beat_is_last;
  logic enters;

  assign m_axis_tvalid = s_axis_tvalid && open_q;
  assign s_axis_tready = m_axis_tready && open_q;
  assign passes = s_axis_tvalid && s_axis_tready;
  assign beat_is_last = beat_q == BeatW'(BEATS - 1);
  assign enters = passes && beat_q == '0;
  assign empty = !open_q && inside_q == '0;

  always_ff @(posedge aclk) begin
    if (passes) beat_q <= beat_is_last ? '0 : beat_q + 1'b1;
    inside_q <= inside_q + FrameW'(enters) - FrameW'(result_leaves);
    // It closes behind a last beat, or where no beat of the next frame was shown.
    if (!hold) open_q <= 1'b1;
    else if (passes ? beat_is_last : beat_q == '0 && !m_axis_tvalid) open_q <= 1'b0;
    if (!aresetn) begin
      open_q   <= 1'b0;
      beat_q   <= '0;
      inside_q <= '0;
    end
  end

endmodule

`default_nettype wire
