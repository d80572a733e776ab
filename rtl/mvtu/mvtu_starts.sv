// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Counts the folds of the MVTU and gives each its start values, which are read before they are wanted: the memory is
/// beside the pipeline, and its address comes from a register.
///
/// `word` and `is_last` are those of the fold whose rows leave next. They stand from the second cycle behind a reset
/// on, with two READS from the third, with three from the fourth.
module mvtu_starts #(
    /// Bits of a word, >= 1.
    parameter int WIDTH = 8,
    /// Folds of a vector, >= 1; bit by bit the levels of all folds, which have start values of their own.
    parameter int NF = 4,
    /// Registers behind the address: 0 where there are no start values, 1 that of the memory, 2 and 3 more.
    parameter int READS = 1,
    /// Rows and columns of vectors in a map, >= 1, and how many of them on each side have start values of their own,
    /// >= 0: as in mvtu_places. Of a single vector all have the same.
    parameter int ROWS = 1,
    parameter int COLUMNS = 1,
    parameter int TOP = 0,
    parameter int BOTTOM = 0,
    parameter int LEFT = 0,
    parameter int RIGHT = 0,
    /// $readmemh file: NF words for each pair of classes.
    parameter FILE = "",
    /// "auto", "distributed" (LUTs) or "block" (block RAM).
    parameter STYLE = "auto",
    /// Bits of a slice: as in memory_slices.
    parameter int SLICE = 0,
    /// As in mvtu_word.
    parameter int BANKS = 0
) (
    input wire aclk,
    input wire aresetn,

    /// As in mvtu_word.
    input  wire  [finn_pkg::LOAD_W-1:0] s_load,
    output logic [finn_pkg::LOAD_W-1:0] m_load,

    /// The rows of a fold leave.
    input  wire              advance,
    output logic [WIDTH-1:0] word,
    /// It is the last fold of its vector.
    output logic             is_last
);

  localparam int Words = NF * mvtu_pkg::classes(ROWS, TOP, BOTTOM) * mvtu_pkg::classes(COLUMNS, LEFT, RIGHT);
  localparam int FoldW = finn_pkg::index_width(NF);

  // The fold that is read next.
  logic [FoldW-1:0] fold_q;
  logic fold_is_last;
  logic read;

  assign fold_is_last = fold_q == FoldW'(NF - 1);

  always_ff @(posedge aclk) begin
    if (read) fold_q <= fold_is_last ? '0 : fold_q + 1'b1;
    if (!aresetn) fold_q <= '0;
  end

  if (READS == 0) begin : g_count
    assign read = advance;
    assign is_last = fold_is_last;
    assign word = '0;
    assign m_load = s_load;
  end else begin : g_read
    logic [finn_pkg::index_width(Words)-1:0] address;
    logic [WIDTH-1:0] data;
    // Ones from below: registers that have been filled since the reset.
    logic [READS-1:0] filled_q;
    logic [READS-1:0] last_q;

    assign read = advance || !filled_q[READS-1];
    assign is_last = last_q[READS-1];

    always_ff @(posedge aclk) begin
      if (read) last_q <= READS'({last_q, fold_is_last});
      filled_q <= READS'({filled_q, 1'b1});
      if (!aresetn) filled_q <= '0;
    end

    if (Words > NF) begin : g_places
      mvtu_places #(
          .NF(NF),
          .ROWS(ROWS),
          .COLUMNS(COLUMNS),
          .TOP(TOP),
          .BOTTOM(BOTTOM),
          .LEFT(LEFT),
          .RIGHT(RIGHT)
      ) u_places (
          .aclk,
          .aresetn,
          .advance(read),
          .is_last(fold_is_last),
          .address
      );
    end else begin : g_folds
      assign address = fold_q;
    end

    memory_slices #(
        .WIDTH(WIDTH),
        .DEPTH(Words),
        .SLICE(SLICE),
        .FILE (FILE),
        .STYLE(STYLE),
        .BANKS(BANKS)
    ) u_memory (
        .aclk,
        .s_load,
        .m_load,
        .enable(read),
        .address,
        .data
    );

    if (READS > 1) begin : g_register
      logic [(READS-1)*WIDTH-1:0] words;
      always_ff @(posedge aclk) begin
        if (read) words <= ((READS - 1) * WIDTH)'({words, data});
      end
      assign word = words[(READS-2)*WIDTH+:WIDTH];
    end else begin : g_no_register
      assign word = data;
    end
  end

endmodule

`default_nettype wire
