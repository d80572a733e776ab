// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// The memory that weight words of the MVTU lie in, a ROM or one that can be loaded, with the register that block RAM
/// has behind it, because it is slow.
///
/// `word` is that of the address READS + 1 enabled cycles before; READS is 1 for STYLE "block", else 0.
module mvtu_word #(
    /// Bits a word, >= 1.
    parameter int WIDTH = 64,
    /// Words, >= 1.
    parameter int DEPTH = 16,
    /// Bits of a slice, 0 for one piece, and $readmemh file: as in memory_slices.
    parameter int SLICE = 0,
    parameter FILE = "",
    /// "auto", "distributed" (LUTs) or "block" (block RAM).
    parameter STYLE = "auto",
    /// 0: a ROM; 1 or 2: a memory that can be loaded, with so many banks.
    parameter int BANKS = 0,
    localparam int LOAD_W = finn_pkg::LOAD_W,
    localparam int ADDRESS_W = finn_pkg::index_width(DEPTH)
) (
    input wire aclk,

    /// The chain of loads (load_port); a ROM passes it on.
    input  wire  [   LOAD_W-1:0] s_load,
    output logic [   LOAD_W-1:0] m_load,

    input  wire                  enable,
    input  wire  [ADDRESS_W-1:0] address,
    output logic [    WIDTH-1:0] word
);

  logic [WIDTH-1:0] data;

  memory_slices #(
      .WIDTH(WIDTH),
      .DEPTH(DEPTH),
      .SLICE(SLICE),
      .FILE (FILE),
      .STYLE(STYLE),
      .BANKS(BANKS)
  ) u_memory (
      .aclk,
      .s_load,
      .m_load,
      .enable,
      .address,
      .data
  );

  if (STYLE == "block") begin : g_read
    always_ff @(posedge aclk) begin
      if (enable) word <= data;
    end
  end else begin : g_no_read
    assign word = data;
  end

endmodule

`default_nettype wire
