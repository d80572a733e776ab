// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// label_select: no score of the frame is above that of the label, and none before it is equal to it.
module label_select_proof #(
    parameter int CLASSES = 3,
    parameter int PE = 1,
    parameter int SCORE_W = 2,
    parameter bit SIGNED_SCORES = 0,
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
  logic [LABEL_W-1:0] m_axis_tdata;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(Beats)-1:0] in_beat;

  label_select #(
      .CLASSES(CLASSES),
      .PE(PE),
      .SCORE_W(SCORE_W),
      .SIGNED_SCORES(SIGNED_SCORES)
  ) dut (
      .*
  );

  stream_properties #(
      .S_WIDTH(PE * SCORE_W),
      .M_WIDTH(LABEL_W),
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

  logic [SCORE_W-1:0] winner;
  logic [CLASSES-1:0] is_beaten;

  always_comb begin
    winner = '0;
    for (int i = 0; i < CLASSES; i++) if (m_axis_tdata == LABEL_W'(i)) winner = scores_q[i];
    for (int i = 0; i < CLASSES; i++) begin
      is_beaten[i] = LABEL_W'(i) < m_axis_tdata ? is_more(winner, scores_q[i]) : !is_more(scores_q[i], winner);
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (compare) begin
        assert (come_q == '1);
        assert (32'(m_axis_tdata) < CLASSES);
        assert (is_beaten == '1);
      end
      cover (compare && 32'(m_axis_tdata) == CLASSES - 1);
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

endmodule

`default_nettype wire
