// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Processing element of mvtu_serial: binary dot products of SIMD elements, a bit plane of the inputs by one of the
/// weights, accumulated over the segments and passes of a row by Horner's rule: from one level of planes to the next
/// lower one the accumulator is doubled.
///
/// The row's result exceeds the true dot product by a number that its weights tell, as that of mvtu_dot_planes does:
/// with X the largest input as an unsigned number, by X times the magnitude of the negative bits of its weights, those
/// of two bits or more; and by what it stands for where inputs are signed. finn_rtl.ips.products.excess computes it.
///
/// The start value is doubled with all else: the accumulator starts with its upper bits, and each doubling brings one
/// of the others. Where planes are left out it is as many times as large as the doublings that are left out make up.
/// `sum` is combinational; `first`, `twice`, the start value and `accumulate` belong to the segment whose inputs and
/// weights came STAGES enabled cycles earlier.
module mvtu_serial_pe #(
    /// Elements a cycle, >= 1.
    parameter int SIMD = 16,
    /// Registers inside the dot product.
    parameter int STAGES = 0,
    /// Bits of an input element and of a weight, >= 1, one of them >= 2.
    parameter int INPUT_W = 2,
    parameter int WEIGHT_W = 2,
    /// For INPUT_W = 1: 1: bits stand for -1/+1; 0: for 0/1.
    parameter bit BIPOLAR = 1,
    /// Bits of the accumulator, at least INPUT_W + WEIGHT_W - 1; must hold every result modulo 2^SUM_W.
    parameter int SUM_W = 8,
    /// Bits of a start value that are not brought by doublings.
    localparam int START_W = SUM_W - (INPUT_W + WEIGHT_W - 2)
) (
    input  wire                aclk,
    input  wire                enable,
    input  wire  [   SIMD-1:0] inputs,
    input  wire  [   SIMD-1:0] weights,
    input  wire                accumulate,
    /// The first segment of a row; the first of a level that is not the row's first.
    input  wire                first,
    input  wire                twice,
    /// With `first` the upper bits of the start value, with `twice` the next of the others.
    input  wire  [START_W-1:0] start,
    input  wire                start_bit,
    output logic [  SUM_W-1:0] sum
);

  `FINN_CHECK(check_sum, SUM_W >= INPUT_W + WEIGHT_W - 1,
              ("mvtu_serial_pe: SUM_W=%0d must be at least %0d", SUM_W, INPUT_W + WEIGHT_W - 1))

  // A bit of an input -1/+1 is worth 2.
  localparam int Shift = (INPUT_W == 1 && BIPOLAR) ? 1 : 0;

  logic [finn_pkg::count_width(SIMD)-1:0] dot;
  logic [SUM_W-1:0] accumulator_q;
  logic [SUM_W-1:0] doubled;

  mvtu_dot_binary #(
      .SIMD  (SIMD),
      .STAGES(STAGES),
      .IS_AND(WEIGHT_W > 1)
  ) u_dot (
      .aclk,
      .enable,
      .inputs,
      .weights,
      .dot
  );

  assign doubled = {accumulator_q[SUM_W-2:0], start_bit};
  assign sum = (first ? $unsigned(SUM_W'($signed(start))) : twice ? doubled : accumulator_q) + (SUM_W'(dot) << Shift);

  always_ff @(posedge aclk) begin
    if (enable && accumulate) accumulator_q <= sum;
  end

endmodule

`default_nettype wire
