// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// What a row of a matrix makes of a vector, by plain sums and comparisons, with weights and thresholds of files.
module matrix_row #(
    /// Elements of the vector, and rows.
    parameter int MW = 4,
    parameter int MH = 2,
    /// As for the MVTU.
    parameter int THRESHOLDS = 1,
    parameter bit FALLING = 0,
    parameter bit SIGNED_OUTPUT = 0,
    /// For THRESHOLDS = 0: 1: the dot product leaves, plus a bias, which stands where the first threshold would.
    parameter bit HAS_BIAS = 0,
    parameter int INPUT_W = 1,
    parameter bit SIGNED_INPUTS = 0,
    parameter bit BIPOLAR = 1,
    parameter int WEIGHT_W = 1,
    /// Bits of the result.
    parameter int OUT_W = 1,
    /// $readmemh files. A row's weights are a word of MW fields of WEIGHT_W bits, its thresholds one of THRESHOLDS
    /// fields of 16 bits in two's complement, with the bit of FALLING above them.
    parameter WEIGHTS_FILE = "",
    parameter LEVELS_FILE = ""
) (
    input  wire  [           7:0] row,
    input  wire  [MW*INPUT_W-1:0] vector,
    output logic [     OUT_W-1:0] result
);

  localparam int Levels = finn_pkg::max(THRESHOLDS, 1);

  logic [MW*WEIGHT_W-1:0] weights[MH];
  logic [Levels*16:0] levels[MH];

  initial $readmemh(WEIGHTS_FILE, weights);
  if (THRESHOLDS > 0 || HAS_BIAS) begin : g_levels
    initial $readmemh(LEVELS_FILE, levels);
  end else begin : g_none
    always_comb for (int i = 0; i < MH; i++) levels[i] = '0;
  end

  /// What an element adds to the sum.
  function automatic logic signed [15:0] term(input logic [INPUT_W-1:0] element, input logic [WEIGHT_W-1:0] weight);
    logic signed [15:0] value;
    value = (SIGNED_INPUTS && INPUT_W > 1) ? 16'($signed(element)) : 16'(element);
    if (INPUT_W == 1 && BIPOLAR) value = element ? 16'sd1 : -16'sd1;
    if (INPUT_W == 1 && BIPOLAR && WEIGHT_W == 1 && !HAS_BIAS) begin
      term = 16'(element == weight);
    end else if (WEIGHT_W == 1) begin
      term = weight[0] ? value : -value;
    end else begin
      term = '0;
      for (int b = 0; b < WEIGHT_W; b++) begin
        if (weight[b]) term = (b == WEIGHT_W - 1) ? term - (value <<< b) : term + (value <<< b);
      end
    end
  endfunction

  logic signed [15:0] sum;

  always_comb begin
    sum = '0;
    result = '0;
    for (int r = 0; r < MH; r++) begin
      if (32'(row) == r) begin
        for (int i = 0; i < MW; i++) sum = sum + term(vector[i*INPUT_W+:INPUT_W], weights[r][i*WEIGHT_W+:WEIGHT_W]);
        for (int i = 0; i < THRESHOLDS; i++) result = result + OUT_W'(sum >= $signed(levels[r][i*16+:16]));
        if (THRESHOLDS == 0) result = OUT_W'(sum + (HAS_BIAS ? $signed(levels[r][15:0]) : 16'sd0));
        if (FALLING && levels[r][Levels*16]) result = OUT_W'(THRESHOLDS) - result;
        if (SIGNED_OUTPUT) result = result - OUT_W'(2 ** (OUT_W - 1));
      end
    end
  end

endmodule

`default_nettype wire
