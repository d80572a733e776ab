// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Sum of a few inputs, each times the same digit of its weight: adders one behind the other (mvtu_digit_adder), each
/// of which takes a product in the LUTs of its carry chain. So a bit of a product costs a LUT, and its addition none.
///
/// Latency: as many cycles as REGISTERS has ones below bit LEVELS. One sum a cycle while `enable` is high.
module mvtu_digit_sum #(
    /// Elements, >= 1.
    parameter int SIMD = 4,
    /// Levels of adders, at least SIMD - 1; those beyond keep step with other sums' registers.
    parameter int LEVELS = SIMD - 1,
    /// Bit l puts a register behind the adder of element l + 1.
    parameter int REGISTERS = 0,
    // As in mvtu_digit.
    parameter int INPUT_W = 2,
    parameter bit SIGNED_INPUTS = 0,
    parameter int WEIGHT_W = 2,
    parameter bit NARROW_WEIGHTS = 0,
    parameter int DIGIT = 0,
    localparam int SUM_W = mvtu_products_pkg::digit_sum_width(SIMD, INPUT_W, WEIGHT_W, NARROW_WEIGHTS, DIGIT)
) (
    input  wire                      aclk,
    input  wire                      enable,
    input  wire  [ SIMD*INPUT_W-1:0] inputs,
    input  wire  [SIMD*WEIGHT_W-1:0] weights,
    output logic [        SUM_W-1:0] sum
);

  `FINN_CHECK(check_levels, SIMD >= 1 && LEVELS >= SIMD - 1,
              ("mvtu_digit_sum: LEVELS=%0d must be at least SIMD=%0d less one", LEVELS, SIMD))

  for (genvar i = 0; i <= LEVELS; i++) begin : g_level
    localparam int TotalW = mvtu_products_pkg::digit_sum_width(
        finn_pkg::min(i + 1, SIMD), INPUT_W, WEIGHT_W, NARROW_WEIGHTS, DIGIT
    );
    // Behind this level the sum so far, and all operands, of which later levels use what is left.
    logic [TotalW-1:0] added;
    logic [TotalW-1:0] total;
    logic [SIMD*INPUT_W-1:0] elements;
    logic [SIMD*WEIGHT_W-1:0] factors;
    // In front of it.
    logic [SIMD*INPUT_W-1:0] elements_d;
    logic [SIMD*WEIGHT_W-1:0] factors_d;

    if (i == 0) begin : g_inputs
      assign elements_d = inputs;
      assign factors_d  = weights;
    end else begin : g_operands
      assign elements_d = g_level[i-1].elements;
      assign factors_d  = g_level[i-1].factors;
    end

    if (i == 0) begin : g_first
      mvtu_digit #(
          .INPUT_W(INPUT_W),
          .SIGNED_INPUTS(SIGNED_INPUTS),
          .WEIGHT_W(WEIGHT_W),
          .NARROW_WEIGHTS(NARROW_WEIGHTS),
          .DIGIT(DIGIT)
      ) u_digit (
          .element(elements_d[INPUT_W-1:0]),
          .weight (factors_d[WEIGHT_W-1:0]),
          .product(added)
      );
    end else if (i < SIMD) begin : g_add
      mvtu_digit_adder #(
          .BASE_W(mvtu_products_pkg::digit_sum_width(i, INPUT_W, WEIGHT_W, NARROW_WEIGHTS, DIGIT)),
          .SUM_W(TotalW),
          .INPUT_W(INPUT_W),
          .SIGNED_INPUTS(SIGNED_INPUTS),
          .WEIGHT_W(WEIGHT_W),
          .NARROW_WEIGHTS(NARROW_WEIGHTS),
          .DIGIT(DIGIT)
      ) u_adder (
          .base   (g_level[i-1].total),
          .element(elements_d[i*INPUT_W+:INPUT_W]),
          .weight (factors_d[i*WEIGHT_W+:WEIGHT_W]),
          .sum    (added)
      );
    end else begin : g_pass
      assign added = g_level[i-1].total;
    end

    if (i > 0 && (REGISTERS >> (i - 1)) % 2 == 1) begin : g_register
      always_ff @(posedge aclk) begin
        if (enable) begin
          total <= added;
          elements <= elements_d;
          factors <= factors_d;
        end
      end
    end else begin : g_wire
      assign total = added;
      assign elements = elements_d;
      assign factors = factors_d;
    end
  end

  assign sum = g_level[LEVELS].total;

endmodule

`default_nettype wire
