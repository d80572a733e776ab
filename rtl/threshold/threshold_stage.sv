// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// One step of the binary search of `threshold`: registers PE values, compares each with one threshold and finds bit
/// OUT_BITS - 1 - STEP of its level.
///
/// The level's bits above are known. Of a channel's thresholds 2^STEP can be the next to compare with, every
/// 2^(OUT_BITS - STEP)-th of them; those bits and the fold select one. Latency 1 cycle, `level_out` combinational behind
/// the registers.
module threshold_stage #(
    /// Bits of a level, 1 to 8.
    parameter int OUT_BITS = 2,
    /// 0 to OUT_BITS - 1.
    parameter int STEP = 0,
    /// Bits of a value and of a threshold, >= 1.
    parameter int INPUT_W = 8,
    /// 1: values and thresholds are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUT = 0,
    /// Values, >= 1.
    parameter int PE = 2,
    /// Words of the threshold file, >= 1.
    parameter int FOLDS = 4,
    /// $readmemh file as in `threshold`.
    parameter FILE = "",
    /// 1: memory with two registers behind it, for block RAM; 0: in LUTs, merged with the comparison.
    parameter bit USE_BLOCK = 0,
    localparam int FOLD_W = finn_pkg::index_width(FOLDS)
) (
    input  wire                     aclk,
    input  wire                     enable,
    input  wire  [  PE*INPUT_W-1:0] values,
    /// Word of the thresholds that belongs to the values.
    input  wire  [      FOLD_W-1:0] fold,
    /// What `fold` will be behind the next edge; block RAM is read with it, at the edges where `read` is high.
    input  wire  [      FOLD_W-1:0] fold_ahead,
    input  wire                     read,
    /// OUT_BITS bits a value, of which the upper STEP count.
    input  wire  [ PE*OUT_BITS-1:0] level_in,
    output logic [  PE*INPUT_W-1:0] values_out,
    output logic [      FOLD_W-1:0] fold_out,
    output logic [ PE*OUT_BITS-1:0] level_out
);

  `FINN_CHECK(check_step, STEP >= 0 && STEP < OUT_BITS,
              ("threshold_stage: STEP=%0d must be 0 to OUT_BITS - 1 = %0d", STEP, OUT_BITS - 1))

  localparam int Count = 2 ** OUT_BITS - 1;
  localparam int Choices = 2 ** STEP;
  // The bit that this step finds, as a number: level bits above, plus this, is the level that the threshold is for.
  localparam int Weight = 2 ** (OUT_BITS - 1 - STEP);
  localparam int WordW = PE * Count * INPUT_W;
  // LUTs with six inputs: with so few bits to select a threshold, several bits of the value go into one without a
  // carry chain.
  localparam bit UseCarry = USE_BLOCK || $clog2(FOLDS) + STEP > 2;

  logic [PE*INPUT_W-1:0] values_q;
  logic [PE*OUT_BITS-1:0] level_q;
  // The initial value keeps Yosys from moving this register behind the memory, where it would be as wide as a word and
  // would part the memory from the comparison.
  logic [FOLD_W-1:0] fold_q = '0;
  logic [WordW-1:0] thresholds;

  always_ff @(posedge aclk) begin
    if (enable) begin
      values_q <= values;
      fold_q   <= fold;
      level_q  <= level_in;
    end
  end

  assign values_out = values_q;
  assign fold_out   = fold_q;

  // The attribute must be the plain string; Yosys has its own word for a ROM in LUTs.
`ifdef YOSYS
  localparam LutStyle = "logic";
`elsif __slang__
  localparam LutStyle = "logic";
`else
  localparam LutStyle = "distributed";
`endif

  // Each step uses its part of every word; the rest is left to synthesis to drop.
  if (USE_BLOCK) begin : g_block
    (* rom_style = "block" *) logic [WordW-1:0] memory[FOLDS];

    // With the range, simulators warn of files that are too short.
    if (FILE != "") begin : g_fill
      initial $readmemh(FILE, memory, 0, FOLDS - 1);
    end

    logic [WordW-1:0] word;

    always_ff @(posedge aclk) begin
      if (read) word <= memory[fold_ahead];
      if (enable) thresholds <= word;
    end
  end else begin : g_logic
    (* rom_style = LutStyle *) logic [WordW-1:0] memory[FOLDS];

    if (FILE != "") begin : g_fill
      initial $readmemh(FILE, memory, 0, FOLDS - 1);
    end

    assign thresholds = memory[fold_q];
  end

  // Flipping the sign bit turns the order of two's complement numbers into that of unsigned ones.
  function automatic logic [INPUT_W-1:0] ordered(input logic [INPUT_W-1:0] number);
    ordered = number;
    ordered[INPUT_W-1] = number[INPUT_W-1] ^ SIGNED_INPUT;
  endfunction

  for (genvar p = 0; p < PE; p++) begin : g_pe
    logic [Choices*INPUT_W-1:0] choices;
    logic [INPUT_W-1:0] value;
    logic [INPUT_W-1:0] bound;
    logic reached;

    for (genvar c = 0; c < Choices; c++) begin : g_choice
      // Threshold i leads from level i to level i + 1.
      assign choices[c*INPUT_W+:INPUT_W] = thresholds[(p*Count+(2*c+1)*Weight-1)*INPUT_W+:INPUT_W];
    end

    assign value = ordered(values_q[p*INPUT_W+:INPUT_W]);

    if (STEP == 0) begin : g_first
      assign bound = ordered(choices);
    end else begin : g_later
      assign bound = ordered(choices[32'(level_q[p*OUT_BITS+OUT_BITS-1-:STEP])*INPUT_W+:INPUT_W]);
    end

    if (UseCarry) begin : g_carry
      assign reached = value >= bound;
    end else begin : g_ripple
      // Bit i: the bits below i of the value are not less.
      logic [INPUT_W:0] not_less;

      assign not_less[0] = 1'b1;
      for (genvar i = 0; i < INPUT_W; i++) begin : g_bit
        assign not_less[i+1] = (value[i] && !bound[i]) || (not_less[i] && value[i] == bound[i]);
      end
      assign reached = not_less[INPUT_W];
    end

    for (genvar b = 0; b < OUT_BITS; b++) begin : g_level
      if (b == OUT_BITS - 1 - STEP) begin : g_found
        assign level_out[p*OUT_BITS+b] = reached;
      end else begin : g_kept
        assign level_out[p*OUT_BITS+b] = level_q[p*OUT_BITS+b];
      end
    end
  end

endmodule

`default_nettype wire
