// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_dot_binary, of every size from LEAST to SIMD: the product is the number of places where inputs and weights of
/// STAGES enabled cycles ago agree, with IS_AND are both 1.
module mvtu_dot_binary_proof #(
    parameter int LEAST = 1,
    parameter int SIMD = 7,
    parameter int STAGES = 0,
    parameter bit IS_AND = 0
) (
    input wire aclk,
    input wire aresetn,
    input wire enable,

    input wire [SIMD-1:0] inputs,
    input wire [SIMD-1:0] weights
);

  reset_properties u_reset (.*);

  for (genvar n = LEAST; n <= SIMD; n++) begin : g_size
    localparam int DotW = finn_pkg::count_width(n);
    logic [DotW-1:0] dot;
    logic [DotW-1:0] expected;

    mvtu_dot_binary #(
        .SIMD  (n),
        .STAGES(STAGES),
        .IS_AND(IS_AND)
    ) dut (
        .aclk,
        .enable,
        .inputs (inputs[n-1:0]),
        .weights(weights[n-1:0]),
        .dot
    );

    always_comb begin
      expected = '0;
      for (int i = 0; i < n; i++) begin
        expected = expected + DotW'(IS_AND ? inputs[i] && weights[i] : inputs[i] == weights[i]);
      end
    end

    pipeline_properties #(
        .WIDTH  (DotW),
        .LATENCY(STAGES)
    ) u_properties (
        .*,
        .result(dot)
    );
  end

endmodule

`default_nettype wire
