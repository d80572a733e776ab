// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Rows of the MVTU bit by bit: PE processing elements of the binary datapath, which take a bit plane of the inputs and
/// one of the weights in a pass, and as many passes a row as there are pairs of planes.
///
/// `sums` are combinational; they are the results of PE rows while `done` is high. Start values belong to the rows that
/// are being computed. SF * INPUT_W * WEIGHT_W * NF cycles a vector, without a bubble between vectors.
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
    /// Bits of an accumulator.
    parameter int SUM_W = 8
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [SIMD*INPUT_W-1:0] s_axis_tdata,
    input  wire                     s_axis_tvalid,
    output logic                    s_axis_tready,

    /// The pipeline moves.
    input  wire                 enable,
    /// An operand is taken.
    output logic                issue,
    input  wire  [PE*SUM_W-1:0] starts,
    output logic [PE*SUM_W-1:0] sums,
    output logic                done
);

  localparam int LevelW = finn_pkg::index_width(INPUT_W + WEIGHT_W - 1);
  localparam int MostBack = finn_pkg::min(INPUT_W, WEIGHT_W);
  // Valid, first, twice, last, and the level.
  localparam int AlongW = 4 + LevelW;

  logic [finn_pkg::count_width(MostBack)-1:0] back;
  logic [SIMD-1:0] operand;
  logic [PE*SIMD-1:0] weights;
  logic [AlongW-1:0] along;
  // With the dot products.
  logic [AlongW-1:0] dot_along;
  logic accumulate;
  logic first;
  logic twice;
  logic last;
  logic [LevelW-1:0] level;

  mvtu_serial_issue #(
      .SIMD(SIMD),
      .INPUT_W(INPUT_W),
      .WEIGHT_W(WEIGHT_W),
      .SIGNED_INPUTS(SIGNED_INPUTS && INPUT_W > 1),
      .SF(SF),
      .NF(NF),
      .READS((RAM_STYLE == "block") ? 1 : 0),
      .USE_BLOCK(REPLAY_STYLE == "block")
  ) u_issue (
      .aclk,
      .aresetn,
      .s_axis_tdata,
      .s_axis_tvalid,
      .s_axis_tready,
      .enable,
      .issue,
      .back,
      .operand,
      .operand_valid(along[0]),
      .first(along[1]),
      .twice(along[2]),
      .last (along[3]),
      .level(along[AlongW-1:4])
  );

  mvtu_serial_weights #(
      .WIDTH(PE * SIMD),
      .DEPTH(SF * NF * WEIGHT_W),
      .SF(SF),
      .MOST_BACK(MostBack),
      .SLICE(WEIGHT_SLICE),
      .FILE (WEIGHT_FILE),
      .STYLE(RAM_STYLE)
  ) u_weights (
      .aclk,
      .aresetn,
      .enable,
      .take(issue),
      .back,
      .word(weights)
  );

  if (STAGES > 0) begin : g_stages
    logic [STAGES*AlongW-1:0] along_q;

    always_ff @(posedge aclk) begin
      if (enable) along_q <= (STAGES * AlongW)'({along_q, along});
      if (!aresetn) begin
        for (int i = 0; i < STAGES; i++) along_q[i*AlongW] <= 1'b0;
      end
    end
    assign dot_along = along_q[(STAGES-1)*AlongW+:AlongW];
  end else begin : g_no_stage
    assign dot_along = along;
  end

  assign {level, last, twice, first, accumulate} = dot_along;
  assign done = accumulate && last;

  for (genvar p = 0; p < PE; p++) begin : g_pe
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
        .level,
        .start(starts[p*SUM_W+:SUM_W]),
        .sum  (sums[p*SUM_W+:SUM_W])
    );
  end

endmodule

`default_nettype wire
