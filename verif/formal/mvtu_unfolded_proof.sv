// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_unfolded: any element of any output vector is what its row of the matrix makes of the input vector. The module
/// `layer` is as the generator writes it; WEIGHTS_FILE and LEVELS_FILE hold its weights and thresholds in plain form
/// (matrix_row).
module mvtu_unfolded_proof #(
    parameter int MW = 4,
    parameter int MH = 2,
    parameter int THRESHOLDS = 1,
    /// Registers inside the rows, as the generator chose them.
    parameter int STAGES = 0,
    parameter int INPUT_W = 1,
    parameter bit SIGNED_INPUTS = 0,
    parameter WEIGHTS_FILE = "",
    parameter LEVELS_FILE = "",
    localparam int SUM_W = finn_pkg::count_width(MW * (SIGNED_INPUTS ? 2 ** (INPUT_W - 1) : 2 ** INPUT_W - 1))
        + (INPUT_W > 1 ? 1 : 0),
    localparam int OUT_W = (THRESHOLDS == 0) ? SUM_W : 1
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The row that is followed.
    input wire [7:0] place,

    input wire [MW*INPUT_W-1:0] s_axis_tdata,
    input wire                  s_axis_tvalid,
    input wire                  m_axis_tready
);

  logic s_axis_tready;
  logic [MH*OUT_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic in_beat;
  logic out_beat;

  layer dut (.*);

  stream_properties #(
      .S_WIDTH(MW * INPUT_W),
      .M_WIDTH(MH * OUT_W),
      .BEATS_IN(1),
      .BEATS_OUT(1),
      .FRAMES(3 + STAGES),
      .CYCLES(STAGES + 3)
  ) u_properties (
      .*,
      .s_axis_tlast(1'b0),
      .held()
  );

  matrix_properties #(
      .MW(MW),
      .MH(MH),
      .SIMD(MW),
      .PE(MH),
      .THRESHOLDS(THRESHOLDS),
      .INPUT_W(INPUT_W),
      .SIGNED_INPUTS(SIGNED_INPUTS),
      .OUT_W(OUT_W),
      .WEIGHTS_FILE(WEIGHTS_FILE),
      .LEVELS_FILE(LEVELS_FILE)
  ) u_matrix (
      .*
  );

  always_ff @(posedge aclk) if (aresetn) cover (s_axis_tvalid && !s_axis_tready);

endmodule

`default_nettype wire
