// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Matrix-vector-threshold unit: out = threshold(W x) for binary weights and binary or integer inputs, folded onto PE
/// processing elements of SIMD synapses each (Umuroglu et al., "FINN", FPGA 2017, section 4.2).
///
/// A vector comes in SF = MW / SIMD beats and leaves in NF = MH / PE. Row nf * PE + p of W belongs to processing
/// element p in fold nf. Its accumulator counts the places where weight and input agree; for INPUT_W > 1 it is the dot
/// product of weights -1/+1 with integers.
///
/// Initiation interval: SF * NF cycles a vector, without a bubble between vectors while input and output keep up.
/// Latency from a vector's last input beat to its output beats, for a vector that finds the unit idle and whose
/// outputs are taken at once:
///   2 + STAGES cycles, + 1 for RAM_STYLE "block" (register behind the block RAM, which is slow), + 1 for NF > 1 (replay
///   buffer), + 1 for THRESHOLDS > 1 (comparison), and for fold nf the nf * SF cycles of the folds before it.
/// No combinational path between the two sides.
module mvtu #(
    /// Matrix width: elements of the input vector, >= 1.
    parameter int MW = 64,
    /// Matrix height: rows, elements of the output vector, >= 1; MW * MH at most 2**30.
    parameter int MH = 16,
    /// Synapses a processing element handles in a cycle; divides MW.
    parameter int SIMD = 16,
    /// Processing elements; divides MH.
    parameter int PE = 4,
    /// Thresholds a row. 0: accumulators leave, unsigned for INPUT_W = 1, else two's complement. 1: one bit leaves,
    /// accumulator >= threshold. N > 1: the number of thresholds that the accumulator reaches leaves. For INPUT_W = 1 a
    /// threshold that is never reached needs a number above MW that SUM_W bits hold: there is none where MW + 1 is a
    /// power of two.
    parameter int THRESHOLDS = 1,
    /// Registers inside the dot product, 0 to one less than its levels of logic; for INPUT_W > 1, 0 to clog2(SIMD).
    parameter int STAGES = 1,
    /// Bits of an input element, 1 to 16. 1 is binary: bit 1 is +1, bit 0 is -1.
    parameter int INPUT_W = 1,
    /// For INPUT_W > 1: 1: input elements are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUTS = 0,
    /// $readmemh file, SF * NF words of PE * SIMD bits. Word nf * SF + sf: weight of element p, lane s in bit
    /// p * SIMD + s, for column sf * SIMD + s.
    parameter WEIGHT_FILE = "",
    /// $readmemh file, NF words. One threshold: PE fields of SUM_W bits, field p is minus the threshold of row
    /// nf * PE + p in two's complement (the accumulator starts there, and its sign is the answer).
    /// N > 1: PE fields of N * SUM_W bits, the thresholds ascending. Not read for THRESHOLDS = 0.
    /// For INPUT_W > 1 the number of weights -1 of the row comes in as well, all of two's complement: field p is that
    /// number (THRESHOLDS = 0, where the file is read too), that number minus the threshold (one threshold), each
    /// threshold minus that number (N > 1).
    parameter THRESHOLD_FILE = "",
    /// Weight memory: "auto", "distributed" (LUTs) or "block" (block RAM).
    parameter RAM_STYLE = "auto",
    /// Threshold memory, likewise.
    parameter THRESHOLD_STYLE = "auto",
    /// Bits of a slice of the weight memory, each with a file of its own: rom_slices. 0: one memory, one file.
    parameter int WEIGHT_SLICE = 0,
    /// Bits of an accumulator. For INPUT_W = 1: 0 to MW, or -(MW + 1) to MW with one threshold.
    localparam int SUM_W = finn_pkg::sum_width(MW, INPUT_W, SIGNED_INPUTS, THRESHOLDS),
    /// Bits of an output element.
    localparam int OUT_W = (THRESHOLDS == 0) ? SUM_W : finn_pkg::count_width(finn_pkg::max(THRESHOLDS, 1))
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [SIMD*INPUT_W-1:0] s_axis_tdata,
    input  wire                     s_axis_tvalid,
    output logic                    s_axis_tready,

    output logic [PE*OUT_W-1:0] m_axis_tdata,
    /// Last beat of a vector.
    output logic                m_axis_tlast,
    output logic                m_axis_tvalid,
    input  wire                 m_axis_tready
);

  `FINN_CHECK(check_simd, SIMD >= 1 && MW >= 1 && MW % SIMD == 0,
              ("mvtu: SIMD=%0d must be at least 1 and divide MW=%0d", SIMD, MW))
  `FINN_CHECK(check_pe, PE >= 1 && MH >= 1 && MH % PE == 0,
              ("mvtu: PE=%0d must be at least 1 and divide MH=%0d", PE, MH))
  `FINN_CHECK(check_thresholds, THRESHOLDS >= 0 && THRESHOLDS <= 255,
              ("mvtu: THRESHOLDS=%0d must be 0 to 255", THRESHOLDS))
  `FINN_CHECK(check_input, INPUT_W >= 1 && INPUT_W <= 16, ("mvtu: INPUT_W=%0d must be 1 to 16", INPUT_W))
  // The widths above are computed in 32 bits.
  `FINN_CHECK(check_width, MW < 2 ** (30 - INPUT_W),
              ("mvtu: MW=%0d must be below %0d for INPUT_W=%0d", MW, 2 ** (30 - INPUT_W), INPUT_W))
  `FINN_CHECK(check_weights, MH <= 2 ** 30 / MW, ("mvtu: MW=%0d times MH=%0d must be at most 2**30", MW, MH))

  localparam int SF = MW / SIMD;
  localparam int NF = MH / PE;
  localparam int SegmentW = finn_pkg::index_width(SF);
  localparam int FoldW = finn_pkg::index_width(NF);
  localparam int WordW = finn_pkg::index_width(SF * NF);

  // ---- Issue: one segment of the input against PE rows a cycle ----
  logic [SIMD*INPUT_W-1:0] segment;
  logic segment_valid;
  logic issue;
  logic stall;
  logic [SegmentW-1:0] segment_q;
  logic [WordW-1:0] word_q;
  logic segment_is_last;

  assign issue = segment_valid && !stall;
  assign segment_is_last = segment_q == SegmentW'(SF - 1);

  if (NF > 1) begin : g_replay
    replay_buffer #(
        .WIDTH  (SIMD * INPUT_W),
        .LENGTH (SF),
        .REPEATS(NF)
    ) u_replay (
        .aclk,
        .aresetn,
        .s_axis_tdata,
        .s_axis_tvalid,
        .s_axis_tready,
        .m_data (segment),
        .m_valid(segment_valid),
        .m_take (issue)
    );
  end else begin : g_direct
    assign segment = s_axis_tdata;
    assign segment_valid = s_axis_tvalid;
    assign s_axis_tready = !stall;
  end

  always_ff @(posedge aclk) begin
    if (issue) begin
      segment_q <= segment_is_last ? '0 : segment_q + 1'b1;
      word_q <= (word_q == WordW'(SF * NF - 1)) ? '0 : word_q + 1'b1;
    end
    if (!aresetn) begin
      segment_q <= '0;
      word_q <= '0;
    end
  end

  // ---- Operands, and what goes with them through the dot product ----
  // Registers from the issue of a segment to its operands, besides the first.
  localparam int Reads = (RAM_STYLE == "block") ? 1 : 0;
  localparam int Delay = Reads + STAGES;
  logic [SIMD*INPUT_W-1:0] operand_q;
  logic [SIMD*INPUT_W-1:0] operand;
  logic [PE*SIMD-1:0] word;
  logic [PE*SIMD-1:0] weights;
  // Index Reads: with the operands; Delay: with the dot products.
  logic [Delay:0] valid_q;
  logic [Delay:0] first_q;
  logic [Delay:0] last_q;

  rom_slices #(
      .WIDTH(PE * SIMD),
      .DEPTH(SF * NF),
      .SLICE(WEIGHT_SLICE),
      .FILE (WEIGHT_FILE),
      .STYLE(RAM_STYLE)
  ) u_weights (
      .aclk,
      .enable (!stall),
      .address(word_q),
      .data   (word)
  );

  if (Reads == 1) begin : g_read
    always_ff @(posedge aclk) begin
      if (!stall) begin
        operand <= operand_q;
        weights <= word;
      end
    end
  end else begin : g_no_read
    assign operand = operand_q;
    assign weights = word;
  end

  always_ff @(posedge aclk) begin
    if (!stall) begin
      operand_q <= segment;
      valid_q   <= (Delay + 1)'({valid_q, issue});
      first_q   <= (Delay + 1)'({first_q, segment_q == '0});
      last_q    <= (Delay + 1)'({last_q, segment_is_last});
    end
    if (!aresetn) valid_q <= '0;
  end

  // ---- Rows ----
  logic accumulate;
  logic row_done;
  logic [PE*SUM_W-1:0] sums;
  logic [PE*SUM_W-1:0] starts;

  assign accumulate = valid_q[Delay];
  assign row_done   = accumulate && last_q[Delay];

  for (genvar p = 0; p < PE; p++) begin : g_pe
    mvtu_pe #(
        .SIMD(SIMD),
        .STAGES(STAGES),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS),
        .SUM_W(SUM_W)
    ) u_pe (
        .aclk,
        .enable (!stall),
        .inputs (operand),
        .weights(weights[p*SIMD+:SIMD]),
        .accumulate,
        .first  (first_q[Delay]),
        .start  (starts[p*SUM_W+:SUM_W]),
        .sum    (sums[p*SUM_W+:SUM_W])
    );
  end

  // ---- Activation ----
  // Results of fold `fold_q` stand on `result` while result_valid is high; `fold_q` moves on as they leave.
  logic [PE*OUT_W-1:0] result;
  logic result_valid;
  logic [FoldW-1:0] fold_q;
  logic [FoldW-1:0] fold_d;
  logic fold_is_last;

  assign fold_is_last = fold_q == FoldW'(NF - 1);

  always_comb begin
    fold_d = fold_q;
    if (result_valid && !stall) fold_d = fold_is_last ? '0 : fold_q + 1'b1;
    if (!aresetn) fold_d = '0;
  end

  always_ff @(posedge aclk) fold_q <= fold_d;

  if (THRESHOLDS == 0 && INPUT_W == 1) begin : g_accumulators
    assign starts = '0;
    assign result = sums;
    assign result_valid = row_done;
  end else if (THRESHOLDS <= 1) begin : g_starts
    rom #(
        .WIDTH(PE * SUM_W),
        .DEPTH(NF),
        .FILE (THRESHOLD_FILE),
        .STYLE(THRESHOLD_STYLE)
    ) u_starts (
        .aclk,
        .enable (1'b1),
        .address(fold_d),
        .data   (starts)
    );
    if (THRESHOLDS == 1) begin : g_sign
      for (genvar p = 0; p < PE; p++) begin : g_bit
        assign result[p] = !sums[p*SUM_W+SUM_W-1];
      end
    end else begin : g_sums
      assign result = sums;
    end
    assign result_valid = row_done;
  end else begin : g_levels
    logic [PE*SUM_W-1:0] sums_q;
    logic [PE*THRESHOLDS*SUM_W-1:0] thresholds;
    logic valid_sums_q;

    assign starts = '0;
    assign result_valid = valid_sums_q;

    rom #(
        .WIDTH(PE * THRESHOLDS * SUM_W),
        .DEPTH(NF),
        .FILE (THRESHOLD_FILE),
        .STYLE(THRESHOLD_STYLE)
    ) u_thresholds (
        .aclk,
        .enable (1'b1),
        .address(fold_d),
        .data   (thresholds)
    );

    always_ff @(posedge aclk) begin
      if (!stall) begin
        sums_q <= sums;
        valid_sums_q <= row_done;
      end
      if (!aresetn) valid_sums_q <= 1'b0;
    end

    for (genvar p = 0; p < PE; p++) begin : g_level
      threshold_compare #(
          .COUNT(THRESHOLDS),
          .WIDTH(SUM_W),
          .SIGNED_VALUES(INPUT_W > 1)
      ) u_compare (
          .value(sums_q[p*SUM_W+:SUM_W]),
          .thresholds(thresholds[p*THRESHOLDS*SUM_W+:THRESHOLDS*SUM_W]),
          .level(result[p*OUT_W+:OUT_W])
      );
    end
  end

  // ---- Output: `stall` depends on registers only ----
  if (SF == 1) begin : g_slice
    logic slice_ready;

    assign stall = result_valid && !slice_ready;

    axis_register #(
        .WIDTH(PE * OUT_W)
    ) u_slice (
        .aclk,
        .aresetn,
        .s_axis_tdata (result),
        .s_axis_tlast (fold_is_last),
        .s_axis_tvalid(result_valid),
        .s_axis_tready(slice_ready),
        .m_axis_tdata,
        .m_axis_tlast,
        .m_axis_tvalid,
        .m_axis_tready
    );
  end else begin : g_register
    // Results are at least two cycles apart: a single register that empties before it fills loses nothing.
    logic [PE*OUT_W-1:0] output_q;
    logic output_last_q;
    logic output_valid_q;

    assign stall = result_valid && output_valid_q;
    assign m_axis_tdata = output_q;
    assign m_axis_tlast = output_last_q;
    assign m_axis_tvalid = output_valid_q;

    always_ff @(posedge aclk) begin
      if (m_axis_tready) output_valid_q <= 1'b0;
      if (result_valid && !output_valid_q) begin
        output_q <= result;
        output_last_q <= fold_is_last;
        output_valid_q <= 1'b1;
      end
      if (!aresetn) output_valid_q <= 1'b0;
    end
  end

endmodule

`default_nettype wire
