// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Processing element: dot products of SIMD elements, accumulated over the segments of a row.
///
/// `sum` is combinational: start value (at the first segment) or accumulator, plus the dot product that leaves the
/// pipeline. It is the row's result while `last` of its segment would be high; `first` and `accumulate` belong to the
/// segment whose inputs and weights came STAGES enabled cycles earlier.
module mvtu_pe #(
    /// Elements a cycle, >= 1.
    parameter int SIMD = 16,
    /// Registers inside the dot product.
    parameter int STAGES = 0,
    /// Bits of an input element, >= 1; 1 is binary: sums are popcounts.
    parameter int INPUT_W = 1,
    /// For INPUT_W > 1, where sums are signed: 1: input elements are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUTS = 0,
    /// Bits of the accumulator; must hold every partial sum modulo 2^SUM_W.
    parameter int SUM_W = 8
) (
    input  wire                     aclk,
    input  wire                     enable,
    input  wire  [SIMD*INPUT_W-1:0] inputs,
    input  wire  [        SIMD-1:0] weights,
    input  wire                     accumulate,
    input  wire                     first,
    input  wire  [       SUM_W-1:0] start,
    output logic [       SUM_W-1:0] sum
);

  localparam int LeastW = finn_pkg::sum_width(SIMD, INPUT_W, SIGNED_INPUTS, 0);
  `FINN_CHECK(check_sum, SUM_W >= LeastW,
              ("mvtu_pe: SUM_W=%0d must be at least %0d for SIMD=%0d", SUM_W, LeastW, SIMD))

  logic [SUM_W-1:0] accumulator_q;

  if (INPUT_W == 1) begin : g_binary
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

    assign sum = (first ? start : accumulator_q) + SUM_W'(dot);
  end else begin : g_integer
    localparam int DotW = INPUT_W + (SIGNED_INPUTS ? 0 : 1) + $clog2(SIMD);
    logic signed [DotW-1:0] dot;
    logic signed [SUM_W-1:0] base;

    mvtu_dot_integer #(
        .SIMD(SIMD),
        .STAGES(STAGES),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS)
    ) u_dot (
        .aclk,
        .enable,
        .inputs,
        .weights,
        .dot
    );

    // Signed, so that Yosys sees that `dot` is the narrower operand and puts it on the carry chain as it is.
    assign base = $signed(first ? start : accumulator_q);
    assign sum  = $unsigned(base + SUM_W'(dot));
  end

  always_ff @(posedge aclk) begin
    if (enable && accumulate) accumulator_q <= sum;
  end

endmodule

`default_nettype wire
