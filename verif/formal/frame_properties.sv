// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Follows one frame through a design, and any: which one is up to the solver.
///
/// `pick` is a free input: high with the first beat of a frame it makes that frame the watched one. The harness records
/// its beats as they come in and compares what leaves in its turn. As the watched frame is told by counting those ahead
/// of it, a frame lost, doubled or out of turn shows as wrong data. Asserted here: nothing leaves that has not come,
/// and no more frames are inside than fit.
module frame_properties #(
    /// Frames that can have come in, in part at least, and not left completely.
    parameter int FRAMES = 2,
    localparam int COUNT_W = finn_pkg::count_width(FRAMES + 1)
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,

    /// A beat is taken from the input; it ends its frame.
    input wire in_fire,
    input wire in_ends,
    /// A beat is offered at the output; it is taken; it ends its frame.
    input wire out_valid,
    input wire out_fire,
    input wire out_ends,

    /// The beat that is taken from the input belongs to the watched frame.
    output logic in_is_watched,
    /// The beat at the output has to belong to the watched frame.
    output logic out_is_watched,
    /// Frames inside.
    output logic [COUNT_W-1:0] held_q,
    /// A frame has come in completely and not left completely.
    output logic is_owed
);

  // The first beat of the frame at the input has come, its last has not.
  logic is_within_q;
  logic in_watch_q;
  logic out_watch_q;
  // Frames that leave before the watched one.
  logic [COUNT_W-1:0] ahead_q;
  logic in_begins;
  logic out_finishes;
  logic picks;

  assign in_begins = in_fire && !is_within_q;
  assign out_finishes = out_fire && out_ends;
  assign picks = pick && in_begins && !out_watch_q;
  assign in_is_watched = in_watch_q || picks;
  assign out_is_watched = out_watch_q && ahead_q == '0;
  assign is_owed = 32'(held_q) > (is_within_q ? 1 : 0);

  always_ff @(posedge aclk) begin
    if (in_fire) is_within_q <= !in_ends;
    if (in_begins != out_finishes) held_q <= in_begins ? held_q + 1'b1 : held_q - 1'b1;
    if (in_fire) in_watch_q <= in_is_watched && !in_ends;
    if (picks) begin
      out_watch_q <= 1'b1;
      ahead_q <= held_q - COUNT_W'(out_finishes);
    end else if (out_finishes) begin
      if (ahead_q == '0) out_watch_q <= 1'b0;
      else ahead_q <= ahead_q - 1'b1;
    end
    if (!aresetn) begin
      is_within_q <= 1'b0;
      held_q <= '0;
      in_watch_q <= 1'b0;
      out_watch_q <= 1'b0;
      ahead_q <= '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (!out_valid || held_q != '0);
      assert (32'(held_q) <= FRAMES);
      cover (out_is_watched && out_finishes);
    end
  end

endmodule

`default_nettype wire
