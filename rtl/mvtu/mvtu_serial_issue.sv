// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Operands of mvtu_serial: of the SF beats of each vector one bit plane at a time, for NF rows the planes of all passes
/// (mvtu_serial_order), one operand a cycle while `enable` is high and a beat has come.
///
/// `operand` has a bit of each element; where they belong to negative bits of weights, of two bits or more, they are
/// inverted, and so is the top bit of signed elements. `operand_valid`: it is one to be computed with; `first` and `last`:
/// it is the first or the last of a row; `twice`: what was added up before counts twice from it on; `level`: how often
/// it still will. Latency: READS + 1 enabled cycles behind the cycle of `issue`; from a beat's coming to its first issue 1
/// cycle, with USE_BLOCK 2. `s_axis_tready` depends on registers alone.
module mvtu_serial_issue #(
    /// Elements of a beat, >= 1.
    parameter int SIMD = 16,
    /// Bits of an element and of a weight, >= 1, one of them >= 2.
    parameter int INPUT_W = 2,
    parameter int WEIGHT_W = 2,
    /// 1: elements are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUTS = 0,
    /// Beats of a vector, >= 1.
    parameter int SF = 4,
    /// Rows that every element of the pipeline computes of a vector, >= 1.
    parameter int NF = 4,
    /// Registers behind the operand's first, >= 0: as many as the words of the weights have behind theirs.
    parameter int READS = 0,
    /// 1: the replay buffer is block RAM; 0: LUT RAM.
    parameter bit USE_BLOCK = 0,
    localparam int LEVEL_W = finn_pkg::index_width(INPUT_W + WEIGHT_W - 1),
    localparam int BACK_W = finn_pkg::count_width(finn_pkg::min(INPUT_W, WEIGHT_W))
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [SIMD*INPUT_W-1:0] s_axis_tdata,
    input  wire                     s_axis_tvalid,
    output logic                    s_axis_tready,

    /// The pipeline moves.
    input  wire                enable,
    /// A beat and a weight word are taken.
    output logic               issue,
    /// Of the weights: by how many planes the next word lies before the one behind this.
    output logic [ BACK_W-1:0] back,
    output logic [   SIMD-1:0] operand,
    output logic               operand_valid,
    output logic               first,
    output logic               twice,
    output logic               last,
    output logic [LEVEL_W-1:0] level
);

  localparam int SegmentW = finn_pkg::index_width(SF);
  localparam int PlaneW = finn_pkg::index_width(INPUT_W);
  // What goes with an operand: valid, first, twice, last, and the level.
  localparam int AlongW = 4 + LEVEL_W;

  logic [SIMD*INPUT_W-1:0] segment;
  logic segment_valid;
  logic [SegmentW-1:0] segment_q;
  logic segment_is_first;
  logic segment_is_last;
  logic [PlaneW-1:0] plane;
  logic weights_are_top;
  logic is_first;
  logic begins_level;
  logic is_last;
  logic [LEVEL_W-1:0] pass_level;
  logic [BACK_W-1:0] pass_back;
  logic [SIMD-1:0] operand_d;
  logic [AlongW-1:0] along_d;

  assign issue = segment_valid && enable;
  assign segment_is_first = segment_q == '0;
  assign segment_is_last = segment_q == SegmentW'(SF - 1);
  assign back = segment_is_last ? pass_back : '0;

  replay_buffer #(
      .WIDTH  (SIMD * INPUT_W),
      .LENGTH (SF),
      .REPEATS(NF * INPUT_W * WEIGHT_W),
      .USE_BLOCK(USE_BLOCK)
  ) u_replay (
      .aclk,
      .aresetn,
      .s_axis_tdata,
      .s_axis_tvalid,
      .s_axis_tready,
      .m_data (segment),
      .m_valid(segment_valid),
      .m_take (issue)
  );

  mvtu_serial_order #(
      .INPUT_W (INPUT_W),
      .WEIGHT_W(WEIGHT_W)
  ) u_order (
      .aclk,
      .aresetn,
      .advance(issue && segment_is_last),
      .input_plane(plane),
      .weights_are_top,
      .level(pass_level),
      .is_first,
      .begins_level,
      .is_last,
      .back(pass_back)
  );

  always_ff @(posedge aclk) begin
    if (issue) segment_q <= segment_is_last ? '0 : segment_q + 1'b1;
    if (!aresetn) segment_q <= '0;
  end

  for (genvar s = 0; s < SIMD; s++) begin : g_element
    logic [INPUT_W-1:0] element;
    assign element = segment[s*INPUT_W+:INPUT_W] ^ (INPUT_W'(SIGNED_INPUTS) << (INPUT_W - 1));
    assign operand_d[s] = element[plane] ^ (WEIGHT_W > 1 && weights_are_top);
  end

  assign along_d = {pass_level, is_last && segment_is_last, begins_level && segment_is_first,
                    is_first && segment_is_first, issue};

  // ---- Registers, as many as the weights have ----
  logic [(READS+1)*SIMD-1:0] operand_q;
  logic [(READS+1)*AlongW-1:0] along_q;

  always_ff @(posedge aclk) begin
    if (enable) begin
      operand_q <= ((READS + 1) * SIMD)'({operand_q, operand_d});
      along_q   <= ((READS + 1) * AlongW)'({along_q, along_d});
    end
    if (!aresetn) begin
      for (int r = 0; r <= READS; r++) along_q[r*AlongW] <= 1'b0;
    end
  end

  assign operand = operand_q[READS*SIMD+:SIMD];
  assign {level, last, twice, first, operand_valid} = along_q[READS*AlongW+:AlongW];

endmodule

`default_nettype wire
