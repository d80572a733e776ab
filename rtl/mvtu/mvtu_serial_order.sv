// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// In which order mvtu_serial takes the bits of weights and inputs: the passes of a row, a bit (plane) of the weights and
/// one of the inputs each, by falling weight of their products.
///
/// A product of the planes i and j weighs 2^(i + j), its level. Within a level i falls, and j rises. The first pass is
/// that of both top planes, the last that of both lowest ones. `advance` goes on to the next, behind the last to the
/// first of the next row. Outputs depend on registers alone.
module mvtu_serial_order #(
    /// Bits of an input element and of a weight: planes. >= 1, one of them >= 2.
    parameter int INPUT_W = 2,
    parameter int WEIGHT_W = 2,
    localparam int INPUT_PLANE_W = finn_pkg::index_width(INPUT_W),
    localparam int LEVEL_W = finn_pkg::index_width(INPUT_W + WEIGHT_W - 1),
    localparam int BACK_W = finn_pkg::count_width(finn_pkg::min(INPUT_W, WEIGHT_W))
) (
    input wire aclk,
    input wire aresetn,
    input wire advance,

    output logic [INPUT_PLANE_W-1:0] input_plane,
    /// The plane of the weights is the top one.
    output logic                     weights_are_top,
    output logic [      LEVEL_W-1:0] level,
    /// It is the row's first pass, or the first of another level, or the row's last.
    output logic                     is_first,
    output logic                     begins_level,
    output logic                     is_last,
    /// How many planes of weights, top plane first, lie from the begin of the next pass' to the end of this one's.
    output logic [       BACK_W-1:0] back
);

  localparam int PlaneW = finn_pkg::index_width(WEIGHT_W);
  localparam int Levels = INPUT_W + WEIGHT_W - 1;

  logic [PlaneW-1:0] weight_q;
  logic [PlaneW-1:0] weight_d;
  logic [INPUT_PLANE_W-1:0] input_q;
  logic [INPUT_PLANE_W-1:0] input_d;
  logic [LEVEL_W-1:0] level_q;
  logic [LEVEL_W-1:0] level_d;
  logic ends_level;

  assign weights_are_top = weight_q == PlaneW'(WEIGHT_W - 1);
  assign input_plane = input_q;
  assign level = level_q;
  assign is_first = level_q == LEVEL_W'(Levels - 1);
  assign is_last = level_q == '0;
  // A level begins with the top plane of the weights or the lowest one of the inputs.
  assign begins_level = !is_first && (weights_are_top || input_q == '0);
  assign ends_level = weight_q == '0 || input_q == INPUT_PLANE_W'(INPUT_W - 1);
  assign back = is_last ? '0 : BACK_W'(32'(weight_d) + 1 - 32'(weight_q));

  always_comb begin
    weight_d = weight_q - 1'b1;
    input_d  = input_q + 1'b1;
    level_d  = level_q;
    if (ends_level) begin
      level_d  = is_last ? LEVEL_W'(Levels - 1) : level_q - 1'b1;
      weight_d = (32'(level_d) >= WEIGHT_W) ? PlaneW'(WEIGHT_W - 1) : PlaneW'(level_d);
      input_d  = INPUT_PLANE_W'(32'(level_d) - 32'(weight_d));
    end
  end

  always_ff @(posedge aclk) begin
    if (advance) begin
      weight_q <= weight_d;
      input_q  <= input_d;
      level_q  <= level_d;
    end
    if (!aresetn) begin
      weight_q <= PlaneW'(WEIGHT_W - 1);
      input_q  <= INPUT_PLANE_W'(INPUT_W - 1);
      level_q  <= LEVEL_W'(Levels - 1);
    end
  end

endmodule

`default_nettype wire
