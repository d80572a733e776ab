// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Counts the beats of a stream, frame after frame.
module beat_counter #(
    /// Beats of a frame, >= 1.
    parameter int BEATS = 4,
    localparam int BEAT_W = finn_pkg::index_width(BEATS)
) (
    input wire aclk,
    input wire aresetn,

    /// A beat is taken.
    input  wire               fire,
    /// Its number in the frame, or that of the next one.
    output logic [BEAT_W-1:0] beat_q,
    /// It is the frame's last.
    output logic              ends
);

  assign ends = 32'(beat_q) == BEATS - 1;

  always_ff @(posedge aclk) begin
    if (fire) beat_q <= ends ? '0 : beat_q + 1'b1;
    if (!aresetn) beat_q <= '0;
  end

endmodule

`default_nettype wire
