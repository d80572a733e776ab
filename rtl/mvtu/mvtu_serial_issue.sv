// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Operands of mvtu_serial: of the SF beats of each vector one bit plane at a time, for NF rows the planes of all
/// passes (mvtu_serial_order), one operand a cycle while `enable` is high and a beat has come.
///
/// `operand` has a bit of each element; where they belong to negative bits of weights, of two bits or more, they are
/// inverted, and so is the top bit of signed elements. Latency: READS + 1 enabled cycles behind the cycle of `issue`,
/// the first of which is 1 cycle behind that in which a beat comes, with USE_BLOCK 2. `s_axis_tready` depends on
/// registers alone.
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
    /// 1: which planes are taken is told with each vector; 0: all.
    parameter bit VARIABLE = 0,
    localparam int INPUT_PLANE_W = finn_pkg::index_width(INPUT_W),
    localparam int WEIGHT_PLANE_W = finn_pkg::index_width(WEIGHT_W),
    localparam int LEVEL_W = finn_pkg::index_width(INPUT_W + WEIGHT_W - 1),
    localparam int SKIP_W = finn_pkg::count_width(finn_pkg::max(INPUT_W, WEIGHT_W)) + 1
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [  SIMD*INPUT_W-1:0] s_axis_tdata,
    /// With the first beat of a vector, for VARIABLE: the lowest planes of it and of the weights that are taken.
    input  wire  [ INPUT_PLANE_W-1:0] s_input_low,
    input  wire  [WEIGHT_PLANE_W-1:0] s_weight_low,
    input  wire                       s_axis_tvalid,
    output logic                      s_axis_tready,

    /// The pipeline moves.
    input  wire                       enable,
    /// A beat and a weight word are taken. What follows belongs to these, but the operand.
    output logic                      issue,
    /// It is the first or the last of a row; what was added up before counts twice from it on; it is the last before
    /// that, or the last of a row; how often it still will count twice where all planes are taken; the lowest planes.
    output logic                      first,
    output logic                      twice,
    output logic                      ends_level,
    output logic                      last,
    output logic [       LEVEL_W-1:0] level,
    output logic [ INPUT_PLANE_W-1:0] input_low,
    output logic [WEIGHT_PLANE_W-1:0] weight_low,
    /// Of the weights: how many planes the next word lies behind the one that follows, two's complement; it is the
    /// first.
    output logic [        SKIP_W-1:0] skip,
    output logic                      restart,
    output logic [          SIMD-1:0] operand
);

  localparam int FoldW = finn_pkg::index_width(NF);
  // What is known of a beat when it is read: plane, whether the weights' is the top one, and the outputs above.
  localparam int KnownW = 2 * INPUT_PLANE_W + WEIGHT_PLANE_W + LEVEL_W + SKIP_W + 6;

  // In block RAM a beat lies plane by plane, and the address chooses among them.
  localparam int Parts = USE_BLOCK ? INPUT_W : 1;
  localparam int PartW = finn_pkg::index_width(Parts);

  logic [SIMD*INPUT_W-1:0] beat;
  logic [SIMD*INPUT_W/Parts-1:0] segment;
  logic segment_valid;
  logic read;
  logic beat_is_last;
  // With `read`: it is the last beat of the vector's last pass.
  logic ends_vector;
  logic begins_pass_q;
  logic is_first_pass_q;
  logic [FoldW-1:0] fold_q;
  logic fold_is_last;
  logic [INPUT_PLANE_W-1:0] order_input_low;
  logic [WEIGHT_PLANE_W-1:0] order_weight_low;
  logic [INPUT_PLANE_W-1:0] order_plane;
  logic order_top;
  logic [LEVEL_W-1:0] order_level;
  logic order_first;
  logic order_begins;
  logic order_ends;
  logic order_last;
  logic [SKIP_W-1:0] order_skip;
  logic [KnownW-1:0] known_d;
  logic [KnownW-1:0] known;
  logic [INPUT_PLANE_W-1:0] plane;
  logic weights_are_top;
  logic negative;
  logic [SIMD-1:0] operand_d;
  logic [(READS+1)*SIMD-1:0] operand_q;

  assign issue = segment_valid && enable;

  // ---- Reads ----
  for (genvar s = 0; s < SIMD; s++) begin : g_lane
    for (genvar i = 0; i < INPUT_W; i++) begin : g_bit
      assign beat[USE_BLOCK?i*SIMD+s : s*INPUT_W+i] = s_axis_tdata[s*INPUT_W+i];
    end
  end

  replay_passes #(
      .WIDTH (SIMD * INPUT_W),
      .LENGTH(SF),
      .USE_BLOCK(USE_BLOCK),
      .PARTS(Parts)
  ) u_replay (
      .aclk,
      .aresetn,
      .s_axis_tdata(beat),
      .s_axis_tvalid,
      .s_axis_tready,
      .pass_is_first(is_first_pass_q),
      .pass_is_last(order_last && fold_is_last),
      .read,
      .part(PartW'(order_plane)),
      .beat_is_last,
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
      .advance(read && beat_is_last),
      .input_low(order_input_low),
      .weight_low(order_weight_low),
      .input_plane(order_plane),
      .weights_are_top(order_top),
      .level(order_level),
      .is_first(order_first),
      .begins_level(order_begins),
      .ends_level(order_ends),
      .is_last(order_last),
      .skip(order_skip)
  );

  assign fold_is_last = fold_q == FoldW'(NF - 1);
  assign ends_vector  = beat_is_last && order_last && fold_is_last;

  always_ff @(posedge aclk) begin
    if (read) begins_pass_q <= beat_is_last;
    if (read && beat_is_last) is_first_pass_q <= order_last && fold_is_last;
    if (read && beat_is_last && order_last) fold_q <= fold_is_last ? '0 : fold_q + 1'b1;
    if (!aresetn) begin
      begins_pass_q <= 1'b1;
      is_first_pass_q <= 1'b1;
      fold_q <= '0;
    end
  end

  if (VARIABLE) begin : g_variable
    // Of two vectors as they come, and of the one that is read: its last beats may be there when the next but one
    // comes. Which of the two a beat belongs to that comes, and one that is read.
    localparam int BeatW = finn_pkg::index_width(SF);
    localparam int LowW = INPUT_PLANE_W + WEIGHT_PLANE_W;
    logic [LowW-1:0] even_q;
    logic [LowW-1:0] odd_q;
    logic [LowW-1:0] reads_q;
    logic begins_vector_q;
    logic comes_odd_q;
    logic reads_odd_q;
    logic [BeatW-1:0] beat_q;
    logic comes;

    assign comes = s_axis_tvalid && s_axis_tready;
    assign {order_weight_low, order_input_low} = !begins_vector_q ? reads_q : reads_odd_q ? odd_q : even_q;

    always_ff @(posedge aclk) begin
      if (comes && beat_q == '0 && !comes_odd_q) even_q <= {s_weight_low, s_input_low};
      if (comes && beat_q == '0 && comes_odd_q) odd_q <= {s_weight_low, s_input_low};
      if (comes) begin
        beat_q <= (beat_q == BeatW'(SF - 1)) ? '0 : beat_q + 1'b1;
        if (beat_q == BeatW'(SF - 1)) comes_odd_q <= !comes_odd_q;
      end
      if (read) reads_q <= {order_weight_low, order_input_low};
      if (read) begins_vector_q <= ends_vector;
      if (read && ends_vector) reads_odd_q <= !reads_odd_q;
      if (!aresetn) begin
        begins_vector_q <= 1'b1;
        beat_q <= '0;
        comes_odd_q <= 1'b0;
        reads_odd_q <= 1'b0;
      end
    end
  end else begin : g_all
    assign order_input_low  = '0;
    assign order_weight_low = '0;
  end

  assign known_d = {order_plane, order_top, order_first && begins_pass_q, order_begins && begins_pass_q,
                    order_ends && beat_is_last, order_last && beat_is_last, order_level, order_input_low,
                    order_weight_low, beat_is_last ? order_skip : SKIP_W'(0), ends_vector};

  if (USE_BLOCK) begin : g_known
    always_ff @(posedge aclk) if (read) known <= known_d;
  end else begin : g_now
    assign known = known_d;
  end

  assign {plane, weights_are_top, first, twice, ends_level, last, level, input_low, weight_low, skip,
          restart} = known;

  // ---- Operands ----
  assign negative = WEIGHT_W > 1 && weights_are_top;

  if (USE_BLOCK) begin : g_plane
    assign operand_d = segment ^ {SIMD{negative ^ (SIGNED_INPUTS && plane == INPUT_PLANE_W'(INPUT_W - 1))}};
  end else begin : g_choice
    for (genvar s = 0; s < SIMD; s++) begin : g_element
      logic [INPUT_W-1:0] element;
      assign element = segment[s*INPUT_W+:INPUT_W] ^ (INPUT_W'(SIGNED_INPUTS) << (INPUT_W - 1));
      assign operand_d[s] = element[plane] ^ negative;
    end
  end

  always_ff @(posedge aclk) begin
    if (enable) operand_q <= ((READS + 1) * SIMD)'({operand_q, operand_d});
  end

  assign operand = operand_q[READS*SIMD+:SIMD];

endmodule

`default_nettype wire
