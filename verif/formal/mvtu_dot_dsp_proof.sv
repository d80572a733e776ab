// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_dot_dsp: `dot` of every row is the dot product of the inputs and weights of STAGES enabled cycles ago, and what
/// its header says that it is more.
module mvtu_dot_dsp_proof #(
    parameter int ROWS = 3,
    parameter int SIMD = 1,
    parameter int STAGES = 0,
    parameter int INPUT_W = 2,
    parameter bit SIGNED_INPUTS = 0,
    parameter int WEIGHT_W = 2,
    parameter int FACTOR_W = 25,
    parameter int LANES = 3,
    parameter int CHAIN = 4,
    parameter bit OFFSET_WEIGHTS = 0
) (
    input wire aclk,
    input wire aresetn,
    input wire enable,

    input wire [SIMD*INPUT_W-1:0] inputs,
    input wire [ROWS*SIMD*WEIGHT_W-1:0] weights
);

  localparam int Products = finn_pkg::min(mvtu_dsp_pkg::chain(FACTOR_W, INPUT_W, WEIGHT_W, LANES, CHAIN), SIMD);
  localparam int DotW = mvtu_dsp_pkg::dot_width(SIMD, INPUT_W, WEIGHT_W, Products);
  localparam bit Overlap = mvtu_dsp_pkg::spacing(FACTOR_W, INPUT_W, WEIGHT_W, LANES) < INPUT_W + WEIGHT_W;

  logic [ROWS*SIMD*WEIGHT_W-1:0] given;
  logic [ROWS*DotW-1:0] dot;
  logic [ROWS*32-1:0] expected;
  logic [ROWS*32-1:0] result;

  reset_properties u_reset (.*);

  mvtu_dot_dsp #(
      .ROWS(ROWS),
      .SIMD(SIMD),
      .STAGES(STAGES),
      .INPUT_W(INPUT_W),
      .SIGNED_INPUTS(SIGNED_INPUTS),
      .WEIGHT_W(WEIGHT_W),
      .FACTOR_W(FACTOR_W),
      .LANES(LANES),
      .CHAIN(CHAIN),
      .OFFSET_WEIGHTS(OFFSET_WEIGHTS)
  ) dut (
      .aclk,
      .enable,
      .inputs,
      .weights(given),
      .dot
  );

  for (genvar r = 0; r < ROWS; r++) begin : g_row
    localparam bit IsTop = r % LANES == LANES - 1 || r == ROWS - 1;
    localparam int Excess = (IsTop ? mvtu_dsp_pkg::top_excess(SIMD, INPUT_W, WEIGHT_W, Products)
                                   : mvtu_dsp_pkg::lane_excess(SIMD, INPUT_W, WEIGHT_W))
                          + (Overlap && r % LANES > 0 ? SIMD : 0);
    logic [31:0] total;

    always_comb begin
      total = Excess;
      for (int i = 0; i < SIMD; i++) begin
        automatic logic [INPUT_W-1:0] element = inputs[i*INPUT_W+:INPUT_W];
        automatic logic [WEIGHT_W-1:0] bits = weights[(r*SIMD+i)*WEIGHT_W+:WEIGHT_W];
        automatic int value = SIGNED_INPUTS ? 32'($signed(element)) : 32'(element);
        automatic int weight = 32'($signed(bits));
        total = total + value * weight + (SIGNED_INPUTS ? 2 ** (INPUT_W - 1) * weight : 0);
        given[(r*SIMD+i)*WEIGHT_W+:WEIGHT_W] = bits ^ (WEIGHT_W'(OFFSET_WEIGHTS && !IsTop) << (WEIGHT_W - 1));
      end
    end

    assign expected[32*r+:32] = total;
    assign result[32*r+:32] = 32'(dot[r*DotW+:DotW]);
  end

  pipeline_properties #(
      .WIDTH  (ROWS * 32),
      .LATENCY(STAGES)
  ) u_properties (
      .*
  );

endmodule

`default_nettype wire
