// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// First numbers of a column of products of two bits each: for every three products how many are 1, two bits of two
/// 6-input LUTs, products included. The last number may be of one or two. Combinational.
///
/// A level of hierarchy of its own, kept in synthesis, as mvtu_leaves.
(* keep_hierarchy = "yes" *)
module mvtu_plane_leaves #(
    /// Products, >= 1.
    parameter int PRODUCTS = 12,
    /// 1: a product is the AND of its two bits; 0: their XNOR.
    parameter bit IS_AND = 0,
    /// 1: the first of the two bits counts inverted. An inverter outside would take a LUT.
    parameter bit IS_INVERTED = 0,
    /// Numbers, and those of at least two products: only they have an upper bit.
    localparam int LEAVES = (PRODUCTS + 2) / 3,
    localparam int UPPERS = (PRODUCTS + 1) / 3
) (
    input  wire  [PRODUCTS-1:0] first,
    input  wire  [PRODUCTS-1:0] second,
    output logic [  LEAVES-1:0] lower,
    /// Bits that weigh two; one more than there are, 0, so that there is one.
    output logic [    UPPERS:0] upper
);

  `FINN_CHECK(check_products, PRODUCTS >= 1, ("mvtu_plane_leaves: PRODUCTS=%0d must be at least 1", PRODUCTS))

  logic [PRODUCTS-1:0] products;

  assign products = IS_AND ? (first ^ {PRODUCTS{IS_INVERTED}}) & second : first ^ second ^ {PRODUCTS{!IS_INVERTED}};
  assign upper[UPPERS] = 1'b0;

  for (genvar i = 0; i < LEAVES; i++) begin : g_leaf
    localparam int Size = finn_pkg::min(3, PRODUCTS - 3 * i);
    logic [2:0] three;
    assign three = 3'(products[3*i+:Size]);
    assign lower[i] = ^three;
    if (Size > 1) begin : g_upper
      assign upper[i] = (three[0] & three[1]) | (three[2] & (three[0] | three[1]));
    end
  end

endmodule

`default_nettype wire
