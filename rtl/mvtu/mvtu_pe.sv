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
    /// Bits of the accumulator; must hold every partial sum modulo 2^SUM_W.
    parameter int SUM_W = 8
) (
    input  wire              aclk,
    input  wire              enable,
    input  wire  [ SIMD-1:0] inputs,
    input  wire  [ SIMD-1:0] weights,
    input  wire              accumulate,
    input  wire              first,
    input  wire  [SUM_W-1:0] start,
    output logic [SUM_W-1:0] sum
);

  localparam int DotW = finn_pkg::count_width(SIMD);
  `FINN_CHECK(check_sum, SUM_W >= DotW, ("mvtu_pe: SUM_W=%0d must be at least %0d for SIMD=%0d", SUM_W, DotW, SIMD))

  logic [ DotW-1:0] dot;
  logic [SUM_W-1:0] accumulator_q;

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

  always_ff @(posedge aclk) begin
    if (enable && accumulate) accumulator_q <= sum;
  end

endmodule

`default_nettype wire
