// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// In which order mvtu_serial takes the bits of weights and inputs: the passes of a row, a bit (plane) of the weights
/// and one of the inputs each, by falling weight of their products.
///
/// A product of the planes i and j weighs 2^(i + j), its level. Within a level i falls, and j rises. The first pass is
/// that of both top planes, the last that of both lowest ones. `advance` goes on to the next, behind the last to the
/// first of the next row. Outputs depend on registers, and on which planes are the lowest that are taken; that may
/// change with a row.
module mvtu_serial_order #(
    /// Bits of an input element and of a weight: planes. >= 1, one of them >= 2.
    parameter int INPUT_W = 2,
    parameter int WEIGHT_W = 2,
    localparam int INPUT_PLANE_W = finn_pkg::index_width(INPUT_W),
    localparam int WEIGHT_PLANE_W = finn_pkg::index_width(WEIGHT_W),
    localparam int LEVEL_W = finn_pkg::index_width(INPUT_W + WEIGHT_W - 1),
    localparam int SKIP_W = finn_pkg::count_width(finn_pkg::max(INPUT_W, WEIGHT_W)) + 1
) (
    input wire aclk,
    input wire aresetn,
    input wire advance,
    /// The lowest planes that are taken.
    input wire [ INPUT_PLANE_W-1:0] input_low,
    input wire [WEIGHT_PLANE_W-1:0] weight_low,

    output logic [INPUT_PLANE_W-1:0] input_plane,
    /// The plane of the weights is the top one.
    output logic                     weights_are_top,
    output logic [      LEVEL_W-1:0] level,
    /// It is the row's first pass, or the first of another level, or a level's last, or the row's last.
    output logic                     is_first,
    output logic                     begins_level,
    output logic                     ends_level,
    output logic                     is_last,
    /// How many planes of weights, top plane first, are left out between this pass' and the next one's. Two's
    /// complement: most often it goes back.
    output logic [       SKIP_W-1:0] skip
);

  localparam int Levels = INPUT_W + WEIGHT_W - 1;

  logic [WEIGHT_PLANE_W-1:0] weight_q;
  logic [WEIGHT_PLANE_W-1:0] weight_d;
  logic [INPUT_PLANE_W-1:0] input_q;
  logic [INPUT_PLANE_W-1:0] input_d;
  logic [LEVEL_W-1:0] level_q;
  logic [LEVEL_W-1:0] level_d;

  assign weights_are_top = weight_q == WEIGHT_PLANE_W'(WEIGHT_W - 1);
  assign input_plane = input_q;
  assign level = level_q;
  assign is_first = level_q == LEVEL_W'(Levels - 1);
  assign is_last = weight_q == weight_low && input_q == input_low;
  // A level begins with the top plane of the weights or the lowest one of the inputs.
  assign begins_level = !is_first && (weights_are_top || input_q == input_low);
  assign ends_level = weight_q == weight_low || input_q == INPUT_PLANE_W'(INPUT_W - 1);
  assign skip = is_last ? SKIP_W'(weight_low) : SKIP_W'(weight_q) - SKIP_W'(weight_d) - 1'b1;

  always_comb begin
    weight_d = weight_q - 1'b1;
    input_d  = input_q + 1'b1;
    level_d  = level_q;
    if (ends_level) begin
      level_d  = is_last ? LEVEL_W'(Levels - 1) : level_q - 1'b1;
      weight_d = (32'(level_d) >= WEIGHT_W + 32'(input_low)) ? WEIGHT_PLANE_W'(WEIGHT_W - 1)
                                                              : WEIGHT_PLANE_W'(level_d - LEVEL_W'(input_low));
      input_d  = INPUT_PLANE_W'(level_d - LEVEL_W'(weight_d));
    end
  end

  always_ff @(posedge aclk) begin
    if (advance) begin
      weight_q <= weight_d;
      input_q  <= input_d;
      level_q  <= level_d;
    end
    if (!aresetn) begin
      weight_q <= WEIGHT_PLANE_W'(WEIGHT_W - 1);
      input_q  <= INPUT_PLANE_W'(INPUT_W - 1);
      level_q  <= LEVEL_W'(Levels - 1);
    end
  end

endmodule

`default_nettype wire
