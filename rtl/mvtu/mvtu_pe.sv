// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Processing element: dot products of SIMD elements, accumulated over the segments of a row. They are popcounts
/// (mvtu_pkg::counts_places) or exceed the true ones by a number that the row's weights tell (mvtu_dot_planes).
///
/// `sum` is combinational: start value (at the first segment) or accumulator, plus the dot product that leaves the
/// pipeline. It is the row's result while `last` of its segment would be high; `first` and `accumulate` belong to the
/// segment whose inputs and weights came STAGES enabled cycles earlier.
module mvtu_pe #(
    /// Elements a cycle, >= 1.
    parameter int SIMD = 16,
    /// Registers inside the dot product.
    parameter int STAGES = 0,
    /// Bits of an input element, >= 1.
    parameter int INPUT_W = 1,
    /// For INPUT_W > 1: 1: input elements are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUTS = 0,
    /// For INPUT_W = 1: 1: bits stand for -1/+1; 0: for 0/1.
    parameter bit BIPOLAR = 1,
    /// Bits of a weight, 1 to 8; 1 is -1/+1, more are two's complement.
    parameter int WEIGHT_W = 1,
    /// For WEIGHT_W > 1: 1: the most negative weight never occurs.
    parameter bit NARROW_WEIGHTS = 0,
    /// For inputs and weights -1/+1: 1: a place where they agree counts 2; 0: 1.
    parameter bit TWICE = 0,
    /// For WEIGHT_W = 1: odd, >= 3: inputs and weights are recoded as parities of runs of so many lanes
    /// (mvtu_parities); 0: they are not.
    parameter int RUN = 0,
    /// Bits of the accumulator; must hold every partial sum modulo 2^SUM_W.
    parameter int SUM_W = 8
) (
    input  wire                      aclk,
    input  wire                      enable,
    input  wire  [ SIMD*INPUT_W-1:0] inputs,
    input  wire  [SIMD*WEIGHT_W-1:0] weights,
    input  wire                      accumulate,
    input  wire                      first,
    input  wire  [        SUM_W-1:0] start,
    output logic [        SUM_W-1:0] sum
);

  // Of a row of SIMD elements: without a threshold, or with several.
  localparam int WeightHigh = mvtu_products_pkg::weight_high(INPUT_W, WEIGHT_W, NARROW_WEIGHTS);
  localparam int LeastW = finn_pkg::min(
      mvtu_pkg::accumulator_width(SIMD, INPUT_W, SIGNED_INPUTS, BIPOLAR, WEIGHT_W, NARROW_WEIGHTS, 0, WeightHigh, 0,
                                  0),
      mvtu_pkg::accumulator_width(SIMD, INPUT_W, SIGNED_INPUTS, BIPOLAR, WEIGHT_W, NARROW_WEIGHTS, 3, WeightHigh, 0,
                                  0));
  `FINN_CHECK(check_sum, SUM_W >= LeastW,
              ("mvtu_pe: SUM_W=%0d must be at least %0d for SIMD=%0d", SUM_W, LeastW, SIMD))
  `FINN_CHECK(check_run, RUN == 0 || WEIGHT_W == 1,
              ("mvtu_pe: RUN=%0d must be 0 for WEIGHT_W=%0d", RUN, WEIGHT_W))

  logic [SUM_W-1:0] accumulator_q;
  logic [SUM_W-1:0] product;

  assign sum = (first ? start : accumulator_q) + (product << 32'(TWICE));

  if (RUN > 0) begin : g_parities
    logic [finn_pkg::count_width(SIMD * (2 ** INPUT_W - 1))-1:0] dot;

    mvtu_dot_parities #(
        .SIMD(SIMD),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS && INPUT_W > 1),
        .RUN(RUN),
        .STAGES(STAGES)
    ) u_dot (
        .aclk,
        .enable,
        .inputs,
        .weights,
        .dot
    );

    assign product = SUM_W'(dot);
  end else if (mvtu_pkg::counts_places(INPUT_W, WEIGHT_W)) begin : g_binary
    logic [finn_pkg::count_width(SIMD)-1:0] dot;

    mvtu_dot_binary #(
        .SIMD  (SIMD),
        .STAGES(STAGES)
    ) u_dot (
        .aclk,
        .enable,
        .inputs,
        .weights,
        .dot
    );

    assign product = SUM_W'(dot);
  end else begin : g_planes
    localparam int DotW = mvtu_products_pkg::sum_width(SIMD, INPUT_W, WEIGHT_W, NARROW_WEIGHTS)
        + ((INPUT_W == 1 && BIPOLAR) ? 1 : 0);
    logic [DotW-1:0] dot;

    mvtu_dot_planes #(
        .SIMD(SIMD),
        .STAGES(STAGES),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS && INPUT_W > 1),
        .WEIGHT_W(WEIGHT_W),
        .NARROW_WEIGHTS(NARROW_WEIGHTS),
        .BIPOLAR(BIPOLAR)
    ) u_dot (
        .aclk,
        .enable,
        .inputs,
        .weights,
        .dot
    );

    assign product = SUM_W'(dot);
  end

  always_ff @(posedge aclk) begin
    if (enable && accumulate) accumulator_q <= sum;
  end

endmodule

`default_nettype wire
