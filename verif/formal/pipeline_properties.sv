// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Asserts that a result is what was expected LATENCY enabled cycles ago, of arithmetic without a reset.
module pipeline_properties #(
    /// Bits of the result, >= 1.
    parameter int WIDTH = 8,
    /// Enabled cycles, >= 0.
    parameter int LATENCY = 0
) (
    input wire aclk,
    input wire aresetn,
    input wire enable,

    /// What the operands of this cycle are to give.
    input wire [WIDTH-1:0] expected,
    input wire [WIDTH-1:0] result
);

  // Index s: s enabled cycles ago; whether that was after the reset.
  logic [WIDTH-1:0] expected_q[LATENCY+1];
  logic known_q[LATENCY+1];

  assign known_q[0] = aresetn;
  assign expected_q[0] = expected;

  for (genvar s = 1; s <= LATENCY; s++) begin : g_stage
    always_ff @(posedge aclk) begin
      if (enable) begin
        expected_q[s] <= expected_q[s-1];
        known_q[s] <= known_q[s-1];
      end
      if (!aresetn) known_q[s] <= 1'b0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn && known_q[LATENCY]) begin
      assert (result == expected_q[LATENCY]);
      cover (result != '0);
    end
  end

endmodule

`default_nettype wire
