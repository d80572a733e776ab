// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Some values of a step of `threshold`, the memory of their thresholds, and the comparisons.
///
/// LANES addresses read the memory, and word address * LANES + l of the file is what lane l finds: so two values share
/// a block RAM, whose two ports they are. In LUTs `reached` follows `values` and `addresses` without a register, and
/// each bit of a threshold, a function of the address, merges with the comparison; with IN_STEPS the addresses come an
/// edge before the values, `enable` high, at which words are registered. In block RAM they come two edges before: at
/// the first, `read` high, the memory is read; at the second, `enable` high, its words are registered.
module threshold_group #(
    /// Bits of a value, >= 1.
    parameter int INPUT_W = 8,
    /// Bits of a threshold, INPUT_W or INPUT_W + 1.
    parameter int THRESHOLD_W = INPUT_W,
    /// 1: values and thresholds are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUT = 0,
    /// Addresses, 1 or 2.
    parameter int LANES = 2,
    /// Values of a lane, >= 1.
    parameter int VALUES = 1,
    /// Words of a lane, >= 1.
    parameter int DEPTH = 16,
    /// 1: above each threshold a word has one more bit, which goes to `extra`.
    parameter bit HAS_EXTRA = 0,
    /// $readmemh file of DEPTH * LANES words, each a threshold of VALUES values, the first in the least significant
    /// bits; empty leaves the contents undefined, which is of use for elaboration only.
    parameter FILE = "",
    /// 1: block RAM; 0: LUTs.
    parameter bit USE_BLOCK = 0,
    /// 1: in LUTs, a register between thresholds and comparison.
    parameter bit IN_STEPS = 0,
    /// As in threshold; words of more than 32 bits lie in slices of 32 then, each with a file of its own.
    parameter int BANKS = 0,
    localparam int ADDRESS_W = finn_pkg::index_width(DEPTH)
) (
    input  wire                             aclk,
    /// As in threshold.
    input  wire  [    finn_pkg::LOAD_W-1:0] s_load,
    output logic [    finn_pkg::LOAD_W-1:0] m_load,
    input  wire                             read,
    input  wire                             enable,
    input  wire  [     LANES*ADDRESS_W-1:0] addresses,
    input  wire  [LANES*VALUES*INPUT_W-1:0] values,
    output logic [        LANES*VALUES-1:0] reached,
    output logic [        LANES*VALUES-1:0] extra
);

  localparam int FieldW = THRESHOLD_W + 32'(HAS_EXTRA);
  localparam int WordW = VALUES * FieldW;
  localparam int Words = DEPTH * LANES;
  localparam int IndexW = finn_pkg::index_width(Words);
  // Bits that choose a threshold, and whether the comparison takes them in.
  localparam int ChoiceW = $clog2(DEPTH);
  localparam bit IsMerged = !USE_BLOCK && !IN_STEPS && BANKS == 0;

  logic [LANES*WordW-1:0] words;

  // The attribute must be the plain string; Yosys has its own word for a ROM in LUTs.
`ifdef YOSYS
  localparam LutStyle = "logic";
`elsif __slang__
  localparam LutStyle = "logic";
