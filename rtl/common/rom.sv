// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Read-only memory with a registered output, filled from a hexadecimal file.
///
/// Latency: `data` shows word `address` after the rising edge at which `enable` was high. One word a cycle.
module rom #(
    /// Bits a word, >= 1.
    parameter int WIDTH = 8,
    /// Words, >= 1.
    parameter int DEPTH = 16,
    /// $readmemh file of DEPTH words; empty leaves the contents undefined, which is of use for elaboration only.
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

  `FINN_CHECK(check_width, WIDTH >= 1, ("rom: WIDTH=%0d must be at least 1", WIDTH))
  `FINN_CHECK(check_depth, DEPTH >= 1, ("rom: DEPTH=%0d must be at least 1", DEPTH))
  `FINN_CHECK(check_style, STYLE == "auto" || STYLE == "distributed" || STYLE == "block",
              ("rom: STYLE=%s must be auto, distributed or block", STYLE))

  // The attribute must be the plain string: one padded to the length of another is not recognised. Yosys has its own
  // word for a ROM in LUTs.
`ifdef YOSYS
  localparam LutStyle = "logic";
`elsif __slang__
  localparam LutStyle = "logic";
`else
  localparam LutStyle = "distributed";
`endif

  if (STYLE == "distributed") begin : g_distributed
    (* rom_style = LutStyle *) logic [WIDTH-1:0] memory[DEPTH];

    // With the range, simulators warn of files that are too short.
    if (FILE != "") begin : g_fill
      initial $readmemh(FILE, memory, 0, DEPTH - 1);
    end

    always_ff @(posedge aclk) begin
      if (enable) data <= memory[address];
    end
  end else begin : g_other
    (* rom_style = STYLE *) logic [WIDTH-1:0] memory[DEPTH];

    if (FILE != "") begin : g_fill
      initial $readmemh(FILE, memory, 0, DEPTH - 1);
    end

    always_ff @(posedge aclk) begin
      if (enable) data <= memory[address];
    end
  end

endmodule

`default_nettype wire
