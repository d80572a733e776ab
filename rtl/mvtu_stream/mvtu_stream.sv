// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Matrix-vector unit whose weights come over a stream, from a memory that holds more than a chip does; each word of
/// weights is used for REUSE vectors.
///
/// It is an mvtu without a memory of weights and without thresholds, folded alike: a vector comes in SF = MW / SIMD
/// beats and leaves in NF = MH / PE. REUSE vectors are a block. The words of a block come once, word nf * SF + sf
/// having the weights of fold nf for the beats sf, and then again for the next block. The vectors of a block are kept
/// and given NF times; the SF words of a fold are kept and given REUSE times, while those of the next fold come. So
/// each accumulator ends its row before it begins another, as in mvtu: REUSE of them, in a memory of their own, would
/// have to be read, added to and written in a cycle. What it costs is the place of two folds of words, and of two
/// blocks of results, which come fold by fold and leave vector by vector (mvtu_reorder).
///
/// Results are sums from 0 on: of weights and inputs -1/+1 the places that agree, else the dot product and what the
/// row's weights make it exceed that (finn_rtl.ips.mvtu); a `threshold` behind it has thresholds that make up for that.
///
/// Throughput: SF * NF cycles a vector without a bubble, while vectors, words (one in REUSE cycles) and results keep
/// up; a word that comes late makes it wait, and changes no result.
/// Latency: the last result of a block leaves at least NF * REUSE + 1 cycles after its sum, its first one 2 cycles;
/// with REUSE = 1 each 1 cycle.
/// No combinational path between any two sides.
module mvtu_stream #(
    /// Matrix width: elements of a vector, >= 1; below 2**(31 - INPUT_W - WEIGHT_W).
    parameter int MW = 64,
    /// Matrix height: rows, >= 2; MW * MH at most 2**30.
    parameter int MH = 16,
    /// Synapses a processing element handles in a cycle; divides MW.
    parameter int SIMD = 16,
    /// Processing elements; divides MH, and is less.
    parameter int PE = 4,
    /// Vectors that each word is used for, >= 1. 1: words are not kept, and results leave as they come.
    parameter int REUSE = 4,
    /// Registers inside the dot product, 0 to one less than its levels of logic.
    parameter int STAGES = 1,
    /// Bits of an input element, 1 to 16.
    parameter int INPUT_W = 1,
    /// For INPUT_W > 1: 1: input elements are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUTS = 0,
    /// For INPUT_W = 1: 1: bit 1 is +1, bit 0 is -1; 0: they are 1 and 0.
    parameter bit BIPOLAR = 1,
    /// Bits of a weight, 1 to 8. 1: bit 1 is +1, bit 0 is -1; more are two's complement.
    parameter int WEIGHT_W = 1,
    /// For WEIGHT_W > 1: 1: the most negative weight never occurs; 0: it may.
    parameter bit NARROW_WEIGHTS = 0,
    /// Memory of the vectors: 1: block RAM; 0: LUT RAM. Likewise of the words.
    parameter bit VECTORS_IN_BLOCK = 0,
    parameter bit WORDS_IN_BLOCK = 0,
    /// Memory of the results: "auto", "distributed" (LUT RAM) or "block" (block RAM).
    parameter RESULT_STYLE = "auto",
    /// Bits of a sum.
    localparam int SUM_W = mvtu_pkg::accumulator_width(
        MW, INPUT_W, SIGNED_INPUTS, BIPOLAR, WEIGHT_W, NARROW_WEIGHTS, 3,
        mvtu_products_pkg::weight_high(INPUT_W, WEIGHT_W, NARROW_WEIGHTS), 0, 0),
    /// Bits of a word of weights.
    localparam int WORD_W = PE * SIMD * WEIGHT_W
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [SIMD*INPUT_W-1:0] s_axis_tdata,
    input  wire                     s_axis_tvalid,
    output logic                    s_axis_tready,

    /// Weight of element p, lane s in bits (p * SIMD + s) * WEIGHT_W and up.
    input  wire  [WORD_W-1:0] s_axis_weights_tdata,
    input  wire               s_axis_weights_tvalid,
    output logic              s_axis_weights_tready,

    output logic [PE*SUM_W-1:0] m_axis_tdata,
    /// Last beat of a vector.
    output logic                m_axis_tlast,
    output logic                m_axis_tvalid,
    input  wire                 m_axis_tready
);

  `FINN_CHECK(check_simd, SIMD >= 1 && MW >= 1 && MW % SIMD == 0,
              ("mvtu_stream: SIMD=%0d must be at least 1 and divide MW=%0d", SIMD, MW))
  `FINN_CHECK(check_pe, PE >= 1 && MH > PE && MH % PE == 0,
              ("mvtu_stream: PE=%0d must be at least 1, less than MH=%0d, and divide it", PE, MH))
  `FINN_CHECK(check_reuse, REUSE >= 1, ("mvtu_stream: REUSE=%0d must be at least 1", REUSE))
  `FINN_CHECK(check_weight, WEIGHT_W >= 1 && WEIGHT_W <= 8, ("mvtu_stream: WEIGHT_W=%0d must be 1 to 8", WEIGHT_W))
  `FINN_CHECK(check_input, INPUT_W >= 1 && INPUT_W <= 16, ("mvtu_stream: INPUT_W=%0d must be 1 to 16", INPUT_W))
  // The widths above are computed in 32 bits.
  `FINN_CHECK(check_width, MW < 2 ** (31 - INPUT_W - WEIGHT_W),
              ("mvtu_stream: MW=%0d must be below %0d for INPUT_W=%0d and WEIGHT_W=%0d", MW,
               2 ** (31 - INPUT_W - WEIGHT_W), INPUT_W, WEIGHT_W))
  `FINN_CHECK(check_weights, MH <= 2 ** 30 / MW, ("mvtu_stream: MW=%0d times MH=%0d must be at most 2**30", MW, MH))
  `FINN_CHECK(check_style, RESULT_STYLE == "auto" || RESULT_STYLE == "distributed" || RESULT_STYLE == "block",
              ("mvtu_stream: RESULT_STYLE=%s must be auto, distributed or block", RESULT_STYLE))

  localparam int SF = MW / SIMD;
  localparam int NF = MH / PE;

  logic enable;
  logic issue;
  logic [SIMD*INPUT_W-1:0] operand;
  logic operand_valid;
  logic first;
  logic last;
  logic next_last;
  logic word_valid;
  logic [WORD_W-1:0] word;
  logic [WORD_W-1:0] weights_q;
  logic row_done;
  logic unused_next_done;
  logic [PE*SUM_W-1:0] sums;
  logic results_ready;

  mvtu_issue #(
      .WIDTH(SIMD * INPUT_W),
      .SF(SF),
      .VECTORS(REUSE),
      .NF(NF),
      .USE_BLOCK(VECTORS_IN_BLOCK)
  ) u_issue (
      .aclk,
      .aresetn,
      .s_axis_tdata,
      .s_axis_tvalid,
      .s_axis_tready,
      .enable,
      .word_valid,
      .issue,
      .operand,
      .operand_valid,
      .first,
      .last,
      .next_last
  );

  if (REUSE > 1) begin : g_keep
    replay_buffer #(
        .WIDTH(WORD_W),
        .LENGTH(SF),
        .REPEATS(REUSE),
        .USE_BLOCK(WORDS_IN_BLOCK)
    ) u_words (
        .aclk,
        .aresetn,
        .s_axis_tdata (s_axis_weights_tdata),
        .s_axis_tvalid(s_axis_weights_tvalid),
        .s_axis_tready(s_axis_weights_tready),
        .m_data (word),
        .m_valid(word_valid),
        .m_take (issue)
    );
  end else begin : g_once
    logic unused_last;

    axis_register #(
        .WIDTH(WORD_W)
    ) u_words (
        .aclk,
        .aresetn,
        .s_axis_tdata (s_axis_weights_tdata),
        .s_axis_tlast (1'b0),
        .s_axis_tvalid(s_axis_weights_tvalid),
        .s_axis_tready(s_axis_weights_tready),
        .m_axis_tdata (word),
        .m_axis_tlast (unused_last),
        .m_axis_tvalid(word_valid),
        .m_axis_tready(issue)
    );
  end

  // With the operand.
  always_ff @(posedge aclk) begin
    if (enable) weights_q <= word;
  end

  mvtu_rows #(
      .PE(PE),
      .SIMD(SIMD),
      .STAGES(STAGES),
      .INPUT_W(INPUT_W),
      .SIGNED_INPUTS(SIGNED_INPUTS),
      .BIPOLAR(BIPOLAR),
      .WEIGHT_W(WEIGHT_W),
      .NARROW_WEIGHTS(NARROW_WEIGHTS),
      .SUM_W(SUM_W)
  ) u_rows (
      .aclk,
      .aresetn,
      .enable,
      .operand,
      .operand_valid,
      .first,
      .last,
      .next_last,
      .weights(weights_q),
      .starts('0),
      .sums,
      .next_done(unused_next_done),
      .done(row_done)
  );

  // From registers only.
  assign enable = !row_done || results_ready;

  if (REUSE > 1) begin : g_block
    mvtu_reorder #(
        .WIDTH(PE * SUM_W),
        .FOLDS(NF),
        .VECTORS(REUSE),
        .STYLE(RESULT_STYLE)
    ) u_reorder (
        .aclk,
        .aresetn,
        .s_axis_tdata (sums),
        .s_axis_tvalid(row_done),
        .s_axis_tready(results_ready),
        .m_axis_tdata,
        .m_axis_tlast,
        .m_axis_tvalid,
        .m_axis_tready
    );
  end else begin : g_vector
    localparam int FoldW = finn_pkg::index_width(NF);

    logic [FoldW-1:0] fold_q;
    logic fold_is_last;

    assign fold_is_last = fold_q == FoldW'(NF - 1);

    always_ff @(posedge aclk) begin
      if (row_done && results_ready) fold_q <= fold_is_last ? '0 : fold_q + 1'b1;
      if (!aresetn) fold_q <= '0;
    end

    axis_register #(
        .WIDTH(PE * SUM_W)
    ) u_results (
        .aclk,
        .aresetn,
        .s_axis_tdata (sums),
        .s_axis_tlast (fold_is_last),
        .s_axis_tvalid(row_done),
        .s_axis_tready(results_ready),
        .m_axis_tdata,
        .m_axis_tlast,
        .m_axis_tvalid,
        .m_axis_tready
    );
  end

endmodule

`default_nettype wire
