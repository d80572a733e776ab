// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// One input times one digit of its weight, as in mvtu_products_pkg: bits of x, or of 2x, or none, inverted for a digit
/// below zero. Each bit is a function of at most five. Combinational.
module mvtu_digit #(
    /// Bits of an input element.
    parameter int INPUT_W = 2,
    /// 1: it is two's complement; 0: unsigned.
    parameter bit SIGNED_INPUTS = 0,
    /// Bits of the weight; 1 is -1/+1.
    parameter int WEIGHT_W = 2,
    /// 1: the most negative weight never occurs.
    parameter bit NARROW_WEIGHTS = 0,
    /// Which digit, 0 the lowest.
    parameter int DIGIT = 0,
    localparam int PRODUCT_W = mvtu_products_pkg::digit_width(INPUT_W, WEIGHT_W, NARROW_WEIGHTS, DIGIT)
) (
    input  wire  [  INPUT_W-1:0] element,
    input  wire  [ WEIGHT_W-1:0] weight,
    output logic [PRODUCT_W-1:0] product
);

  `FINN_CHECK(check_digit, DIGIT >= 0 && DIGIT < mvtu_products_pkg::digits(WEIGHT_W),
              ("mvtu_digit: DIGIT=%0d must be 0 to %0d", DIGIT, mvtu_products_pkg::digits(WEIGHT_W) - 1))

  logic is_negative;
  logic is_one;
  logic is_two;
  logic [INPUT_W-1:0] turned;

  if (WEIGHT_W == 1) begin : g_sign
    assign {is_negative, is_one, is_two} = {!weight[0], 2'b10};
  end else begin : g_booth
    // The bits of the digit, the top bit of the weight going on above it, and the one below.
    localparam int High = finn_pkg::min(2 * DIGIT + 1, WEIGHT_W - 1);
    logic [2:0] bits;
    if (DIGIT == 0) begin : g_lowest
      assign bits = {weight[High], weight[0], 1'b0};
    end else begin : g_next
      assign bits = {weight[High], weight[2*DIGIT], weight[2*DIGIT-1]};
    end
    assign is_negative = bits[2];
    assign is_one = bits[1] ^ bits[0];
    assign is_two = (PRODUCT_W > INPUT_W) && bits[2] != bits[1] && bits[1] == bits[0];
  end

  assign turned = element ^ {INPUT_W{is_negative}} ^ (INPUT_W'(SIGNED_INPUTS) << (INPUT_W - 1));

  for (genvar j = 0; j < PRODUCT_W; j++) begin : g_bit
    localparam int Own = finn_pkg::min(j, INPUT_W - 1);
    localparam int Lower = finn_pkg::max(j - 1, 0);
    assign product[j] = (is_one && j < INPUT_W && turned[Own]) || (is_two && j > 0 && turned[Lower]);
  end

endmodule

`default_nettype wire
