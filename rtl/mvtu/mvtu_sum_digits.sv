// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Sum of SIMD inputs times weights, digit by digit: for every digit sums of a few synapses (mvtu_digit_sum), and a
/// bit_heap for these. What is counted instead of a product is told in mvtu_products_pkg.
///
/// Latency STAGES cycles; one sum a cycle while `enable` is high.
module mvtu_sum_digits #(
    /// Elements, 1 to 1023.
    parameter int SIMD = 16,
    /// Registers inside, 0 to one less than the levels of logic.
    parameter int STAGES = 0,
    // As in mvtu_dot_planes.
    parameter int INPUT_W = 2,
    parameter bit SIGNED_INPUTS = 0,
    parameter int WEIGHT_W = 2,
    parameter bit NARROW_WEIGHTS = 0,
    localparam int SUM_W = mvtu_products_pkg::sum_width(SIMD, INPUT_W, WEIGHT_W, NARROW_WEIGHTS)
) (
    input  wire                      aclk,
    input  wire                      enable,
    input  wire  [ SIMD*INPUT_W-1:0] inputs,
    input  wire  [SIMD*WEIGHT_W-1:0] weights,
    output logic [        SUM_W-1:0] sum
);

  `FINN_CHECK(check_simd, SIMD >= 1 && SIMD <= 1023, ("mvtu_sum_digits: SIMD=%0d must be 1 to 1023", SIMD))

  localparam int Digits = mvtu_products_pkg::digits(WEIGHT_W);
  localparam int Group = mvtu_products_pkg::group(SIMD, INPUT_W);
  localparam int Groups = finn_pkg::ceil_div(SIMD, Group);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heights =
      mvtu_products_pkg::digits_heap(SIMD, INPUT_W, WEIGHT_W, NARROW_WEIGHTS);
  localparam int Bits = bit_heap_pkg::offset(Heights, bit_heap_pkg::COLUMNS);
  localparam int Levels = Group + bit_heap_pkg::levels(Heights, SUM_W);
  // Bit l puts a register behind level l of adders, those of the heap behind the others.
  localparam int Registers = finn_pkg::cut_registers(Levels + 1, STAGES);

  `FINN_CHECK(check_stages, STAGES >= 0 && STAGES < Levels,
              ("mvtu_sum_digits: STAGES=%0d must be 0 to %0d for SIMD=%0d", STAGES, Levels - 1, SIMD))

  logic [Bits-1:0] bits;

  for (genvar k = 0; k < Digits; k++) begin : g_digit
    for (genvar g = 0; g < Groups; g++) begin : g_group
      localparam int Size = finn_pkg::min(Group, SIMD - g * Group);
      localparam int Width = mvtu_products_pkg::digit_sum_width(Size, INPUT_W, WEIGHT_W, NARROW_WEIGHTS, k);
      logic [Width-1:0] few;
      mvtu_digit_sum #(
          .SIMD(Size),
          .LEVELS(Group - 1),
          .REGISTERS(Registers),
          .INPUT_W(INPUT_W),
          .SIGNED_INPUTS(SIGNED_INPUTS),
          .WEIGHT_W(WEIGHT_W),
          .NARROW_WEIGHTS(NARROW_WEIGHTS),
          .DIGIT(k)
      ) u_sum (
          .aclk,
          .enable,
          .inputs(inputs[g*Group*INPUT_W+:Size*INPUT_W]),
          .weights(weights[g*Group*WEIGHT_W+:Size*WEIGHT_W]),
          .sum(few)
      );
      for (genvar j = 0; j < Width; j++) begin : g_bit
        localparam int Below = mvtu_products_pkg::sums_below(SIMD, INPUT_W, WEIGHT_W, NARROW_WEIGHTS, k, 2 * k + j);
        assign bits[bit_heap_pkg::offset(Heights, 2*k+j)+Below+g] = few[j];
      end
    end
  end

  bit_heap #(
      .HEIGHTS(Heights),
      .WIDTH(SUM_W),
      .REGISTERS(Registers >> (Group - 1))
  ) u_heap (
      .aclk,
      .enable,
      .bits,
      .sum
  );

endmodule

`default_nettype wire
