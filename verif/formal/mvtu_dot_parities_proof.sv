// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_dot_parities behind mvtu_parities, of every size from LEAST to SIMD: the sum is that of the inputs' planes,
/// each plane the number of places where it and the weights agree, of STAGES enabled cycles ago. The weights are
/// recoded as the inputs are, by another mvtu_parities.
module mvtu_dot_parities_proof #(
    parameter int LEAST = 1,
    parameter int SIMD = 7,
    parameter int INPUT_W = 1,
    parameter bit SIGNED_INPUTS = 0,
    parameter int RUN = 3,
    parameter int STAGES = 0
) (
    input wire aclk,
    input wire aresetn,
    input wire enable,

    input wire [SIMD*INPUT_W-1:0] inputs,
    input wire [SIMD-1:0] weights
);

  reset_properties u_reset (.*);

  for (genvar n = LEAST; n <= SIMD; n++) begin : g_size
    localparam int DotW = $clog2(n * (2 ** INPUT_W - 1) + 1);
    logic [n*INPUT_W-1:0] recoded_inputs;
    logic [n-1:0] recoded_weights;
    logic [DotW-1:0] dot;
    logic [DotW-1:0] expected;

    mvtu_parities #(
        .SIMD(n),
        .INPUT_W(INPUT_W),
        .RUN(RUN)
    ) u_inputs (
        .plain  (inputs[n*INPUT_W-1:0]),
        .recoded(recoded_inputs)
    );

    mvtu_parities #(
        .SIMD(n),
        .RUN (RUN)
    ) u_weights (
        .plain  (weights[n-1:0]),
        .recoded(recoded_weights)
    );

    mvtu_dot_parities #(
        .SIMD(n),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS),
        .RUN(RUN),
        .STAGES(STAGES)
    ) dut (
        .aclk,
        .enable,
        .inputs (recoded_inputs),
        .weights(recoded_weights),
        .dot
    );

    always_comb begin
      expected = '0;
      for (int i = 0; i < n; i++) begin
        for (int c = 0; c < INPUT_W; c++) begin
          expected = expected + (DotW'((inputs[i*INPUT_W+c] ^ (SIGNED_INPUTS && c == INPUT_W - 1)) == weights[i]) << c);
        end
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
