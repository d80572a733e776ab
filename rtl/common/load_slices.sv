// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Memory of wide words that can be loaded: slices side by side, each a load_ram with a file of its own, which come one
/// behind the other in the chain of loads. So no wide word is put together, and no signal goes to more than one slice.
///
/// Latency and contents: those of rom_slices.
module load_slices #(
    /// Bits a word, >= 1.
    parameter int WIDTH = 8,
    /// Words, >= 1.
    parameter int DEPTH = 16,
    /// Bits of a slice, 1 to 32, the last one may have fewer; 0: the word is one piece, of at most 32 bits. At most 1,000
    /// slices.
    parameter int SLICE = 0,
    /// $readmemh file of the first contents; of slice 12, FILE with ".012.mem" behind it. Empty leaves them undefined.
    parameter FILE = "",
    /// "auto", "distributed" (LUT RAM) or "block" (block RAM).
    parameter STYLE = "auto",
    /// 1 or 2, as in load_port.
    parameter int BANKS = 1,
    localparam int LOAD_W = finn_pkg::LOAD_W,
    localparam int ADDRESS_W = finn_pkg::index_width(DEPTH)
) (
    input  wire                  aclk,
    input  wire  [   LOAD_W-1:0] s_load,
    output logic [   LOAD_W-1:0] m_load,
    input  wire                  enable,
    input  wire  [ADDRESS_W-1:0] address,
    output logic [    WIDTH-1:0] data
);

  `FINN_CHECK(check_slice, SLICE >= 0 && SLICE <= 32 && (SLICE == 0 ? WIDTH <= 32 : WIDTH <= 1000 * SLICE),
              ("load_slices: SLICE=%0d must be 1 to 32, 0 for up to 32 bits, and at least a thousandth of WIDTH=%0d",
               SLICE, WIDTH))

  // Front ends look into branches that are not taken: there too the loop must end.
  localparam int Slices = (SLICE < 1) ? 0 : (WIDTH + SLICE - 1) / SLICE;

  // In front of each slice, and behind the last.
  logic [LOAD_W-1:0] loads[Slices+1];

  assign loads[0] = s_load;

  if (Slices == 0) begin : g_whole
    load_ram #(
        .WIDTH(WIDTH),
        .DEPTH(DEPTH),
        .FILE (FILE),
        .STYLE(STYLE),
        .BANKS(BANKS)
    ) u_ram (
        .aclk,
        .s_load(loads[0]),
        .m_load,
        .enable,
        .address,
        .data
    );
  end else begin : g_slices
    assign m_load = loads[Slices];

    for (genvar s = 0; s < Slices; s++) begin : g_slice
      localparam int SliceW = finn_pkg::min(SLICE, WIDTH - s * SLICE);

      if (FILE != "") begin : g_filled
        load_ram #(
            .WIDTH(SliceW),
            .DEPTH(DEPTH),
            .FILE ({FILE, ".", 8'(48 + s / 100), 8'(48 + s / 10 % 10), 8'(48 + s % 10), ".mem"}),
            .STYLE(STYLE),
            .BANKS(BANKS)
        ) u_ram (
            .aclk,
            .s_load(loads[s]),
            .m_load(loads[s+1]),
            .enable,
            .address,
            .data(data[s*SLICE+:SliceW])
        );
      end else begin : g_empty
        load_ram #(
            .WIDTH(SliceW),
            .DEPTH(DEPTH),
            .STYLE(STYLE),
            .BANKS(BANKS)
        ) u_ram (
            .aclk,
            .s_load(loads[s]),
            .m_load(loads[s+1]),
            .enable,
            .address,
            .data(data[s*SLICE+:SliceW])
        );
      end
    end
  end

endmodule

`default_nettype wire
