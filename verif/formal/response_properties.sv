// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Asserts that a design does not lock up: while something is due, cycle after cycle, something happens within CYCLES.
module response_properties #(
    /// Cycles in which it happens, counted from the first in which it is due, >= 1.
    parameter int CYCLES = 2
) (
    input wire aclk,
    input wire aresetn,
    /// The environment does its part: it offers input, or owes none, and takes output.
    input wire is_due,
    input wire happens
);

  // Cycles that it has been due for in vain.
  logic [finn_pkg::count_width(CYCLES)-1:0] waited_q;

  always_ff @(posedge aclk) begin
    waited_q <= (is_due && !happens) ? waited_q + 1'b1 : '0;
    if (!aresetn) waited_q <= '0;
  end

  always_ff @(posedge aclk) if (aresetn) assert (32'(waited_q) < CYCLES);

endmodule

`default_nettype wire
