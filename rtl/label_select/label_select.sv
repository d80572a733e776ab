// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Index of the largest of CLASSES scores; of equal ones the first.
///
/// Scores come PE a beat, the first in the least significant bits. A frame is CLASSES / PE beats in, one beat out.
/// Latency 1 cycle from the frame's last beat for PE = 1, 2 cycles for PE > 1, where the maximum of each beat is
/// registered first. Throughput: max(CLASSES / PE, 2) cycles a frame. No combinational path between the sides.
module label_select #(
    /// Number of scores, >= 2.
    parameter int CLASSES = 10,
    /// Scores a beat; divides CLASSES.
    parameter int PE = 1,
    /// Bits of a score, >= 1.
    parameter int SCORE_W = 16,
    /// 1: scores are two's complement; 0: unsigned.
    parameter bit SIGNED_SCORES = 0,
    localparam int LABEL_W = finn_pkg::index_width(CLASSES)
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [PE*SCORE_W-1:0] s_axis_tdata,
    input  wire                   s_axis_tvalid,
    output logic                  s_axis_tready,

    output logic [LABEL_W-1:0] m_axis_tdata,
    output logic               m_axis_tvalid,
    input  wire                m_axis_tready
);

  `FINN_CHECK(check_classes, CLASSES >= 2, ("label_select: CLASSES=%0d must be at least 2", CLASSES))
  `FINN_CHECK(check_pe, PE >= 1 && CLASSES % PE == 0,
              ("label_select: PE=%0d must be at least 1 and divide CLASSES=%0d", PE, CLASSES))
  `FINN_CHECK(check_score, SCORE_W >= 1, ("label_select: SCORE_W=%0d must be at least 1", SCORE_W))

  localparam int Beats = CLASSES / PE;
  localparam int BeatW = finn_pkg::index_width(Beats);

  // The best of one beat, as it reaches the comparison with the best so far.
  logic [SCORE_W-1:0] beat_score;
  logic [LABEL_W-1:0] beat_label;
  logic beat_valid;
  logic take;
  logic is_last;

  logic [BeatW-1:0] beat_q;
  logic [SCORE_W-1:0] best_score_q;
  logic [LABEL_W-1:0] best_label_q;
  logic [LABEL_W-1:0] output_q;
  logic output_valid_q;
  logic is_better;
  logic [LABEL_W-1:0] winner;

  // Flipping the sign bit turns the order of two's complement numbers into that of unsigned ones.
  function automatic logic [SCORE_W-1:0] ordered(input logic [SCORE_W-1:0] score);
    ordered = score;
    ordered[SCORE_W-1] = score[SCORE_W-1] ^ SIGNED_SCORES;
  endfunction

  if (PE == 1) begin : g_single
    assign beat_score = ordered(s_axis_tdata);
    assign beat_label = LABEL_W'(beat_q);
    assign beat_valid = s_axis_tvalid;
    assign s_axis_tready = take;
  end else begin : g_several
    // A knock-out tournament; "greater" lets the first of equal scores win.
    logic [SCORE_W-1:0] scores[PE];
    logic [LABEL_W-1:0] labels[PE];
    logic [SCORE_W-1:0] score_q;
    logic [LABEL_W-1:0] label_q;
    logic [BeatW-1:0] in_beat_q;
    logic valid_q;

    always_comb begin
      for (int i = 0; i < PE; i++) begin
        scores[i] = ordered(s_axis_tdata[i*SCORE_W+:SCORE_W]);
        labels[i] = LABEL_W'(i);
      end
      for (int distance = 1; distance < PE; distance = distance * 2) begin
        for (int i = 0; i + distance < PE; i = i + 2 * distance) begin
          if (scores[i+distance] > scores[i]) begin
            scores[i] = scores[i+distance];
            labels[i] = labels[i+distance];
          end
        end
      end
    end

    assign beat_score = score_q;
    assign beat_label = label_q;
    assign beat_valid = valid_q;
    // `take` depends on registers only.
    assign s_axis_tready = take || !valid_q;

    always_ff @(posedge aclk) begin
      if (s_axis_tready) begin
        valid_q <= s_axis_tvalid;
        score_q <= scores[0];
        label_q <= LABEL_W'(32'(in_beat_q) * PE) + labels[0];
        if (s_axis_tvalid) in_beat_q <= (in_beat_q == BeatW'(Beats - 1)) ? '0 : in_beat_q + 1'b1;
      end
      if (!aresetn) begin
        valid_q   <= 1'b0;
        in_beat_q <= '0;
      end
    end
  end

  assign is_last = beat_q == BeatW'(Beats - 1);
  assign take = !(is_last && output_valid_q);
  assign is_better = beat_q == '0 || beat_score > best_score_q;
  assign winner = is_better ? beat_label : best_label_q;
  assign m_axis_tdata = output_q;
  assign m_axis_tvalid = output_valid_q;

  always_ff @(posedge aclk) begin
    if (m_axis_tready) output_valid_q <= 1'b0;
    if (beat_valid && take) begin
      beat_q <= is_last ? '0 : beat_q + 1'b1;
      best_label_q <= winner;
      if (is_better) best_score_q <= beat_score;
      if (is_last) begin
        output_q <= winner;
        output_valid_q <= 1'b1;
      end
    end
    if (!aresetn) begin
      beat_q <= '0;
      output_valid_q <= 1'b0;
    end
  end

endmodule

`default_nettype wire
