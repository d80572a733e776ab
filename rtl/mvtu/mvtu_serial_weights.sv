// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Weight words of mvtu_serial, a bit plane of PE rows each, in the order in which mvtu_serial_issue wants them.
///
/// Words lie row by row, of a row plane by plane, the top one first, and SF words of each. `take` takes one, which
/// stands on `word` READS + 1 enabled cycles later; the next to be taken is the one behind it, or lies `skip` planes
/// behind that, most often before it, or is the first. READS is that of mvtu_word.
module mvtu_serial_weights #(
    /// Bits a word, >= 1.
    parameter int WIDTH = 64,
    /// Words, >= 1.
    parameter int DEPTH = 16,
    /// Words of a plane, >= 1.
    parameter int SF = 4,
    /// The least `skip`, made positive, and the largest, both >= 0.
    parameter int MOST_BACK = 2,
    parameter int MOST_AHEAD = 0,
    /// Bits of `skip`: two's complement that holds these.
    parameter int SKIP_W = 3,
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

    /// The pipeline moves.
    input  wire               enable,
    /// Takes the word; low while `enable` is.
    input  wire               take,
    /// 0 but behind the last word of a plane.
    input  wire  [SKIP_W-1:0] skip,
    input  wire               restart,
    output logic [ WIDTH-1:0] word
);

  localparam int AddressW = finn_pkg::index_width(DEPTH);

  logic [AddressW-1:0] word_q;
  logic [AddressW-1:0] step;

  always_comb begin
    step = AddressW'(1);
    for (int planes = -MOST_BACK; planes <= MOST_AHEAD; planes++) begin
      if (32'($signed(skip)) == planes) step = AddressW'($unsigned(1 + planes * SF));
    end
  end

  always_ff @(posedge aclk) begin
    if (take) word_q <= restart ? '0 : word_q + step;
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
