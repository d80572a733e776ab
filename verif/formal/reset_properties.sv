// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Assumes a reset in the first cycle. Further resets may come in any cycle.
module reset_properties (
    input wire aclk,
    input wire aresetn
);

  logic is_first_q;

  initial is_first_q = 1'b1;

  always_ff @(posedge aclk) begin
    is_first_q <= 1'b0;
    if (is_first_q) assume (!aresetn);
  end

endmodule

`default_nettype wire
