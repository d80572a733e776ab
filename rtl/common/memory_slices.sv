// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Memory whose words are cut into slices, each a rom or a load_ram with a file of its own.
///
/// A deep memory as wide as one block RAM is at that depth (4 bits of 8,192 words, 2 of 16,384, 1 of 32,768) needs no
/// multiplexer behind it; in one piece it is cut in ways that differ from tool to tool. Slices that can be loaded come
/// one behind the other in the chain of loads: so no wide word is put together, and no signal goes to more than one.
/// Latency: that of rom. One word a cycle.
module memory_slices #(
    /// Bits a word, >= 1.
    parameter int WIDTH = 8,
    /// Words, >= 1.
    parameter int DEPTH = 16,
    /// Bits of a slice, >= 1, the last one may have fewer; 0: the word is one piece. At most 1,000 slices. With banks a
    /// slice, or a word of one piece, has at most 32 bits.
    parameter int SLICE = 0,
    /// $readmemh file of the (first) contents; of slice 12, FILE with ".012.mem" behind it. Empty leaves them
    /// undefined.
    parameter FILE = "",
    /// "auto", "distributed" (LUTs) or "block" (block RAM).
    parameter STYLE = "auto",
    /// 0: a ROM. 1 or 2: a memory that can be loaded, with so many banks (load_port).
    parameter int BANKS = 0,
    localparam int LOAD_W = finn_pkg::LOAD_W,
    localparam int ADDRESS_W = finn_pkg::index_width(DEPTH)
) (
    input  wire                  aclk,
    /// The chain of loads (load_port); a ROM passes it on.
    input  wire  [   LOAD_W-1:0] s_load,
    output logic [   LOAD_W-1:0] m_load,
    input  wire                  enable,
    input  wire  [ADDRESS_W-1:0] address,
    output logic [    WIDTH-1:0] data
);

  `FINN_CHECK(check_slice, SLICE >= 0 && (SLICE == 0 || WIDTH <= 1000 * SLICE),
              ("memory_slices: SLICE=%0d must be 0, or at least a thousandth of WIDTH=%0d", SLICE, WIDTH))
  `FINN_CHECK(check_loaded, BANKS == 0 || (SLICE <= 32 && (SLICE > 0 || WIDTH <= 32)),
              ("memory_slices: SLICE=%0d must be 1 to 32, or 0 for WIDTH=%0d up to 32, with BANKS=%0d", SLICE, WIDTH,
               BANKS))

  // Front ends look into branches that are not taken: there too the loop must end.
  localparam int Slices = (SLICE < 1) ? 0 : (WIDTH + SLICE - 1) / SLICE;

  if (Slices == 0) begin : g_whole
    load_ram #(
        .WIDTH(WIDTH),
        .DEPTH(DEPTH),
        .FILE (FILE),
        .STYLE(STYLE),
        .BANKS(BANKS)
    ) u_ram (
        .aclk,
        .s_load,
        .m_load,
        .enable,
        .address,
        .data
    );
  end else begin : g_slices
    // In front of each slice, and behind the last.
    logic [LOAD_W-1:0] loads[Slices+1];

    assign loads[0] = s_load;
    assign m_load = (BANKS == 0) ? s_load : loads[Slices];

    for (genvar s = 0; s < Slices; s++) begin : g_slice
      localparam int SliceW = finn_pkg::min(SLICE, WIDTH - s * SLICE);
      localparam Number = {".", 8'(48 + s / 100), 8'(48 + s / 10 % 10), 8'(48 + s % 10), ".mem"};

      load_ram #(
          .WIDTH(SliceW),
          .DEPTH(DEPTH),
          .FILE ((FILE == "") ? "" : {FILE, Number}),
          .STYLE(STYLE),
          .BANKS(BANKS)
      ) u_ram (
          .aclk,
          .s_load((BANKS == 0) ? '0 : loads[s]),
          .m_load(loads[s+1]),
          .enable,
          .address,
          .data(data[s*SLICE+:SliceW])
      );
    end
  end

endmodule

`default_nettype wire
