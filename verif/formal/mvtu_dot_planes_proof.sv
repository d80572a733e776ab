// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_dot_planes, of every size from LEAST to SIMD: `dot` is the dot product of the inputs and weights of STAGES
/// enabled cycles ago, and what its header says that it is more.
module mvtu_dot_planes_proof #(
    parameter int LEAST = 1,
    parameter int SIMD = 3,
    parameter int STAGES = 0,
    parameter int INPUT_W = 2,
    parameter bit SIGNED_INPUTS = 0,
    parameter int WEIGHT_W = 2,
    parameter bit NARROW_WEIGHTS = 0,
    parameter bit BIPOLAR = 1
) (
    input wire aclk,
    input wire aresetn,
    input wire enable,

    input wire [SIMD*INPUT_W-1:0] inputs,
    input wire [SIMD*WEIGHT_W-1:0] weights
);

  localparam bit IsBipolar = INPUT_W == 1 && BIPOLAR;
  // What an input of x = 0 is worth, and one step of it; the largest x.
  localparam int Offset = IsBipolar ? -1 : SIGNED_INPUTS ? -(2 ** (INPUT_W - 1)) : 0;
  localparam int Factor = IsBipolar ? 2 : 1;
  localparam int High = 2 ** INPUT_W - 1;

  reset_properties u_reset (.*);

  /// Parts of a weight below zero, made positive: of its bits where inputs or weights have one only, else of its
  /// digits.
  function automatic int below(input logic signed [31:0] weight);
    int digit;
    below = 0;
    if (WEIGHT_W == 1 || (INPUT_W == 1 && !(WEIGHT_W == 2 && NARROW_WEIGHTS))) begin
      if (weight < 0) below = 2 ** (WEIGHT_W - 1);
    end else begin
      for (int k = 0; 2 * k < WEIGHT_W; k++) begin
        digit = (k > 0 && weight[(k>0)?2*k-1:0] ? 1 : 0) + (weight[2*k] ? 1 : 0) - (weight[2*k+1] ? 2 : 0);
        if (digit < 0) below = below - digit * 4 ** k;
      end
    end
  endfunction

  if (NARROW_WEIGHTS && WEIGHT_W > 1) begin : g_narrow
    for (genvar i = 0; i < SIMD; i++) begin : g_weight
      always_ff @(posedge aclk) begin
        assume (weights[i*WEIGHT_W+:WEIGHT_W] != WEIGHT_W'(1) << (WEIGHT_W - 1));
      end
    end
  end

  for (genvar n = LEAST; n <= SIMD; n++) begin : g_size
    localparam int DotW = mvtu_products_pkg::sum_width(n, INPUT_W, WEIGHT_W, NARROW_WEIGHTS) + (IsBipolar ? 1 : 0);
    logic [DotW-1:0] dot;
    logic [31:0] expected;

    mvtu_dot_planes #(
        .SIMD(n),
        .STAGES(STAGES),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS),
        .WEIGHT_W(WEIGHT_W),
        .NARROW_WEIGHTS(NARROW_WEIGHTS),
        .BIPOLAR(BIPOLAR)
    ) dut (
        .aclk,
        .enable,
        .inputs (inputs[n*INPUT_W-1:0]),
        .weights(weights[n*WEIGHT_W-1:0]),
        .dot
    );

    always_comb begin
      expected = '0;
      for (int i = 0; i < n; i++) begin
        automatic logic [INPUT_W-1:0] element = inputs[i*INPUT_W+:INPUT_W];
        automatic logic [WEIGHT_W-1:0] bits = weights[i*WEIGHT_W+:WEIGHT_W];
        automatic int value = IsBipolar ? (element[0] ? 1 : -1) : SIGNED_INPUTS ? 32'($signed(element)) : 32'(element);
        automatic int weight = (WEIGHT_W == 1) ? (bits[0] ? 1 : -1) : 32'($signed(bits));
        expected = expected + value * weight + Factor * High * below(weight) - Offset * weight;
      end
    end

    pipeline_properties #(
        .WIDTH  (32),
        .LATENCY(STAGES)
    ) u_properties (
        .*,
        .result(32'(dot))
    );
  end

endmodule

`default_nettype wire
