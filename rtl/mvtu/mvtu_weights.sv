// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Weight words of the MVTU, in the cyclic order in which they are used: those of a ROM, or of a
/// memory that can be loaded, where there always is one.
///
/// A stream whose data comes late: `valid` says that there is a word, `take` takes it, and it stands on `word`
/// READS + 1 enabled cycles later (mvtu_word). Another source with the same ports can take its place.
module mvtu_weights #(
    /// Bits a word, >= 1.
    parameter int WIDTH = 64,
    /// Words, >= 1.
    parameter int DEPTH = 16,
    /// Bits of a slice, 0 for one piece, and $readmemh file: as in memory_slices.
    parameter int SLICE = 0,
    parameter FILE = "",
    /// "auto", "distributed" (LUTs) or "block" (block RAM).
    parameter STYLE = "auto",
    /// As in mvtu_word.
    parameter int BANKS = 0
) (
    input wire aclk,
    input wire aresetn,

    /// As in mvtu_word.
    input  wire  [finn_pkg::LOAD_W-1:0] s_load,
    output logic [finn_pkg::LOAD_W-1:0] m_load,

    output logic             valid,
    /// The pipeline moves.
    input  wire              enable,
    /// Takes the word; low while `enable` or `valid` is low.
    input  wire              take,
    output logic [WIDTH-1:0] word
);

  localparam int AddressW = finn_pkg::index_width(DEPTH);

  logic [AddressW-1:0] word_q;

  assign valid = 1'b1;

  always_ff @(posedge aclk) begin
    if (take) word_q <= (word_q == AddressW'(DEPTH - 1)) ? '0 : word_q + 1'b1;
    if (!aresetn) word_q <= '0;
  end

  mvtu_word #(
      .WIDTH(WIDTH),
      .DEPTH(DEPTH),
      .SLICE(SLICE),
      .FILE (FILE),
      .STYLE(STYLE),
      .BANKS(BANKS)
  ) u_rom (
      .aclk,
      .s_load,
      .m_load,
      .enable,
      .address(word_q),
      .word
  );

endmodule

`default_nettype wire
