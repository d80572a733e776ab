// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_stream with any weights, others for each block: of any block any row of any vector is, at its place and once,
/// the plain sum over the vector and the row's weights, whatever the traffic of the three streams; tlast ends vectors.
module mvtu_stream_proof #(
    parameter int MW = 2,
    parameter int MH = 2,
    parameter int SIMD = 1,
    parameter int PE = 1,
    parameter int REUSE = 2,
    parameter int INPUT_W = 1,
    parameter int STAGES = 0,
    localparam int SUM_W = mvtu_pkg::accumulator_width(
        MW, INPUT_W, 0, 1, 1, 0, 3, mvtu_products_pkg::weight_high(INPUT_W, 1, 0), 0, 0),
    localparam int WORD_W = PE * SIMD
) (
    input wire aclk,
    input wire aresetn,
    /// The blocks that are followed, by the end of their number, and in each the vector, the fold and the element.
    input wire [2:0] block,
    input wire [3:0] vector,
    input wire [3:0] fold,
    input wire [3:0] element,

    input wire [SIMD*INPUT_W-1:0] s_axis_tdata,
    input wire                    s_axis_tvalid,
    input wire [      WORD_W-1:0] s_axis_weights_tdata,
    input wire                    s_axis_weights_tvalid,
    input wire                    m_axis_tready
);

  localparam int SF = MW / SIMD;
  localparam int NF = MH / PE;

  logic s_axis_tready;
  logic s_axis_weights_tready;
  logic [PE*SUM_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;

  mvtu_stream #(
      .MW(MW),
      .MH(MH),
      .SIMD(SIMD),
      .PE(PE),
      .REUSE(REUSE),
      .INPUT_W(INPUT_W),
      .STAGES(STAGES),
      .RESULT_STYLE("distributed")
  ) dut (
      .*
  );

  reset_properties u_reset (
      .aclk,
      .aresetn
  );

  axis_properties #(
      .WIDTH  (SIMD * INPUT_W),
      .ASSUMED(1)
  ) u_vectors (
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
      .WIDTH  (WORD_W),
      .ASSUMED(1)
  ) u_words (
      .aclk,
      .aresetn,
      .tdata    (s_axis_weights_tdata),
      .tlast    (1'b0),
      .tvalid   (s_axis_weights_tvalid),
      .tready   (s_axis_weights_tready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH(PE * SUM_W)
  ) u_sums (
      .aclk,
      .aresetn,
      .tdata    (m_axis_tdata),
      .tlast    (m_axis_tlast),
      .tvalid   (m_axis_tvalid),
      .tready   (m_axis_tready),
      .is_broken(),
      .shown    ()
  );

  // ---- Places ----
  localparam int BeatW = finn_pkg::index_width(SF);
  localparam int FoldW = finn_pkg::index_width(NF);
  localparam int VectorW = finn_pkg::index_width(REUSE);

  logic comes;
  logic word_comes;
  logic leaves;
  // Of the next beat of each stream: the beat of the vector, the vector and the fold, and the end of the block's
  // number. There are fewer blocks inside than are told apart.
  logic [BeatW-1:0] in_beat_q;
  logic [VectorW-1:0] in_vector_q;
  logic [2:0] in_block_q;
  logic [BeatW-1:0] word_beat_q;
  logic [FoldW-1:0] word_fold_q;
  logic [2:0] word_block_q;
  logic [FoldW-1:0] out_fold_q;
  logic [VectorW-1:0] out_vector_q;
  logic [2:0] out_block_q;
  // What is followed.
  logic [2:0] block_q;
  logic [VectorW-1:0] vector_q;
  logic [FoldW-1:0] fold_q;
  logic [3:0] element_q;

  assign comes = s_axis_tvalid && s_axis_tready;
  assign word_comes = s_axis_weights_tvalid && s_axis_weights_tready;
  assign leaves = m_axis_tvalid && m_axis_tready;

  always_ff @(posedge aclk) begin
    if (comes) begin
      in_beat_q <= in_beat_q + 1'b1;
      if (in_beat_q == BeatW'(SF - 1)) begin
        in_beat_q <= '0;
        in_vector_q <= in_vector_q + 1'b1;
        if (in_vector_q == VectorW'(REUSE - 1)) begin
          in_vector_q <= '0;
          in_block_q <= in_block_q + 1'b1;
        end
      end
    end
    if (word_comes) begin
      word_beat_q <= word_beat_q + 1'b1;
      if (word_beat_q == BeatW'(SF - 1)) begin
        word_beat_q <= '0;
        word_fold_q <= word_fold_q + 1'b1;
        if (word_fold_q == FoldW'(NF - 1)) begin
          word_fold_q <= '0;
          word_block_q <= word_block_q + 1'b1;
        end
      end
    end
    if (leaves) begin
      out_fold_q <= out_fold_q + 1'b1;
      if (out_fold_q == FoldW'(NF - 1)) begin
        out_fold_q <= '0;
        out_vector_q <= out_vector_q + 1'b1;
        if (out_vector_q == VectorW'(REUSE - 1)) begin
          out_vector_q <= '0;
          out_block_q <= out_block_q + 1'b1;
        end
      end
    end
    if (!aresetn) begin
      in_beat_q <= '0;
      in_vector_q <= '0;
      in_block_q <= '0;
      word_beat_q <= '0;
      word_fold_q <= '0;
      word_block_q <= '0;
      out_fold_q <= '0;
      out_vector_q <= '0;
      out_block_q <= '0;
      block_q <= block;
      vector_q <= 32'(vector) < REUSE ? vector[VectorW-1:0] : '0;
      fold_q <= 32'(fold) < NF ? fold[FoldW-1:0] : '0;
      element_q <= 32'(element) < PE ? element : '0;
    end
  end

  // ---- The vector, the row's weights, and what they give ----
  logic [MW*INPUT_W-1:0] elements_q;
  logic [MW-1:0] weights_q;
  logic [INPUT_W-1:0] term;
  logic [SUM_W-1:0] expected;
  logic [SUM_W-1:0] found;

  always_ff @(posedge aclk) begin
    for (int k = 0; k < SF; k++) begin
      if (comes && in_block_q == block_q && in_vector_q == vector_q && 32'(in_beat_q) == k) begin
        elements_q[k*SIMD*INPUT_W+:SIMD*INPUT_W] <= s_axis_tdata;
      end
      for (int p = 0; p < PE; p++) begin
        if (word_comes && word_block_q == block_q && word_fold_q == fold_q && 32'(word_beat_q) == k &&
            32'(element_q) == p) begin
          weights_q[k*SIMD+:SIMD] <= s_axis_weights_tdata[p*SIMD+:SIMD];
        end
      end
    end
  end

  // Where the weight is -1, the element's distance from the largest one: the dot product and the row's excess.
  always_comb begin
    expected = '0;
    for (int i = 0; i < MW; i++) begin
      term = elements_q[i*INPUT_W+:INPUT_W];
      if (!weights_q[i]) term = ~term;
      expected = expected + SUM_W'(term);
    end
    found = '0;
    for (int p = 0; p < PE; p++) if (32'(element_q) == p) found = m_axis_tdata[p*SUM_W+:SUM_W];
  end

  always_ff @(posedge aclk) begin
    if (aresetn && m_axis_tvalid) begin
      assert (m_axis_tlast == (out_fold_q == FoldW'(NF - 1)));
      // Its vector has come whole, and the words of its row.
      assert (out_block_q != in_block_q || out_vector_q < in_vector_q);
      assert (out_block_q != word_block_q || out_fold_q < word_fold_q);
      if (out_block_q == block_q && out_vector_q == vector_q && out_fold_q == fold_q) begin
        assert (found == expected);
        cover (found != '0);
      end
      cover (leaves && out_fold_q == FoldW'(NF - 1) && out_vector_q == VectorW'(REUSE - 1));
    end
  end

endmodule

`default_nettype wire
