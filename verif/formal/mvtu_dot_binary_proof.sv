// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_dot_binary: the product is the number of places where inputs and weights of STAGES enabled cycles ago agree.
module mvtu_dot_binary_proof #(
    parameter int SIMD = 7,
    parameter int STAGES = 0,
    localparam int DOT_W = finn_pkg::count_width(SIMD)
) (
    input wire aclk,
    input wire aresetn,
    input wire enable,

    input wire [SIMD-1:0] inputs,
    input wire [SIMD-1:0] weights
);

  logic [DOT_W-1:0] dot;
  // Index s: s enabled cycles ago; whether that was after the reset.
  logic [DOT_W-1:0] expected[STAGES+1];
  logic known[STAGES+1];

  mvtu_dot_binary #(
      .SIMD  (SIMD),
      .STAGES(STAGES)
  ) dut (
      .*
  );

  reset_properties u_reset (.*);

  always_comb begin
    known[0] = aresetn;
    expected[0] = '0;
    for (int i = 0; i < SIMD; i++) expected[0] = expected[0] + DOT_W'(inputs[i] == weights[i]);
  end

  for (genvar s = 1; s <= STAGES; s++) begin : g_stage
    always_ff @(posedge aclk) begin
      if (enable) begin
        expected[s] <= expected[s-1];
        known[s] <= known[s-1];
      end
      if (!aresetn) known[s] <= 1'b0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn && known[STAGES]) begin
      assert (dot == expected[STAGES]);
      cover (32'(dot) == SIMD);
    end
  end

endmodule

`default_nettype wire
