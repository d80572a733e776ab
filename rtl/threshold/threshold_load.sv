// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Thresholds that can be loaded: the memory of threshold_group, of up to 32 bits a word, at a place of the chain of
/// loads (load_port).
///
/// Word address * LANES + l is what lane l finds. In LUTs `words` follows `addresses` without a register, or with one,
/// `enable` high; in block RAM there are two: at the first, `read` high, the memory is read; at the second, `enable`
/// high, its words are registered.
module threshold_load #(
    /// Bits of a word, 1 to 32.
    parameter int WIDTH = 8,
    /// Addresses, 1 or 2.
    parameter int LANES = 2,
    /// Words of a lane, >= 1.
    parameter int DEPTH = 16,
    /// $readmemh file of the first contents, DEPTH * LANES words; empty leaves them undefined.
    parameter FILE = "",
    /// 1: block RAM; 0: LUT RAM.
    parameter bit USE_BLOCK = 0,
    /// 1: a register of its own behind the memory; 1 for block RAM.
    parameter bit HAS_REGISTER = USE_BLOCK,
    /// 1 or 2, as in load_port.
    parameter int BANKS = 1,
    localparam int ADDRESS_W = finn_pkg::index_width(DEPTH)
) (
    input  wire                         aclk,
    /// As in load_port.
    input  wire  [finn_pkg::LOAD_W-1:0] s_load,
    output logic [finn_pkg::LOAD_W-1:0] m_load,
    input  wire                         read,
    input  wire                         enable,
    input  wire  [ LANES*ADDRESS_W-1:0] addresses,
    output logic [     LANES*WIDTH-1:0] words
);

  localparam int Own = DEPTH * LANES;
  localparam int IndexW = finn_pkg::index_width(Own);
  localparam int Words = finn_pkg::loaded_words(Own, BANKS);
  localparam int PlaceW = finn_pkg::place_width(Own, BANKS);

  logic write;
  logic [PlaceW-1:0] write_place;
  logic [31:0] write_data;
  logic bank;
  logic [LANES*WIDTH-1:0] found;

  load_port #(
      .DEPTH(Own),
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

  for (genvar l = 0; l < LANES; l++) begin : g_place
    logic [PlaceW-1:0] place;

    if (LANES == 2) begin : g_two
      assign place = PlaceW'({bank, IndexW'({addresses[l*ADDRESS_W+:ADDRESS_W], 1'(l)})});
    end else begin : g_one
      assign place = PlaceW'({bank, addresses});
    end
  end

  // With the range, simulators warn of files that are too short. The attribute must be the plain string.
  if (USE_BLOCK) begin : g_block
    (* ram_style = "block" *) logic [WIDTH-1:0] memory[Words];

    if (FILE != "") begin : g_fill
      initial $readmemh(FILE, memory, 0, Own - 1);
    end

    always_ff @(posedge aclk) if (write) memory[write_place] <= write_data[WIDTH-1:0];

    for (genvar l = 0; l < LANES; l++) begin : g_lane
      always_ff @(posedge aclk) if (read) found[l*WIDTH+:WIDTH] <= memory[g_place[l].place];
    end
  end else begin : g_logic
    (* ram_style = "distributed" *) logic [WIDTH-1:0] memory[Words];

    if (FILE != "") begin : g_fill
      initial $readmemh(FILE, memory, 0, Own - 1);
    end

    always_ff @(posedge aclk) if (write) memory[write_place] <= write_data[WIDTH-1:0];

    for (genvar l = 0; l < LANES; l++) begin : g_lane
      assign found[l*WIDTH+:WIDTH] = memory[g_place[l].place];
    end
  end

  if (HAS_REGISTER) begin : g_register
    always_ff @(posedge aclk) if (enable) words <= found;
  end else begin : g_wires
    assign words = found;
  end

endmodule

`default_nettype wire
