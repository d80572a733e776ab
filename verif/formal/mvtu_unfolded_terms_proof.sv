// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_unfolded_terms: the results are those of the rows' weights and thresholds, by plain sums, of the inputs of
/// STAGES enabled cycles ago. The rows are the module `group`; WEIGHTS_FILE and LEVELS_FILE are as for matrix_row.
module mvtu_unfolded_terms_proof #(
    parameter int MW = 3,
    parameter int MH = 2,
    parameter int THRESHOLDS = 1,
    parameter bit FALLING = 0,
    parameter bit SIGNED_OUTPUT = 0,
    /// Registers inside.
    parameter int STAGES = 0,
    parameter int INPUT_W = 1,
    parameter bit SIGNED_INPUTS = 0,
    parameter bit BIPOLAR = 1,
    parameter int WEIGHT_W = 1,
    parameter int RESULT_W = 1,
    parameter WEIGHTS_FILE = "",
    parameter LEVELS_FILE = ""
) (
    input wire aclk,
    input wire aresetn,
    input wire enable,

    input wire [MW*INPUT_W-1:0] inputs
);

  logic [MH*RESULT_W-1:0] results;

  group dut (.*);

  reset_properties u_reset (.*);

  for (genvar r = 0; r < MH; r++) begin : g_row
    logic [RESULT_W-1:0] expected;

    matrix_row #(
        .MW(MW),
        .MH(MH),
        .THRESHOLDS(THRESHOLDS),
        .FALLING(FALLING),
        .SIGNED_OUTPUT(SIGNED_OUTPUT),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS),
        .BIPOLAR(BIPOLAR),
        .WEIGHT_W(WEIGHT_W),
        .OUT_W(RESULT_W),
        .WEIGHTS_FILE(WEIGHTS_FILE),
        .LEVELS_FILE(LEVELS_FILE)
    ) u_row (
        .row(8'(r)),
        .vector(inputs),
        .result(expected)
    );

    pipeline_properties #(
        .WIDTH  (RESULT_W),
        .LATENCY(STAGES)
    ) u_properties (
        .*,
        .result(results[r*RESULT_W+:RESULT_W])
    );
  end

endmodule

`default_nettype wire
