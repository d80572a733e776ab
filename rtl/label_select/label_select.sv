// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Indices of the LABELS largest of CLASSES scores, the largest first; of equal ones the first.
///
/// Scores come PE a beat, the first in the least significant bits; where several labels are told, one a beat. A frame
/// is CLASSES / PE beats in, one beat out, the label of the largest score in the least significant bits.
/// Latency 1 + clog2(PE) cycles from the frame's last beat: the scores of a beat are compared two by two, then the
/// winners, a cycle each round. Throughput: CLASSES / PE cycles a frame. No combinational path between the sides.
module label_select #(
    /// Number of scores, >= 2.
    parameter int CLASSES = 10,
    /// Scores a beat; divides CLASSES.
    parameter int PE = 1,
    /// Bits of a score, >= 1.
    parameter int SCORE_W = 16,
    /// 1: scores are two's complement; 0: unsigned.
    parameter bit SIGNED_SCORES = 0,
    /// Labels that are told, 1 to CLASSES; more than 1 where PE is 1.
    parameter int LABELS = 1,
    localparam int LABEL_W = finn_pkg::index_width(CLASSES)
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [PE*SCORE_W-1:0] s_axis_tdata,
    input  wire                   s_axis_tvalid,
    output logic                  s_axis_tready,

    output logic [LABELS*LABEL_W-1:0] m_axis_tdata,
    output logic                      m_axis_tvalid,
    input  wire                       m_axis_tready
);

  `FINN_CHECK(check_classes, CLASSES >= 2, ("label_select: CLASSES=%0d must be at least 2", CLASSES))
  `FINN_CHECK(check_pe, PE >= 1 && CLASSES % PE == 0,
              ("label_select: PE=%0d must be at least 1 and divide CLASSES=%0d", PE, CLASSES))
  `FINN_CHECK(check_score, SCORE_W >= 1, ("label_select: SCORE_W=%0d must be at least 1", SCORE_W))

  `FINN_CHECK(check_labels, LABELS >= 1 && LABELS <= CLASSES,
              ("label_select: LABELS=%0d must be 1 to CLASSES=%0d", LABELS, CLASSES))
  `FINN_CHECK(check_single, LABELS <= 1 || PE == 1,
              ("label_select: PE=%0d must be 1, for LABELS=%0d are told", PE, LABELS))

  localparam int Beats = CLASSES / PE;

  // The best of one beat, and its label in that beat, as it reaches the comparison with the best so far.
  logic [SCORE_W-1:0] beat_score;
  logic [LABEL_W-1:0] beat_label;
  logic beat_valid;
  logic take;

  // Flipping the sign bit turns the order of two's complement numbers into that of unsigned ones.
  function automatic logic [SCORE_W-1:0] ordered(input logic [SCORE_W-1:0] score);
    ordered = score;
    ordered[SCORE_W-1] = score[SCORE_W-1] ^ SIGNED_SCORES;
  endfunction

  if (PE == 1) begin : g_single
    assign beat_score = ordered(s_axis_tdata);
    assign beat_label = '0;
    assign beat_valid = s_axis_tvalid;
    assign s_axis_tready = take;
  end else begin : g_several
    // A knock-out tournament; "greater" lets the first of equal scores win.
    // Never 0, so that a wrong PE gets as far as its check.
    localparam int Rounds = finn_pkg::max(1, $clog2(PE));

    // Bit r: behind round r.
    logic [Rounds-1:0] valid_q;

    for (genvar r = 0; r < Rounds; r++) begin : g_round
      localparam int Players = finn_pkg::ceil_div(PE, 2 ** r);
      localparam int Winners = finn_pkg::ceil_div(Players, 2);

      logic [Players*SCORE_W-1:0] scores;
      logic [Players*LABEL_W-1:0] labels;
      logic [Winners*SCORE_W-1:0] scores_q;
      logic [Winners*LABEL_W-1:0] labels_q;

      if (r == 0) begin : g_all
        for (genvar i = 0; i < PE; i++) begin : g_score
          assign scores[i*SCORE_W+:SCORE_W] = ordered(s_axis_tdata[i*SCORE_W+:SCORE_W]);
          assign labels[i*LABEL_W+:LABEL_W] = LABEL_W'(i);
        end
      end else begin : g_winners
        assign scores = g_round[r-1].scores_q;
        assign labels = g_round[r-1].labels_q;
      end

      for (genvar i = 0; i < Winners; i++) begin : g_match
        logic [SCORE_W-1:0] score;
        logic [LABEL_W-1:0] label;

        if (2 * i + 1 < Players) begin : g_two
          logic second_wins;

          assign second_wins = scores[(2*i+1)*SCORE_W+:SCORE_W] > scores[2*i*SCORE_W+:SCORE_W];
          assign score = second_wins ? scores[(2*i+1)*SCORE_W+:SCORE_W] : scores[2*i*SCORE_W+:SCORE_W];
          assign label = second_wins ? labels[(2*i+1)*LABEL_W+:LABEL_W] : labels[2*i*LABEL_W+:LABEL_W];
        end else begin : g_one
          assign score = scores[2*i*SCORE_W+:SCORE_W];
          assign label = labels[2*i*LABEL_W+:LABEL_W];
        end

        always_ff @(posedge aclk) begin
          if (s_axis_tready) begin
            scores_q[i*SCORE_W+:SCORE_W] <= score;
            labels_q[i*LABEL_W+:LABEL_W] <= label;
          end
        end
      end
    end

    assign beat_score = g_round[Rounds-1].scores_q;
    assign beat_label = g_round[Rounds-1].labels_q;
    assign beat_valid = valid_q[Rounds-1];
    // `take` depends on registers only.
    assign s_axis_tready = take || !beat_valid;

    always_ff @(posedge aclk) begin
      if (s_axis_tready) valid_q <= Rounds'({valid_q, s_axis_tvalid});
      if (!aresetn) valid_q <= '0;
    end
  end

  if (Beats == 1) begin : g_whole
    // The best of the beat is the best of all: a label may leave in every cycle.
    axis_register #(
        .WIDTH(LABEL_W)
    ) u_label (
        .aclk,
        .aresetn,
        .s_axis_tdata (beat_label),
        .s_axis_tlast (1'b1),
        .s_axis_tvalid(beat_valid),
        .s_axis_tready(take),
        .m_axis_tdata,
        .m_axis_tlast (),
        .m_axis_tvalid,
        .m_axis_tready
    );
  end else begin : g_beats
    localparam int BeatW = finn_pkg::index_width(Beats);

    logic [BeatW-1:0] beat_q;
    logic [LABELS*LABEL_W-1:0] output_q;
    logic output_valid_q;
    logic is_last;
    logic enters;
    logic [LABEL_W-1:0] label;
    // The labels of the best scores up to this one.
    logic [LABELS*LABEL_W-1:0] winners;

    assign is_last = beat_q == BeatW'(Beats - 1);
    assign take = !(is_last && output_valid_q);
    assign enters = beat_valid && take;
    assign label = LABEL_W'(32'(beat_q) * PE) + beat_label;
    assign m_axis_tdata = output_q;
    assign m_axis_tvalid = output_valid_q;

    // Place 0 has the best score so far, the places behind it the next ones in order. A score takes the first place
    // whose own it beats, which moves down with all below: what is beaten there is beaten further down.
    for (genvar i = 0; i < LABELS; i++) begin : g_place
      logic [SCORE_W-1:0] best_score_q;
      logic [LABEL_W-1:0] best_label_q;
      logic is_filled;
      logic is_better;
      logic [SCORE_W-1:0] coming_score;
      logic [LABEL_W-1:0] coming_label;

      if (i == 0) begin : g_first
        assign is_filled = beat_q != '0;
        assign coming_score = beat_score;
        assign coming_label = label;
      end else begin : g_next
        // As the place above a score ago: right from the score on that fills it, before which nobody looks.
        logic is_filled_q;

        assign is_filled = is_filled_q;
        assign coming_score = g_place[i-1].is_better ? g_place[i-1].best_score_q : beat_score;
        assign coming_label = g_place[i-1].is_better ? g_place[i-1].best_label_q : label;

        always_ff @(posedge aclk) begin
          if (enters) is_filled_q <= g_place[i-1].is_filled;
        end
      end

      assign is_better = !is_filled || beat_score > best_score_q;
      assign winners[i*LABEL_W+:LABEL_W] = is_better ? coming_label : best_label_q;

      always_ff @(posedge aclk) begin
        if (enters) begin
          best_label_q <= winners[i*LABEL_W+:LABEL_W];
          if (is_better) best_score_q <= coming_score;
        end
      end
    end

    always_ff @(posedge aclk) begin
      if (m_axis_tready) output_valid_q <= 1'b0;
      if (enters) begin
        beat_q <= is_last ? '0 : beat_q + 1'b1;
        if (is_last) begin
          output_q <= winners;
          output_valid_q <= 1'b1;
        end
      end
      if (!aresetn) begin
        beat_q <= '0;
        output_valid_q <= 1'b0;
      end
    end
  end

endmodule

`default_nettype wire
