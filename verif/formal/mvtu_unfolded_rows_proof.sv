// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_unfolded_rows: the results are those of the rows' weights and thresholds, by plain sums, of the inputs of
/// STAGES enabled cycles ago. The group is the module `group`; WEIGHTS_FILE and LEVELS_FILE are as for matrix_row.
module mvtu_unfolded_rows_proof #(
    parameter int INPUTS = 3,
    parameter int ROWS = 2,
    parameter int THRESHOLDS = 1,
    parameter int STAGES = 0,
    parameter int INPUT_W = 1,
    parameter bit SIGNED_INPUTS = 0,
    parameter WEIGHTS_FILE = "",
    parameter LEVELS_FILE = "",
    localparam int SUM_W = finn_pkg::count_width(INPUTS * (SIGNED_INPUTS ? 2 ** (INPUT_W - 1) : 2 ** INPUT_W - 1))
        + (INPUT_W > 1 ? 1 : 0),
    localparam int RESULT_W = (THRESHOLDS == 0) ? SUM_W : 1
) (
    input wire aclk,
    input wire aresetn,
    input wire enable,

    input wire [INPUTS*INPUT_W-1:0] inputs
);

  logic [ROWS*RESULT_W-1:0] results;

  group dut (.*);

  reset_properties u_reset (.*);

  for (genvar r = 0; r < ROWS; r++) begin : g_row
    logic [RESULT_W-1:0] expected;

    matrix_row #(
        .MW(INPUTS),
        .MH(ROWS),
        .THRESHOLDS(THRESHOLDS),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS),
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
