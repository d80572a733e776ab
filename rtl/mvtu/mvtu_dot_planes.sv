// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Dot product of SIMD inputs of few bits with SIMD weights of few bits, as one heap of the bits of all products.
///
/// `dot` exceeds the true product by a number of the row's weights alone (mvtu_products_pkg):
///   f X (sum of 4^k |d_k| over all digits below 0) - o (sum of the weights),
/// where x is the unsigned number that an input stands for, f x + o is what it is worth, and X = 2^INPUT_W - 1: f = 1 and
/// o = 0 for unsigned inputs, o = -2^(INPUT_W-1) for signed ones, f = 2 and o = -1 for bipolar ones.
/// finn_rtl.ips.products.excess computes it.
///
/// Latency STAGES cycles; one product a cycle while `enable` is high.
module mvtu_dot_planes #(
    /// Elements, >= 1; DOT_W must not exceed bit_heap_pkg::COLUMNS.
    parameter int SIMD = 16,
    /// Registers inside, 0 to one less than the levels of logic.
    parameter int STAGES = 0,
    /// Bits of an input element, 1 to 8.
    parameter int INPUT_W = 2,
    /// 1: input elements are two's complement, of at least two bits; 0: unsigned.
    parameter bit SIGNED_INPUTS = 0,
    /// Bits of a weight, 1 to 8. 1: bit 1 is +1, bit 0 is -1; more are two's complement.
    parameter int WEIGHT_W = 1,
    /// 1: the most negative weight never occurs, for WEIGHT_W > 1.
    parameter bit NARROW_WEIGHTS = 0,
    /// For INPUT_W = 1: 1: an input is -1/+1; 0: it is 0/1.
    parameter bit BIPOLAR = 1,
    localparam int SUM_W = mvtu_products_pkg::sum_width(SIMD, INPUT_W, WEIGHT_W, NARROW_WEIGHTS),
    localparam int DOT_W = SUM_W + ((INPUT_W == 1 && BIPOLAR) ? 1 : 0)
) (
    input  wire                      aclk,
    input  wire                      enable,
    input  wire  [ SIMD*INPUT_W-1:0] inputs,
    input  wire  [SIMD*WEIGHT_W-1:0] weights,
    output logic [        DOT_W-1:0] dot
);

  `FINN_CHECK(check_simd, SIMD >= 1 && SUM_W <= bit_heap_pkg::COLUMNS,
              ("mvtu_dot_planes: SIMD=%0d must be at least 1, and a sum have at most %0d bits", SIMD,
               bit_heap_pkg::COLUMNS))
  `FINN_CHECK(check_input, INPUT_W >= 1 && INPUT_W <= 8,
              ("mvtu_dot_planes: INPUT_W=%0d must be 1 to 8", INPUT_W))
  `FINN_CHECK(check_weight, WEIGHT_W >= 1 && WEIGHT_W <= 8,
              ("mvtu_dot_planes: WEIGHT_W=%0d must be 1 to 8", WEIGHT_W))
  `FINN_CHECK(check_signed, !(SIGNED_INPUTS && INPUT_W == 1),
              ("mvtu_dot_planes: SIGNED_INPUTS=1 needs INPUT_W of at least 2"))

  localparam int Digits = mvtu_products_pkg::digits(WEIGHT_W);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heights =
      mvtu_products_pkg::heights(SIMD, INPUT_W, WEIGHT_W, NARROW_WEIGHTS);
  localparam int Bits = bit_heap_pkg::offset(Heights, bit_heap_pkg::COLUMNS);
  localparam int Levels = 1 + bit_heap_pkg::levels(Heights, SUM_W);
  localparam int Registers = finn_pkg::cut_registers(Levels + 1, STAGES);

  `FINN_CHECK(check_stages, STAGES >= 0 && STAGES < Levels,
              ("mvtu_dot_planes: STAGES=%0d must be 0 to %0d for SIMD=%0d", STAGES, Levels - 1, SIMD))

  logic [Bits-1:0] bits;
  logic [SUM_W-1:0] sum;

  for (genvar k = 0; k < Digits; k++) begin : g_digit
    localparam int Width = mvtu_products_pkg::digit_width(INPUT_W, WEIGHT_W, NARROW_WEIGHTS, k);
    for (genvar i = 0; i < SIMD; i++) begin : g_synapse
      logic [Width-1:0] product;
      mvtu_digit #(
          .INPUT_W(INPUT_W),
          .SIGNED_INPUTS(SIGNED_INPUTS),
          .WEIGHT_W(WEIGHT_W),
          .NARROW_WEIGHTS(NARROW_WEIGHTS),
          .DIGIT(k)
      ) u_digit (
          .element(inputs[i*INPUT_W+:INPUT_W]),
          .weight (weights[i*WEIGHT_W+:WEIGHT_W]),
          .product
      );
      for (genvar j = 0; j < Width; j++) begin : g_bit
        localparam int Column = 2 * k + j;
        // Rows of digits in this column below.
        localparam int Row = mvtu_products_pkg::rows_below(INPUT_W, WEIGHT_W, NARROW_WEIGHTS, k, Column);
        assign bits[bit_heap_pkg::offset(Heights, Column)+Row*SIMD+i] = product[j];
      end
    end
  end

  bit_heap #(
      .HEIGHTS(Heights),
      .WIDTH(SUM_W),
      .REGISTERS(Registers)
  ) u_heap (
      .aclk,
      .enable,
      .bits,
      .sum
  );

  if (INPUT_W == 1 && BIPOLAR) begin : g_bipolar
    assign dot = {sum, 1'b0};
  end else begin : g_number
    assign dot = sum;
  end

endmodule

`default_nettype wire
