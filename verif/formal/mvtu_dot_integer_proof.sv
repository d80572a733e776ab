// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_dot_integer, of every size from LEAST to SIMD: the product is the sum of the inputs of STAGES enabled cycles ago,
/// those with weight -1 negated, less the number of these.
module mvtu_dot_integer_proof #(
    parameter int LEAST = 1,
    parameter int SIMD = 4,
    parameter int STAGES = 0,
    parameter int INPUT_W = 2,
    parameter bit SIGNED_INPUTS = 0
) (
    input wire aclk,
    input wire aresetn,
    input wire enable,

    input wire [SIMD*INPUT_W-1:0] inputs,
    input wire [SIMD-1:0] weights
);

  reset_properties u_reset (.*);

  for (genvar n = LEAST; n <= SIMD; n++) begin : g_size
    localparam int DotW = INPUT_W + (SIGNED_INPUTS ? 0 : 1) + $clog2(n);
    logic signed [DotW-1:0] dot;
    logic [15:0] expected;

    mvtu_dot_integer #(
        .SIMD(n),
        .STAGES(STAGES),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS)
    ) dut (
        .aclk,
        .enable,
        .inputs (inputs[n*INPUT_W-1:0]),
        .weights(weights[n-1:0]),
        .dot
    );

    always_comb begin
      expected = '0;
      for (int i = 0; i < n; i++) begin
        automatic logic [INPUT_W-1:0] element = inputs[i*INPUT_W+:INPUT_W];
        automatic logic [15:0] value = SIGNED_INPUTS ? 16'($signed(element)) : 16'(element);
        expected = weights[i] ? expected + value : expected - value - 1'b1;
      end
    end

    pipeline_properties #(
        .WIDTH  (16),
        .LATENCY(STAGES)
    ) u_properties (
        .*,
        .result(16'(dot))
    );
  end

endmodule

`default_nettype wire
