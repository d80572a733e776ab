// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// label_select: each label that is told comes before the next one, and the last of them before all others: its score
/// is larger, or as large and its index smaller.
module label_select_proof #(
    parameter int CLASSES = 3,
    parameter int PE = 1,
    parameter int SCORE_W = 2,
    parameter bit SIGNED_SCORES = 0,
    parameter int LABELS = 1,
    localparam int LABEL_W = finn_pkg::index_width(CLASSES)
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,

    input wire [PE*SCORE_W-1:0] s_axis_tdata,
    input wire                  s_axis_tvalid,
    input wire                  m_axis_tready
);

  localparam int Beats = CLASSES / PE;

  logic s_axis_tready;
  logic [LABELS*LABEL_W-1:0] m_axis_tdata;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(Beats)-1:0] in_beat;

  label_select #(
      .CLASSES(CLASSES),
      .PE(PE),
      .SCORE_W(SCORE_W),
      .SIGNED_SCORES(SIGNED_SCORES),
      .LABELS(LABELS)
  ) dut (
      .*
  );

  stream_properties #(
      .S_WIDTH(PE * SCORE_W),
      .M_WIDTH(LABELS * LABEL_W),
      .BEATS_IN(Beats),
      .FRAMES(2 + $clog2(PE)),
      .CYCLES(Beats + 1 + $clog2(PE)),
      .USE_TLAST(0)
  ) u_properties (
      .*,
      .s_axis_tlast(1'b0),
      .m_axis_tlast(1'b0),
      .out_beat(),
      .held()
  );

  // The watched frame, and which of it has come.
  logic [SCORE_W-1:0] scores_q[CLASSES];
  logic [Beats-1:0] come_q;

  always_ff @(posedge aclk) begin
    for (int k = 0; k < Beats; k++) begin
      if (record && 32'(in_beat) == k) begin
        for (int p = 0; p < PE; p++) scores_q[k*PE+p] <= s_axis_tdata[p*SCORE_W+:SCORE_W];
        come_q <= (k == 0) ? Beats'(1) : come_q | (Beats'(1) << k);
      end
    end
    if (!aresetn) come_q <= '0;
  end

  function automatic logic is_more(input logic [SCORE_W-1:0] a, input logic [SCORE_W-1:0] b);
    is_more = SIGNED_SCORES ? $signed(a) > $signed(b) : a > b;
  endfunction

  // Of each place its label, with that label's score.
  logic [LABEL_W-1:0] told[LABELS];
  logic [SCORE_W-1:0] told_scores[LABELS];
  logic [LABELS-1:0] is_legal;
  logic [LABELS-1:0] is_ordered;
  logic [CLASSES-1:0] is_beaten;

  always_comb begin
    for (int p = 0; p < LABELS; p++) begin
      told[p] = m_axis_tdata[p*LABEL_W+:LABEL_W];
      told_scores[p] = '0;
      for (int i = 0; i < CLASSES; i++) if (told[p] == LABEL_W'(i)) told_scores[p] = scores_q[i];
      is_legal[p] = 32'(told[p]) < CLASSES;
    end
    is_ordered = '1;
    for (int p = 1; p < LABELS; p++) begin
      is_ordered[p] = told[p-1] < told[p] ? !is_more(told_scores[p], told_scores[p-1])
                                          : is_more(told_scores[p-1], told_scores[p]);
    end
    for (int i = 0; i < CLASSES; i++) begin
      is_beaten[i] = LABEL_W'(i) < told[LABELS-1] ? is_more(told_scores[LABELS-1], scores_q[i])
                                                  : !is_more(scores_q[i], told_scores[LABELS-1]);
      for (int p = 0; p < LABELS; p++) is_beaten[i] = is_beaten[i] || told[p] == LABEL_W'(i);
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (compare) begin
        assert (come_q == '1);
        assert (is_legal == '1);
        assert (is_ordered == '1);
        assert (is_beaten == '1);
      end
      cover (compare && 32'(told[0]) == CLASSES - 1);
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

endmodule

`default_nettype wire
