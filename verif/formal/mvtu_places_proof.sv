// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_places: the address is that of the fold, in the pair of classes of the vector's row and column, both counted
/// plainly from the reset on.
module mvtu_places_proof #(
    parameter int NF = 2,
    parameter int ROWS = 4,
    parameter int COLUMNS = 3,
    parameter int TOP = 1,
    parameter int BOTTOM = 1,
    parameter int LEFT = 1,
    parameter int RIGHT = 1,
    localparam int WORDS = NF * mvtu_pkg::classes(ROWS, TOP, BOTTOM) * mvtu_pkg::classes(COLUMNS, LEFT, RIGHT)
) (
    input wire aclk,
    input wire aresetn,
    input wire advance
);

  logic [finn_pkg::index_width(WORDS)-1:0] address;
  logic [31:0] fold_q;
  logic [31:0] row_q;
  logic [31:0] column_q;
  logic is_last;
  logic was_reset_q;

  initial was_reset_q = 1'b0;

  mvtu_places #(
      .NF(NF),
      .ROWS(ROWS),
      .COLUMNS(COLUMNS),
      .TOP(TOP),
      .BOTTOM(BOTTOM),
      .LEFT(LEFT),
      .RIGHT(RIGHT)
  ) dut (
      .*
  );

  reset_properties u_reset (
      .aclk,
      .aresetn
  );

  assign is_last = fold_q == NF - 1;

  /// Of so many rows, the first and the last are a class each.
  function automatic int class_of(input int row, input int rows, input int first, input int last);
    class_of = first;
    if (row < first) class_of = row;
    else if (row >= rows - last) class_of = mvtu_pkg::classes(rows, first, last) - (rows - row);
  endfunction

  always_ff @(posedge aclk) begin
    was_reset_q <= was_reset_q || !aresetn;
    if (advance) begin
      fold_q <= is_last ? 0 : fold_q + 1;
      if (is_last) begin
        column_q <= (column_q == COLUMNS - 1) ? 0 : column_q + 1;
        if (column_q == COLUMNS - 1) row_q <= (row_q == ROWS - 1) ? 0 : row_q + 1;
      end
    end
    if (!aresetn) begin
      fold_q <= 0;
      row_q <= 0;
      column_q <= 0;
    end
  end

  always_ff @(posedge aclk) begin
    if (was_reset_q) begin
      assert (32'(address) == (class_of(int'(row_q), ROWS, TOP, BOTTOM) * mvtu_pkg::classes(COLUMNS, LEFT, RIGHT)
                            + class_of(int'(column_q), COLUMNS, LEFT, RIGHT)) * NF + fold_q);
      cover (32'(address) == WORDS - 1 && advance);
    end
  end

endmodule

`default_nettype wire
