// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// A rom whose contents can be loaded: memory of up to 32 bits a word at a place of the chain of loads (load_port).
///
/// Latency: `data` shows word `address` after the rising edge at which `enable` was high, as in rom.
module load_ram #(
    /// Bits a word, 1 to 32: the lower ones of what is loaded.
    parameter int WIDTH = 8,
    /// Words, >= 1.
    parameter int DEPTH = 16,
    /// $readmemh file of the first contents, DEPTH words; empty leaves them undefined.
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

  `FINN_CHECK(check_width, WIDTH >= 1 && WIDTH <= 32, ("load_ram: WIDTH=%0d must be 1 to 32", WIDTH))
  `FINN_CHECK(check_style, STYLE == "auto" || STYLE == "distributed" || STYLE == "block",
              ("load_ram: STYLE=%s must be auto, distributed or block", STYLE))

  // Behind the words of the first bank those of the second, from a power of two on.
  localparam int Words = (BANKS == 2) ? 2 ** ADDRESS_W + DEPTH : DEPTH;
  localparam int WordW = (BANKS == 2) ? ADDRESS_W + 1 : ADDRESS_W;

  (* ram_style = STYLE *) logic [WIDTH-1:0] memory[Words];

  logic write;
  logic [ADDRESS_W-1:0] write_address;
  logic [31:0] write_data;
  logic bank;
  logic [WordW-1:0] written;
  logic [WordW-1:0] read;

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
      .write_address,
      .write_data,
      .bank
  );

  if (BANKS == 2) begin : g_banks
    assign written = {!bank, write_address};
    assign read = {bank, address};
  end else begin : g_bank
    assign written = write_address;
    assign read = address;
  end

  always_ff @(posedge aclk) begin
    if (write) memory[written] <= write_data[WIDTH-1:0];
    if (enable) data <= memory[read];
  end

endmodule

`default_nettype wire
