// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// A sum and one input times a digit of its weight (mvtu_digit), in the LUTs of one carry chain. Combinational.
///
/// A level of hierarchy of its own, kept in synthesis: Yosys' ABC takes the lowest bits of adders one behind the other,
/// into which nothing is carried, for one large XOR, and needs more LUTs.
(* keep_hierarchy = "yes" *)
module mvtu_digit_adder #(
    /// Bits of the sum to which the product is added, and of the new one; the latter must hold it.
    parameter int BASE_W = 3,
    parameter int SUM_W = 4,
    // As in mvtu_digit.
    parameter int INPUT_W = 2,
    parameter bit SIGNED_INPUTS = 0,
    parameter int WEIGHT_W = 2,
    parameter bit NARROW_WEIGHTS = 0,
    parameter int DIGIT = 0
) (
    input  wire  [  BASE_W-1:0] base,
    input  wire  [ INPUT_W-1:0] element,
    input  wire  [WEIGHT_W-1:0] weight,
    output logic [   SUM_W-1:0] sum
);

  localparam int ProductW = mvtu_products_pkg::digit_width(INPUT_W, WEIGHT_W, NARROW_WEIGHTS, DIGIT);

  `FINN_CHECK(check_sum, SUM_W >= BASE_W && SUM_W >= ProductW,
              ("mvtu_digit_adder: SUM_W=%0d must be at least %0d and BASE_W=%0d", SUM_W, ProductW, BASE_W))

  // The base goes on the carry chain as it is: an adder as in bit_heap_level, with nothing carried in.
  logic [ProductW-1:0] product;
  logic [SUM_W+1:0] taken;
  logic [SUM_W+1:0] computed;
  logic [SUM_W+1:0] total;

  mvtu_digit #(
      .INPUT_W(INPUT_W),
      .SIGNED_INPUTS(SIGNED_INPUTS),
      .WEIGHT_W(WEIGHT_W),
      .NARROW_WEIGHTS(NARROW_WEIGHTS),
      .DIGIT(DIGIT)
  ) u_digit (
      .element,
      .weight,
      .product
  );

  assign taken = {(SUM_W + 1)'(base), 1'b0};
  assign computed = {(SUM_W + 1)'(product), 1'b0};
  assign total = taken - ~computed;
  assign sum = total[SUM_W:1];

endmodule

`default_nettype wire
