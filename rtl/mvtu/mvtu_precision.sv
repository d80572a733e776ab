// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Matrix-vector-threshold unit that multiplies bit by bit (as mvtu with SERIAL), in a precision that is told with each
/// vector: how many bits of the weights and of the input elements count, the top ones. The others are left out as if
/// numbers had been shifted right, w >> (WEIGHT_W - bits), and so are their passes.
///
/// A vector comes in SF = MW / SIMD beats and leaves in NF = MH / PE, as in mvtu. Results are dot products of the
/// shifted numbers, in two's complement, or whether these reach the row's threshold, of which there is one for every
/// precision.
///
/// Initiation interval: SF * NF * the product of both numbers of bits cycles a vector, without a bubble between
/// vectors, whatever their precisions, while input and output keep up. Latency from a vector's last input beat to its
/// output beats, for a vector that finds the unit idle and whose outputs are taken at once: 3 + STAGES cycles, + 1 each
/// for RAM_STYLE and REPLAY_STYLE "block", the cycles of the folds before it, and SF of each of its own passes but the
/// first. No combinational path between the two sides.
module mvtu_precision #(
    /// As in mvtu.
    parameter int MW = 64,
    parameter int MH = 16,
    parameter int SIMD = 16,
    parameter int PE = 4,
    /// 0: dot products leave; 1: one bit, dot product >= threshold.
    parameter int THRESHOLDS = 1,
    /// Registers inside the dot product, 0 to the levels of logic of mvtu_dot_binary.
    parameter int STAGES = 1,
    /// Bits of an input element and of a weight, 1 to 8, not both 1; as in mvtu.
    parameter int INPUT_W = 4,
    parameter bit SIGNED_INPUTS = 0,
    parameter bit BIPOLAR = 1,
    parameter int WEIGHT_W = 4,
    /// $readmemh file of the weights, as in mvtu with SERIAL.
    parameter WEIGHT_FILE = "",
    /// $readmemh file of the start values, of each precision and fold: word (bank << clog2(NF)) + nf, where bank is
    /// (weight bits left out << clog2(INPUT_W)) + input bits left out. PE fields of SUM_W bits: minus the threshold,
    /// and minus what the sum is more than the dot product, times 2^(all bits left out);
    /// finn_rtl.write_precision_memories.
    parameter THRESHOLD_FILE = "",
    /// Memories, as in mvtu.
    parameter RAM_STYLE = "auto",
    parameter THRESHOLD_STYLE = "auto",
    parameter REPLAY_STYLE = "auto",
    parameter int WEIGHT_SLICE = 0,
    /// Bits of the numbers of bits.
    localparam int WEIGHT_BITS_W = finn_pkg::count_width(WEIGHT_W),
    localparam int INPUT_BITS_W = finn_pkg::count_width(INPUT_W),
    /// Bits of an accumulator: one more than in mvtu, for start values whose doublings are left out.
    localparam int SUM_W = mvtu_pkg::accumulator_width(MW, INPUT_W, SIGNED_INPUTS, BIPOLAR, WEIGHT_W, 1'b0,
                                                       THRESHOLDS, 2 ** (WEIGHT_W - 1), 1'b0, 0) + 1,
    /// Bits of an output element.
    localparam int OUT_W = (THRESHOLDS > 0) ? 1 : SUM_W
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [              SIMD*INPUT_W-1:0] s_axis_tdata,
    /// With the first beat of a vector: bits of the weights that count, 1 to WEIGHT_W; above it those of the elements,
    /// 1 to INPUT_W. Other numbers stand for all.
    input  wire  [WEIGHT_BITS_W+INPUT_BITS_W-1:0] s_axis_tuser,
    input  wire                                   s_axis_tvalid,
    output logic                                  s_axis_tready,

    output logic [PE*OUT_W-1:0] m_axis_tdata,
    /// Last beat of a vector.
    output logic                m_axis_tlast,
    output logic                m_axis_tvalid,
    input  wire                 m_axis_tready
);

  `FINN_CHECK(check_simd, SIMD >= 1 && MW >= 1 && MW % SIMD == 0,
              ("mvtu_precision: SIMD=%0d must be at least 1 and divide MW=%0d", SIMD, MW))
  `FINN_CHECK(check_pe, PE >= 1 && MH >= 1 && MH % PE == 0,
              ("mvtu_precision: PE=%0d must be at least 1 and divide MH=%0d", PE, MH))
  `FINN_CHECK(check_thresholds, THRESHOLDS == 0 || THRESHOLDS == 1,
              ("mvtu_precision: THRESHOLDS=%0d must be 0 or 1", THRESHOLDS))
  `FINN_CHECK(check_bits, INPUT_W >= 1 && INPUT_W <= 8 && WEIGHT_W >= 1 && WEIGHT_W <= 8 && INPUT_W * WEIGHT_W > 1,
              ("mvtu_precision: INPUT_W=%0d and WEIGHT_W=%0d must be 1 to 8, and not both 1", INPUT_W, WEIGHT_W))
  `FINN_CHECK(check_width, MW < 2 ** (31 - INPUT_W - WEIGHT_W),
              ("mvtu_precision: MW=%0d must be below %0d for INPUT_W=%0d and WEIGHT_W=%0d", MW,
               2 ** (31 - INPUT_W - WEIGHT_W), INPUT_W, WEIGHT_W))
  `FINN_CHECK(check_weights, MH <= 2 ** 30 / MW,
              ("mvtu_precision: MW=%0d times MH=%0d must be at most 2**30", MW, MH))

  localparam int SF = MW / SIMD;
  localparam int NF = MH / PE;
  localparam int InputPlaneW = finn_pkg::index_width(INPUT_W);
  localparam int WeightPlaneW = finn_pkg::index_width(WEIGHT_W);
  localparam int FoldW = finn_pkg::index_width(NF);
  localparam int Starts = 2 ** ($clog2(WEIGHT_W) + $clog2(INPUT_W) + $clog2(NF));
  localparam int AddressW = finn_pkg::index_width(Starts);

  logic [WEIGHT_BITS_W-1:0] weight_bits;
  logic [INPUT_BITS_W-1:0] input_bits;
  logic [WeightPlaneW-1:0] weight_low;
  logic [InputPlaneW-1:0] input_low;
  logic [WeightPlaneW-1:0] next_weight_low;
  logic [InputPlaneW-1:0] next_input_low;
  logic [WeightPlaneW-1:0] later_weight_low;
  logic [InputPlaneW-1:0] later_input_low;
  // The pipeline moves.
  logic enable;
  logic unused_enable;
  logic unused_issue;
  logic unused_level_done;
  logic [finn_pkg::LOAD_W-1:0] unused_load;
  logic row_done;
  logic next_done;
  logic [PE*SUM_W-1:0] sums;
  logic [PE*SUM_W-1:0] starts;

  // ---- Rows ----
  assign {input_bits, weight_bits} = s_axis_tuser;
  assign weight_low = (weight_bits == '0 || 32'(weight_bits) > WEIGHT_W)
                      ? '0 : WeightPlaneW'(WEIGHT_BITS_W'(WEIGHT_W) - weight_bits);
  assign input_low = (input_bits == '0 || 32'(input_bits) > INPUT_W)
                     ? '0 : InputPlaneW'(INPUT_BITS_W'(INPUT_W) - input_bits);

  mvtu_serial #(
      .SIMD(SIMD),
      .PE(PE),
      .STAGES(STAGES),
      .INPUT_W(INPUT_W),
      .SIGNED_INPUTS(SIGNED_INPUTS),
      .BIPOLAR(BIPOLAR),
      .WEIGHT_W(WEIGHT_W),
      .SF(SF),
      .NF(NF),
      .WEIGHT_FILE(WEIGHT_FILE),
      .RAM_STYLE(RAM_STYLE),
      .REPLAY_STYLE(REPLAY_STYLE),
      .WEIGHT_SLICE(WEIGHT_SLICE),
      .VARIABLE(1'b1),
      .SUM_W(SUM_W)
  ) u_serial (
      .aclk,
      .aresetn,
      .s_load('0),
      .m_load(unused_load),
      .s_axis_tdata,
      .s_input_low(input_low),
      .s_weight_low(weight_low),
      .s_axis_tvalid,
      .s_axis_tready,
      .enable,
      .issue(unused_issue),
      .next_input_low,
      .next_weight_low,
      .later_input_low,
      .later_weight_low,
      .starts,
      .sums,
      .next_done,
      .done(row_done),
      .level_done(unused_level_done)
  );

  // ---- Start values ----
  // Block RAM is slow: its words have a register near the adders, where the planes are known so early.
  localparam bit IsEarly = THRESHOLD_STYLE == "block" && STAGES + ((RAM_STYLE == "block") ? 1 : 0) > 0;

  // Whether what leaves for fold `fold_q`, or is a cycle before that, is the last of its rows; and its planes.
  logic moves_on;
  logic [WeightPlaneW-1:0] read_weight_low;
  logic [InputPlaneW-1:0] read_input_low;
  logic [FoldW-1:0] fold_q;
  logic [FoldW-1:0] fold_d;
  logic fold_ends;
  logic fold_is_last;
  logic [AddressW-1:0] address;
  logic [PE*SUM_W-1:0] word;

  assign fold_ends = fold_q == FoldW'(NF - 1);
  // Parts that have no bits are 0.
  assign address = AddressW'((((32'(read_weight_low) << $clog2(INPUT_W)) + 32'(read_input_low)) << $clog2(NF))
                             + 32'(fold_d));

  always_comb begin
    fold_d = fold_q;
    if (moves_on && enable) fold_d = fold_ends ? '0 : fold_q + 1'b1;
    if (!aresetn) fold_d = '0;
  end

  always_ff @(posedge aclk) fold_q <= fold_d;

  rom #(
      .WIDTH(PE * SUM_W),
      .DEPTH(Starts),
      .FILE (THRESHOLD_FILE),
      .STYLE(THRESHOLD_STYLE)
  ) u_starts (
      .aclk,
      .enable,
      .address,
      .data(word)
  );

  if (IsEarly) begin : g_early
    logic [WeightPlaneW+InputPlaneW-1:0] unused_low;

    assign unused_low = {next_weight_low, next_input_low};
    assign {read_weight_low, read_input_low} = {later_weight_low, later_input_low};
    assign moves_on = next_done;

    always_ff @(posedge aclk) begin
      if (enable) begin
        starts <= word;
        fold_is_last <= fold_ends;
      end
    end
  end else begin : g_late
    logic [WeightPlaneW+InputPlaneW-1:0] unused_low;

    assign unused_low = {later_weight_low, later_input_low};
    assign {read_weight_low, read_input_low} = {next_weight_low, next_input_low};
    assign moves_on = row_done;
    assign starts = word;
    assign fold_is_last = fold_ends;
  end

  // ---- Results ----
  logic [PE*OUT_W-1:0] result;

  for (genvar p = 0; p < PE; p++) begin : g_row
    if (THRESHOLDS > 0) begin : g_sign
      assign result[p] = !sums[p*SUM_W+SUM_W-1];
    end else begin : g_sum
      assign result[p*OUT_W+:OUT_W] = sums[p*SUM_W+:SUM_W];
    end
  end

  pipeline_output #(
      .WIDTH(PE * OUT_W)
  ) u_output (
      .aclk,
      .aresetn,
      .next_valid(next_done),
      .data(result),
      .last(fold_is_last),
      .valid(row_done),
      .enable,
      .next_enable(unused_enable),
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

endmodule

`default_nettype wire
