// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Number of ones among three bits, plus two bits that weigh one (SECOND_W = 1) or two each (SECOND_W = 2): a number
/// of three bits, each a function of at most five. Written as logic, so that a bit can share a LUT with what follows.
module bit_heap_count #(
    /// What a bit of `second` weighs, 1 or 2.
    parameter int SECOND_W = 1
) (
    input  wire  [2:0] first,
    input  wire  [1:0] second,
    output logic [2:0] count
);

  `FINN_CHECK(check_second, SECOND_W == 1 || SECOND_W == 2, ("bit_heap_count: SECOND_W=%0d must be 1 or 2", SECOND_W))

  logic parity;
  logic majority;

  assign parity   = ^first;
  assign majority = (first[0] & first[1]) | (first[2] & (first[0] | first[1]));

  if (SECOND_W == 1) begin : g_same
    logic carry;
    assign carry = (parity & second[0]) | (second[1] & (parity | second[0]));
    assign count = {majority & carry, majority ^ carry, parity ^ second[0] ^ second[1]};
  end else begin : g_next
    assign count = {(majority & second[0]) | (second[1] & (majority | second[0])), majority ^ second[0] ^ second[1],
                    parity};
  end

endmodule

`default_nettype wire
