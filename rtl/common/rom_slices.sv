// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Read-only memory whose words are cut into slices, each a rom with a file of its own.
///
/// A deep memory as wide as one block RAM is at that depth (4 bits of 8,192 words, 2 of 16,384, 1 of 32,768) needs no
/// multiplexer behind it; in one piece it is cut in ways that differ from tool to tool.
/// Latency: that of rom. One word a cycle.
module rom_slices #(
    /// Bits a word, >= 1.
    parameter int WIDTH = 8,
    /// Words, >= 1.
    parameter int DEPTH = 16,
    /// Bits of a slice, >= 1, the last one may have fewer; 0: the word is one piece. At most 1,000 slices.
    parameter int SLICE = 0,
    /// $readmemh file; of slice 12, FILE with ".012.mem" behind it. Empty leaves the contents undefined.
    parameter FILE = "",
    /// "auto", "distributed" (LUTs) or "block" (block RAM).
    parameter STYLE = "auto",
    localparam int ADDRESS_W = finn_pkg::index_width(DEPTH)
) (
    input  wire                  aclk,
    input  wire                  enable,
    input  wire  [ADDRESS_W-1:0] address,
    output logic [    WIDTH-1:0] data
);

  `FINN_CHECK(check_slice, SLICE >= 0 && (SLICE == 0 || WIDTH <= 1000 * SLICE),
              ("rom_slices: SLICE=%0d must be 0, or at least a thousandth of WIDTH=%0d", SLICE, WIDTH))

  // Front ends look into branches that are not taken: there too the loop must end.
  localparam int Slices = (SLICE < 1) ? 0 : (WIDTH + SLICE - 1) / SLICE;

  if (Slices == 0) begin : g_whole
    rom #(
        .WIDTH(WIDTH),
        .DEPTH(DEPTH),
        .FILE (FILE),
        .STYLE(STYLE)
    ) u_rom (
        .aclk,
        .enable,
        .address,
        .data
    );
  end else begin : g_slices
    for (genvar s = 0; s < Slices; s++) begin : g_slice
      localparam int SliceW = finn_pkg::min(SLICE, WIDTH - s * SLICE);

      if (FILE != "") begin : g_filled
        rom #(
            .WIDTH(SliceW),
            .DEPTH(DEPTH),
            .FILE ({FILE, ".", 8'(48 + s / 100), 8'(48 + s / 10 % 10), 8'(48 + s % 10), ".mem"}),
            .STYLE(STYLE)
        ) u_rom (
            .aclk,
            .enable,
            .address,
            .data(data[s*SLICE+:SliceW])
        );
      end else begin : g_empty
        rom #(
            .WIDTH(SliceW),
            .DEPTH(DEPTH),
            .STYLE(STYLE)
        ) u_rom (
            .aclk,
            .enable,
            .address,
            .data(data[s*SLICE+:SliceW])
        );
      end
    end
  end

endmodule

`default_nettype wire
