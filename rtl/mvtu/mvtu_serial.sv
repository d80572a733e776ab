// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Rows of the MVTU bit by bit: PE processing elements of the binary datapath, which take a bit plane of the inputs and
/// one of the weights in a pass, and as many passes a row as there are pairs of planes.
///
/// `sums` are combinational; they are the results of PE rows while `done` is high. Start values belong to the rows that
/// are being computed, with BY_LEVEL to the level of their passes. SF * NF cycles a vector and pass, without a bubble
/// between vectors. The lowest planes that are taken may be told with each vector; they stand beside the start values,
/// in the enabled cycle before.
module mvtu_serial #(
    /// As in mvtu.
    parameter int SIMD = 16,
    parameter int PE = 4,
    parameter int STAGES = 1,
    parameter int INPUT_W = 2,
    parameter bit SIGNED_INPUTS = 0,
    parameter bit BIPOLAR = 1,
    parameter int WEIGHT_W = 2,
    parameter int SF = 4,
    parameter int NF = 4,
    parameter WEIGHT_FILE = "",
    parameter RAM_STYLE = "auto",
    parameter REPLAY_STYLE = "auto",
    parameter int WEIGHT_SLICE = 0,
    /// As in mvtu_word.
    parameter int BANKS = 0,
    /// As in mvtu_serial_issue.
    parameter bit VARIABLE = 0,
    /// 1: a start value comes level by level, as mvtu_serial_pe wants it; 0: whole, for all levels.
    parameter bit BY_LEVEL = 0,
    /// Bits of an accumulator.
    parameter int SUM_W = 8,
    localparam int INPUT_PLANE_W = finn_pkg::index_width(INPUT_W),
    localparam int WEIGHT_PLANE_W = finn_pkg::index_width(WEIGHT_W),
    /// Bits of a start value.
    localparam int START_W = BY_LEVEL ? SUM_W - (INPUT_W + WEIGHT_W - 2) : SUM_W
) (
    input wire aclk,
    input wire aresetn,

    /// As in mvtu_word.
    input  wire  [finn_pkg::LOAD_W-1:0] s_load,
    output logic [finn_pkg::LOAD_W-1:0] m_load,

    input  wire  [  SIMD*INPUT_W-1:0] s_axis_tdata,
    /// As in mvtu_serial_issue.
    input  wire  [ INPUT_PLANE_W-1:0] s_input_low,
    input  wire  [WEIGHT_PLANE_W-1:0] s_weight_low,
    input  wire                       s_axis_tvalid,
    output logic                      s_axis_tready,

    /// The pipeline moves.
    input  wire                       enable,
    /// An operand is taken.
    output logic                      issue,
    /// The lowest planes of what is computed in the next enabled cycle.
    output logic [ INPUT_PLANE_W-1:0] next_input_low,
    output logic [WEIGHT_PLANE_W-1:0] next_weight_low,
    /// Likewise in the one after it; only with two registers at least from the issue on, of STAGES, the operand's and
    /// that of block RAM.
    output logic [ INPUT_PLANE_W-1:0] later_input_low,
    output logic [WEIGHT_PLANE_W-1:0] later_weight_low,
    input  wire  [    PE*START_W-1:0] starts,
    output logic [      PE*SUM_W-1:0] sums,
    /// What `done` will be in the next cycle, if the pipeline moves.
    output logic                      next_done,
    output logic                      done,
    /// The last segment of a level is added.
    output logic                      level_done
);

  localparam int Reads = (RAM_STYLE == "block") ? 1 : 0;
  localparam int LevelW = finn_pkg::index_width(INPUT_W + WEIGHT_W - 1);
  localparam int SkipW = finn_pkg::count_width(finn_pkg::max(INPUT_W, WEIGHT_W)) + 1;
  // What goes with an operand up to the accumulators: valid, first, twice, last, ends_level, level, lowest planes.
  localparam int AlongW = 5 + LevelW + INPUT_PLANE_W + WEIGHT_PLANE_W;
  localparam int Registers = Reads + 1 + STAGES;
  // How often a row doubles.
  localparam int Doublings = INPUT_W + WEIGHT_W - 2;

  logic issue_first;
  logic issue_twice;
  logic issue_last;
  logic issue_ends;
  logic [LevelW-1:0] issue_level;
  logic [INPUT_PLANE_W-1:0] issue_input_low;
  logic [WEIGHT_PLANE_W-1:0] issue_weight_low;
  logic [SkipW-1:0] skip;
  logic restart;
  logic [SIMD-1:0] operand;
  logic [PE*SIMD-1:0] weights;
  // From the issue, entry 0, to the dot products.
  logic [(Registers+1)*AlongW-1:0] along;
  logic [Registers*AlongW-1:0] along_q;
  logic accumulate;
  logic first;
  logic twice;
  logic last;
  logic ends;
  logic [LevelW-1:0] level;
  logic [INPUT_PLANE_W+WEIGHT_PLANE_W-1:0] unused_low;

  mvtu_serial_issue #(
      .SIMD(SIMD),
      .INPUT_W(INPUT_W),
      .WEIGHT_W(WEIGHT_W),
      .SIGNED_INPUTS(SIGNED_INPUTS && INPUT_W > 1),
      .SF(SF),
      .NF(NF),
      .READS(Reads),
      .USE_BLOCK(REPLAY_STYLE == "block"),
      .VARIABLE(VARIABLE)
  ) u_issue (
      .aclk,
      .aresetn,
      .s_axis_tdata,
      .s_input_low,
      .s_weight_low,
      .s_axis_tvalid,
      .s_axis_tready,
      .enable,
      .issue,
      .first(issue_first),
      .twice(issue_twice),
      .ends_level(issue_ends),
      .last (issue_last),
      .level(issue_level),
      .input_low(issue_input_low),
      .weight_low(issue_weight_low),
      .skip,
      .restart,
      .operand
  );

  mvtu_serial_weights #(
      .WIDTH(PE * SIMD),
      .DEPTH(SF * NF * WEIGHT_W),
      .SF(SF),
      .MOST_BACK(finn_pkg::min(INPUT_W, WEIGHT_W)),
      .MOST_AHEAD(VARIABLE ? WEIGHT_W - 1 : 0),
      .SKIP_W(SkipW),
      .SLICE(WEIGHT_SLICE),
      .FILE (WEIGHT_FILE),
      .STYLE(RAM_STYLE),
      .BANKS(BANKS)
  ) u_weights (
      .aclk,
      .aresetn,
      .s_load,
      .m_load,
      .enable,
      .take(issue),
      .skip,
      .restart,
      .word(weights)
  );

  assign along = {along_q, issue_input_low, issue_weight_low, issue_level, issue_ends, issue_last, issue_twice,
                  issue_first, issue};

  always_ff @(posedge aclk) begin
    if (enable) along_q <= along[Registers*AlongW-1:0];
    if (!aresetn) begin
      for (int r = 0; r < Registers; r++) along_q[r*AlongW] <= 1'b0;
    end
  end

  assign {next_input_low, next_weight_low} = along[Registers*AlongW-1-:INPUT_PLANE_W+WEIGHT_PLANE_W];
  assign {later_input_low, later_weight_low} =
      along[finn_pkg::max(1, Registers-1)*AlongW-1-:INPUT_PLANE_W+WEIGHT_PLANE_W];
  assign {unused_low, level, ends, last, twice, first, accumulate} = along[Registers*AlongW+:AlongW];
  assign done = accumulate && last;
  assign level_done = accumulate && ends;
  assign next_done = along[(Registers-1)*AlongW] && along[(Registers-1)*AlongW+3];

  for (genvar p = 0; p < PE; p++) begin : g_pe
    logic [SUM_W-Doublings-1:0] start;
    logic start_bit;

    assign start = starts[(p+1)*START_W-1-:SUM_W-Doublings];

    if (BY_LEVEL) begin : g_word
      assign start_bit = start[0];
    end else begin : g_choice
      always_comb begin
        start_bit = 1'b0;
        for (int b = 0; b < Doublings; b++) if (32'(level) == b) start_bit = starts[p*SUM_W+b];
      end
    end

    mvtu_serial_pe #(
        .SIMD(SIMD),
        .STAGES(STAGES),
        .INPUT_W(INPUT_W),
        .WEIGHT_W(WEIGHT_W),
        .BIPOLAR(BIPOLAR),
        .SUM_W(SUM_W)
    ) u_pe (
        .aclk,
        .enable,
        .inputs (operand),
        .weights(weights[p*SIMD+:SIMD]),
        .accumulate,
        .first,
        .twice,
        .start,
        .start_bit,
        .sum  (sums[p*SUM_W+:SUM_W])
    );
  end

endmodule

`default_nettype wire