`else
  localparam LutStyle = "distributed";
`endif

  function automatic logic [IndexW-1:0] index(input logic [ADDRESS_W-1:0] address, input logic lane);
    index = IndexW'(address);
    if (LANES == 2) index = IndexW'({address, lane});
  endfunction

  if (BANKS > 0 && WordW <= 32) begin : g_load
    threshold_load #(
        .WIDTH(WordW),
        .LANES(LANES),
        .DEPTH(DEPTH),
        .FILE (FILE),
        .USE_BLOCK(USE_BLOCK),
        .HAS_REGISTER(USE_BLOCK || IN_STEPS),
        .BANKS(BANKS)
    ) u_load (
        .aclk,
        .s_load,
        .m_load,
        .read,
        .enable,
        .addresses,
        .words
    );
  end else if (BANKS > 0) begin : g_load_slices
    localparam int Slices = finn_pkg::ceil_div(WordW, 32);
    logic [finn_pkg::LOAD_W-1:0] loads[Slices+1];

    assign loads[0] = s_load;
    assign m_load = loads[Slices];

    for (genvar s = 0; s < Slices; s++) begin : g_slice
      localparam int SliceW = finn_pkg::min(32, WordW - 32 * s);
      localparam Number = {".", 8'(48 + s / 100), 8'(48 + s / 10 % 10), 8'(48 + s % 10), ".mem"};
      logic [LANES*SliceW-1:0] parts;

      threshold_load #(
          .WIDTH(SliceW),
          .LANES(LANES),
          .DEPTH(DEPTH),
          .FILE((FILE == "") ? "" : {FILE, Number}),
          .USE_BLOCK(USE_BLOCK),
          .HAS_REGISTER(USE_BLOCK || IN_STEPS),
          .BANKS(BANKS)
      ) u_load (
          .aclk,
          .s_load(loads[s]),
          .m_load(loads[s+1]),
          .read,
          .enable,
          .addresses,
          .words(parts)
      );

      for (genvar l = 0; l < LANES; l++) begin : g_lane
        assign words[l*WordW+32*s+:SliceW] = parts[l*SliceW+:SliceW];
      end
    end
  end else if (USE_BLOCK) begin : g_block
    assign m_load = s_load;

    (* rom_style = "block" *) logic [WordW-1:0] memory[Words];

    // With the range, simulators warn of files that are too short.
    if (FILE != "") begin : g_fill
      initial $readmemh(FILE, memory, 0, Words - 1);
    end

    for (genvar l = 0; l < LANES; l++) begin : g_lane
      logic [WordW-1:0] word;

      always_ff @(posedge aclk) begin
        if (read) word <= memory[index(addresses[l*ADDRESS_W+:ADDRESS_W], 1'(l))];
        if (enable) words[l*WordW+:WordW] <= word;
      end
    end
  end else begin : g_logic
    assign m_load = s_load;

    (* rom_style = LutStyle *) logic [WordW-1:0] memory[Words];

    if (FILE != "") begin : g_fill
      initial $readmemh(FILE, memory, 0, Words - 1);
    end

    for (genvar l = 0; l < LANES; l++) begin : g_lane
      logic [WordW-1:0] word;

      assign word = memory[index(addresses[l*ADDRESS_W+:ADDRESS_W], 1'(l))];

      if (IN_STEPS) begin : g_register
        always_ff @(posedge aclk) if (enable) words[l*WordW+:WordW] <= word;
      end else begin : g_wires
        assign words[l*WordW+:WordW] = word;
      end
    end
  end

  // Flipping the sign bit turns the order of two's complement numbers into that of unsigned ones.
  function automatic logic [THRESHOLD_W-1:0] ordered(input logic [THRESHOLD_W-1:0] number);
    ordered = number;
    ordered[THRESHOLD_W-1] = number[THRESHOLD_W-1] ^ SIGNED_INPUT;
  endfunction

  for (genvar v = 0; v < LANES * VALUES; v++) begin : g_value
    logic [THRESHOLD_W-1:0] value;
    logic [THRESHOLD_W-1:0] bound;

    // One bit more than a value has, or none.
    assign value = ordered(THRESHOLD_W'({SIGNED_INPUT && values[(v+1)*INPUT_W-1], values[v*INPUT_W+:INPUT_W]}));
    assign bound = ordered(words[v*FieldW+:THRESHOLD_W]);
    assign extra[v] = HAS_EXTRA && words[(v+1)*FieldW-1];

    // All three find the same, in the fewest LUTs. Where very few bits choose a threshold, several bits of the value go
    // into one LUT without a carry chain; where a LUT has room for one bit of the value and what chooses the
    // threshold's, into a chain of such LUTs; else tools compare as they do.
    if (IsMerged && ChoiceW <= 2) begin : g_ripple
      // At least one, so that a width of 0 can be refused.
      localparam int Bits = finn_pkg::max(1, THRESHOLD_W);

      for (genvar i = 0; i < Bits; i++) begin : g_bit
        // The bits below i of the value are not less, and those up to i. Wires of their own: simulators that keep all
        // of a vector for their users would see a loop in one.
        logic below;
        logic not_less;

        if (i == 0) begin : g_first
          assign below = 1'b1;
        end else begin : g_others
          assign below = g_bit[i-1].not_less;
        end
        assign not_less = (value[i] && !bound[i]) || (below && value[i] == bound[i]);
      end
      assign reached[v] = g_bit[Bits-1].not_less;
    end else if (IsMerged && ChoiceW >= 4 && ChoiceW <= 5) begin : g_chain
      logic [THRESHOLD_W:0] difference;

      // The bit on top is still there where nothing was borrowed from it.
      assign difference = {1'b1, value} - {1'b0, bound};
      assign reached[v] = difference[THRESHOLD_W];
    end else begin : g_compare
      assign reached[v] = value >= bound;
    end
  end

endmodule

`default_nettype wire
