// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_reorder: of every block each beat leaves, unchanged, at its place of the new order, and tlast ends vectors.
module mvtu_reorder_proof #(
    parameter int FOLDS = 2,
    parameter int VECTORS = 2,
    parameter STYLE = "distributed",
    localparam int WIDTH = 2
) (
    input wire aclk,
    input wire aresetn,
    /// The beat of each block that is followed: its fold and its vector.
    input wire [1:0] fold,
    input wire [1:0] vector,

    input wire [WIDTH-1:0] s_axis_tdata,
    input wire             s_axis_tvalid,
    input wire             m_axis_tready
);

  localparam int Beats = FOLDS * VECTORS;

  logic s_axis_tready;
  logic [WIDTH-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;

  mvtu_reorder #(
      .WIDTH(WIDTH),
      .FOLDS(FOLDS),
      .VECTORS(VECTORS),
      .STYLE(STYLE)
  ) dut (
      .*
  );

  reset_properties u_reset (
      .aclk,
      .aresetn
  );

  axis_properties #(
      .WIDTH  (WIDTH),
      .ASSUMED(1)
  ) u_source (
      .aclk,
      .aresetn,
      .tdata    (s_axis_tdata),
      .tlast    (1'b0),
      .tvalid   (s_axis_tvalid),
      .tready   (s_axis_tready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH(WIDTH)
  ) u_sink (
      .aclk,
      .aresetn,
      .tdata    (m_axis_tdata),
      .tlast    (m_axis_tlast),
      .tvalid   (m_axis_tvalid),
      .tready   (m_axis_tready),
      .is_broken(),
      .shown    ()
  );

  logic comes;
  logic leaves;
  // Beats of the present block that came, that left; whole blocks inside, and the followed beats of what is inside, the
  // oldest first.
  logic [4:0] came_q;
  logic [4:0] left_q;
  logic [2:0] blocks_q;
  logic [WIDTH-1:0] kept_q[4];
  logic [2:0] held_q;
  logic [1:0] fold_q;
  logic [1:0] vector_q;
  logic is_kept;
  logic is_given;

  assign comes = s_axis_tvalid && s_axis_tready;
  assign leaves = m_axis_tvalid && m_axis_tready;
  assign is_kept = comes && 32'(came_q) == 32'(fold_q) * VECTORS + 32'(vector_q);
  assign is_given = leaves && 32'(left_q) == 32'(vector_q) * FOLDS + 32'(fold_q);

  always_ff @(posedge aclk) begin
    if (comes) came_q <= (32'(came_q) == Beats - 1) ? '0 : came_q + 1'b1;
    if (leaves) left_q <= (32'(left_q) == Beats - 1) ? '0 : left_q + 1'b1;
    blocks_q <= blocks_q + 3'(comes && 32'(came_q) == Beats - 1) - 3'(leaves && 32'(left_q) == Beats - 1);
    for (int i = 0; i < 4; i++) begin
      if (is_given && i < 3) kept_q[i] <= kept_q[(i+1)%4];
      if (is_kept && i == 32'(held_q) - 32'(is_given)) kept_q[i] <= s_axis_tdata;
    end
    held_q <= held_q + 3'(is_kept) - 3'(is_given);
    if (!aresetn) begin
      came_q <= '0;
      left_q <= '0;
      blocks_q <= '0;
      held_q <= '0;
      fold_q <= fold;
      vector_q <= vector;
    end
  end

  // What is whole leaves, and then there is room.
  response_properties #(
      .CYCLES(3)
  ) u_gives (
      .aclk,
      .aresetn,
      .is_due (blocks_q != '0 && m_axis_tready),
      .happens(leaves)
  );

  response_properties #(
      .CYCLES(Beats + 3)
  ) u_takes (
      .aclk,
      .aresetn,
      .is_due (s_axis_tvalid && m_axis_tready),
      .happens(comes)
  );

  always_ff @(posedge aclk) begin
    assume (32'(fold_q) < FOLDS && 32'(vector_q) < VECTORS);
    if (aresetn) begin
      assert (blocks_q <= 3'd3);
      if (m_axis_tvalid) begin
        assert (blocks_q != '0);
        assert (m_axis_tlast == (32'(left_q) % FOLDS == FOLDS - 1));
        if (32'(left_q) == 32'(vector_q) * FOLDS + 32'(fold_q)) begin
          assert (held_q != '0);
          assert (m_axis_tdata == kept_q[0]);
        end
      end
      cover (blocks_q == 3'd2 && !s_axis_tready);
      cover (leaves && comes && m_axis_tlast);
    end
  end

endmodule

`default_nettype wire
