// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Which start values the rows of the MVTU take whose sums depend on where in a map their vector stands: vectors come
/// row by row, a map of ROWS x COLUMNS of them, NF folds each.
///
/// The first TOP rows of vectors are a class each, and the last BOTTOM; all between are one. Likewise columns. A pair
/// of classes has NF words, pairs row by row. As a class never comes again in a row, nor in a map, the address goes on
/// by one, or back by a constant.
///
/// `address` is that of the word to be used next, from a register.
module mvtu_places #(
    /// Folds of a vector, or start values of a vector, >= 1.
    parameter int NF = 4,
    /// Rows and columns of vectors, >= 1.
    parameter int ROWS = 4,
    parameter int COLUMNS = 4,
    /// Rows and columns that are a class each, >= 0; both sides together at most ROWS or COLUMNS.
    parameter int TOP = 1,
    parameter int BOTTOM = 1,
    parameter int LEFT = 1,
    parameter int RIGHT = 1,
    localparam int WORDS = NF * mvtu_pkg::classes(ROWS, TOP, BOTTOM) * mvtu_pkg::classes(COLUMNS, LEFT, RIGHT),
    localparam int ADDRESS_W = finn_pkg::index_width(WORDS)
) (
    input wire aclk,
    input wire aresetn,

    /// The word has been used.
    input  wire                  advance,
    /// It is a vector's last.
    input  wire                  is_last,
    output logic [ADDRESS_W-1:0] address
);

  localparam int RowW = finn_pkg::index_width(ROWS);
  localparam int ColumnW = finn_pkg::index_width(COLUMNS);
  // Words of a vector, and of a row of classes, less one.
  localparam int Back = NF - 1;
  localparam int BackRow = NF * mvtu_pkg::classes(COLUMNS, LEFT, RIGHT) - 1;

  logic [RowW-1:0] row_q;
  logic [ColumnW-1:0] column_q;
  logic [ADDRESS_W-1:0] step;
  logic row_is_last;
  logic column_is_last;
  // The next one is of another class.
  logic row_changes;
  logic column_changes;

  assign row_is_last = 32'(row_q) == ROWS - 1;
  assign column_is_last = 32'(column_q) == COLUMNS - 1;
  assign row_changes = 32'(row_q) < TOP || 32'(row_q) + 1 >= ROWS - BOTTOM;
  assign column_changes = 32'(column_q) < LEFT || 32'(column_q) + 1 >= COLUMNS - RIGHT;

  always_comb begin
    step = ADDRESS_W'(1);
    if (is_last && !column_is_last && !column_changes) step = ADDRESS_W'(-Back);
    if (is_last && column_is_last && !row_changes) step = ADDRESS_W'(-BackRow);
  end

  always_ff @(posedge aclk) begin
    if (advance) address <= (is_last && column_is_last && row_is_last) ? '0 : address + step;
    if (advance && is_last) begin
      column_q <= column_is_last ? '0 : column_q + 1'b1;
      if (column_is_last) row_q <= row_is_last ? '0 : row_q + 1'b1;
    end
    if (!aresetn) begin
      address <= '0;
      row_q <= '0;
      column_q <= '0;
    end
  end

endmodule

`default_nettype wire
