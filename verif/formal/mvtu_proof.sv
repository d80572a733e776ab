// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu: any element of any output vector is what its row of the matrix makes of the input vector, whole. Weights and
/// thresholds are those of files; WEIGHTS_FILE and LEVELS_FILE hold the same in plain form (matrix_row). Of rows with
/// inputs of their own it is the matrix of all inputs in which the weights of others' are 0.
module mvtu_proof #(
    parameter int MW = 4,
    parameter int MH = 2,
    parameter int SIMD = 2,
    parameter int PE = 1,
    parameter int GROUPS = 1,
    parameter int THRESHOLDS = 1,
    parameter bit FALLING = 0,
    parameter bit SIGNED_OUTPUT = 0,
    parameter int BIAS_W = 0,
    parameter bit ZEROS = 0,
    parameter int OFM_H = 1,
    parameter int OFM_W = 1,
    parameter int EDGE_TOP = 0,
    parameter int EDGE_BOTTOM = 0,
    parameter int EDGE_LEFT = 0,
    parameter int EDGE_RIGHT = 0,
    parameter int STAGES = 1,
    parameter int INPUT_W = 1,
    parameter bit SIGNED_INPUTS = 0,
    parameter bit BIPOLAR = 1,
    parameter int WEIGHT_W = 1,
    parameter bit NARROW_WEIGHTS = 0,
    parameter int DSP_ROWS = 0,
    parameter int LANES = 1,
    parameter int FACTOR_W = 25,
    parameter int CHAIN = 4,
    parameter bit SERIAL = 0,
    parameter int RUN = 0,
    parameter RAM_STYLE = "auto",
    parameter THRESHOLD_STYLE = "auto",
    parameter REPLAY_STYLE = "auto",
    parameter int WEIGHT_SLICE = 0,
    parameter WEIGHT_FILE = "",
    parameter THRESHOLD_FILE = "",
    parameter WEIGHTS_FILE = "",
    parameter LEVELS_FILE = "",
    localparam int SUM_W =
        mvtu_pkg::accumulator_width(MW, INPUT_W, SIGNED_INPUTS, BIPOLAR, WEIGHT_W, NARROW_WEIGHTS, THRESHOLDS,
                                    SERIAL ? 2 ** (WEIGHT_W - 1)
                                           : mvtu_products_pkg::weight_high(INPUT_W, WEIGHT_W, NARROW_WEIGHTS), ZEROS,
                                    BIAS_W),
    localparam int OUT_W = (THRESHOLDS == 0) ? SUM_W : finn_pkg::count_width(finn_pkg::max(THRESHOLDS, 1)),
    // Groups of a fold.
    localparam int SETS = finn_pkg::max(1, PE * GROUPS / MH),
    localparam int ELEMENTS = SETS * SIMD
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The row that is followed.
    input wire [7:0] place,

    input wire [ELEMENTS*INPUT_W-1:0] s_axis_tdata,
    input wire                        s_axis_tvalid,
    input wire                        m_axis_tready
);

  localparam int NF = MH / PE;
  // Beats of an input vector.
  localparam int SF = MW / SIMD * (GROUPS / SETS);
  localparam int RowCycles = SERIAL ? SF * INPUT_W * WEIGHT_W : SF;
  // Registers behind the operands', those of a `threshold` in LUTs included, and that of a replay buffer in block RAM.
  localparam int Delay = STAGES + ((RAM_STYLE == "block") ? 1 : 0) + ((THRESHOLDS > 1) ? OUT_W + 1 : 0)
      + ((REPLAY_STYLE == "block") ? 1 : 0);

  logic s_axis_tready;
  logic [PE*OUT_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(SF)-1:0] in_beat;
  logic [finn_pkg::index_width(NF)-1:0] out_beat;

  logic [finn_pkg::LOAD_W-1:0] unused_load;

  mvtu #(
      .MW(MW),
      .MH(MH),
      .SIMD(SIMD),
      .PE(PE),
      .GROUPS(GROUPS),
      .THRESHOLDS(THRESHOLDS),
      .FALLING(FALLING),
      .SIGNED_OUTPUT(SIGNED_OUTPUT),
      .BIAS_W(BIAS_W),
      .ZEROS(ZEROS),
      .OFM_H(OFM_H),
      .OFM_W(OFM_W),
      .EDGE_TOP(EDGE_TOP),
      .EDGE_BOTTOM(EDGE_BOTTOM),
      .EDGE_LEFT(EDGE_LEFT),
      .EDGE_RIGHT(EDGE_RIGHT),
      .STAGES(STAGES),
      .INPUT_W(INPUT_W),
      .SIGNED_INPUTS(SIGNED_INPUTS),
      .BIPOLAR(BIPOLAR),
      .WEIGHT_W(WEIGHT_W),
      .WEIGHT_FILE(WEIGHT_FILE),
      .THRESHOLD_FILE(THRESHOLD_FILE),
      .NARROW_WEIGHTS(NARROW_WEIGHTS),
      .DSP_ROWS(DSP_ROWS),
      .LANES(LANES),
      .FACTOR_W(FACTOR_W),
      .CHAIN(CHAIN),
      .SERIAL(SERIAL),
      .RUN(RUN),
      .RAM_STYLE(RAM_STYLE),
      .THRESHOLD_STYLE(THRESHOLD_STYLE),
      .REPLAY_STYLE(REPLAY_STYLE),
      .WEIGHT_SLICE(WEIGHT_SLICE)
  ) dut (
      .s_load('0),
      .m_load(unused_load),
      .*
  );

  stream_properties #(
      .S_WIDTH(ELEMENTS * INPUT_W),
      .M_WIDTH(PE * OUT_W),
      .BEATS_IN(SF),
      .BEATS_OUT(NF),
      .FRAMES(5 + Delay),
      .CYCLES(RowCycles + Delay + 4)
  ) u_properties (
      .*,
      .s_axis_tlast(1'b0),
      .held()
  );

  matrix_properties #(
      .MW(SF * ELEMENTS),
      .MH(MH),
      .SIMD(ELEMENTS),
      .PE(PE),
      .THRESHOLDS(THRESHOLDS),
      .FALLING(FALLING),
      .SIGNED_OUTPUT(SIGNED_OUTPUT),
      .HAS_BIAS(BIAS_W > 0),
      .INPUT_W(INPUT_W),
      .SIGNED_INPUTS(SIGNED_INPUTS),
      .BIPOLAR(BIPOLAR),
      .WEIGHT_W(WEIGHT_W),
      .OUT_W(OUT_W),
      .PARTS(GROUPS / SETS),
      .WEIGHTS_FILE(WEIGHTS_FILE),
      .LEVELS_FILE(LEVELS_FILE)
  ) u_matrix (
      .*
  );

  always_ff @(posedge aclk) if (aresetn) cover (s_axis_tvalid && !s_axis_tready);

endmodule

`default_nettype wire
