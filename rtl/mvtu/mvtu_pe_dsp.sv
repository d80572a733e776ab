// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Processing elements that share multipliers: dot products of ROWS rows by mvtu_dot_dsp, which says by what they
/// exceed the true ones, accumulated over the segments of the rows.
///
/// As in mvtu_pe, `sum` is combinational, and `first`, `accumulate` and `start` belong to the segment whose inputs and
/// weights came STAGES enabled cycles earlier. Sums are exact modulo 2^SUM_W.
module mvtu_pe_dsp #(
    /// Rows, >= 1.
    parameter int ROWS = 4,
    /// Elements a cycle, and what they and the weights are: as in mvtu_dot_dsp.
    parameter int SIMD = 4,
    parameter int STAGES = 1,
    parameter int INPUT_W = 4,
    parameter bit SIGNED_INPUTS = 0,
    parameter int WEIGHT_W = 4,
    /// How products are packed: as in mvtu_dot_dsp, with weights as OFFSET_WEIGHTS wants them.
    parameter int FACTOR_W = 25,
    parameter int LANES = 1,
    parameter int CHAIN = 4,
    /// Bits of an accumulator.
    parameter int SUM_W = 16
) (
    input  wire                           aclk,
    input  wire                           enable,
    input  wire  [      SIMD*INPUT_W-1:0] inputs,
    input  wire  [ROWS*SIMD*WEIGHT_W-1:0] weights,
    input  wire                           accumulate,
    input  wire                           first,
    input  wire  [        ROWS*SUM_W-1:0] start,
    output logic [        ROWS*SUM_W-1:0] sum
);

  localparam int Products = finn_pkg::min(mvtu_dsp_pkg::chain(FACTOR_W, INPUT_W, WEIGHT_W, LANES, CHAIN), SIMD);
  localparam int DotW = mvtu_dsp_pkg::dot_width(SIMD, INPUT_W, WEIGHT_W, Products);

  logic [ROWS*DotW-1:0] dot;

  mvtu_dot_dsp #(
      .ROWS(ROWS),
      .SIMD(SIMD),
      .STAGES(STAGES),
      .INPUT_W(INPUT_W),
      .SIGNED_INPUTS(SIGNED_INPUTS),
      .WEIGHT_W(WEIGHT_W),
      .FACTOR_W(FACTOR_W),
      .LANES(LANES),
      .CHAIN(CHAIN),
      .OFFSET_WEIGHTS(1'b1)
  ) u_dot (
      .aclk,
      .enable,
      .inputs,
      .weights,
      .dot
  );

  for (genvar r = 0; r < ROWS; r++) begin : g_row
    logic [SUM_W-1:0] accumulator_q;

    assign sum[r*SUM_W+:SUM_W] = (first ? start[r*SUM_W+:SUM_W] : accumulator_q) + SUM_W'(dot[r*DotW+:DotW]);

    always_ff @(posedge aclk) begin
      if (enable && accumulate) accumulator_q <= sum[r*SUM_W+:SUM_W];
    end
  end

endmodule

`default_nettype wire
