// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// A memory: a rom, or one of up to 32 bits a word at a place of the chain of loads (load_port).
///
/// Latency: `data` shows word `address` after the rising edge at which `enable` was high, as in rom.
module load_ram #(
    /// Bits a word, >= 1; with banks up to 32: the lower ones of what is loaded.
    parameter int WIDTH = 8,
    /// Words, >= 1.
    parameter int DEPTH = 16,
    /// $readmemh file of the first contents, DEPTH words; empty leaves them undefined.
    parameter FILE = "",
    /// "auto", "distributed" (LUTs) or "block" (block RAM).
    parameter STYLE = "auto",
    /// 0: a rom, which passes the chain on; 1 or 2: as in load_port.
    parameter int BANKS = 0,
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

  `FINN_CHECK(check_width, WIDTH >= 1 && (WIDTH <= 32 || BANKS == 0), ("load_ram: WIDTH=%0d must be 1 to 32", WIDTH))
  `FINN_CHECK(check_style, STYLE == "auto" || STYLE == "distributed" || STYLE == "block",
              ("load_ram: STYLE=%s must be auto, distributed or block", STYLE))

  if (BANKS == 0) begin : g_rom
    assign m_load = s_load;

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
  end else begin : g_ram
    localparam int PlaceW = finn_pkg::place_width(DEPTH, BANKS);

    (* ram_style = STYLE *) logic [WIDTH-1:0] memory[finn_pkg::loaded_words(DEPTH, BANKS)];

    logic write;
    logic [PlaceW-1:0] write_place;
    logic [31:0] write_data;
    logic bank;

    // With the range, simulators warn of files that are too short.
    if (FILE != "") begin : g_fill
      initial $readmemh(FILE, memory, 0, DEPTH - 1);
    end

    load_port #(
        .DEPTH(DEPTH),
        .BANKS(BANKS)
    ) u_port (
        .aclk,
        .s_load,
        .m_load,
        .write,
        .write_place,
        .write_data,
        .bank
    );

    always_ff @(posedge aclk) begin
      if (write) memory[write_place] <= write_data[WIDTH-1:0];
      if (enable) data <= memory[PlaceW'({bank, address})];
    end
  end

endmodule

`default_nettype wire
