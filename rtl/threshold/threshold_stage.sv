// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// One step of the binary search of `threshold`: registers PE values, compares each with one threshold and finds bit
/// OUT_BITS - 1 - STEP of its level.
///
/// Of a channel's thresholds 2^STEP can be the next to compare with; the fold and the bits of the level that are known
/// address the one that is. Latency 1 cycle, `level_out` combinational behind the registers; from the second step on 2
/// cycles with thresholds in block RAM, or with more than 32 of a value in LUTs.
module threshold_stage #(
    /// Bits of a level, 1 to 8.
    parameter int OUT_BITS = 2,
    /// 0 to OUT_BITS - 1.
    parameter int STEP = 0,
    /// Bits of a value, >= 1.
    parameter int INPUT_W = 8,
    /// Bits of a threshold, INPUT_W or INPUT_W + 1.
    parameter int THRESHOLD_W = INPUT_W,
    /// 1: values and thresholds are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUT = 0,
    /// Values, >= 1.
    parameter int PE = 2,
    /// Beats of a pixel, >= 1.
    parameter int FOLDS = 4,
    /// 1: a word has one bit more than a threshold, which goes to `extra`.
    parameter bit HAS_EXTRA = 0,
    /// $readmemh file of step 0, as in `threshold`.
    parameter FILE = "",
    /// 1: thresholds in block RAM; 0: in LUTs, merged with the comparison.
    parameter bit USE_BLOCK = 0,
    /// As in threshold.
    parameter int BANKS = 0,
    localparam int FOLD_W = finn_pkg::index_width(FOLDS)
) (
    input  wire                         aclk,
    /// As in threshold.
    input  wire  [finn_pkg::LOAD_W-1:0] s_load,
    output logic [finn_pkg::LOAD_W-1:0] m_load,
    input  wire                         enable,
    input  wire  [      PE*INPUT_W-1:0] values,
    /// Beat of the pixel that the values belong to.
    input  wire  [          FOLD_W-1:0] fold,
    /// What `fold` will be behind the next edge; block RAM of the first step is read with it.
    input  wire  [          FOLD_W-1:0] fold_ahead,
    /// Only bits OUT_BITS - STEP and above count.
    input  wire  [     PE*OUT_BITS-1:0] level_in,
    output logic [      PE*INPUT_W-1:0] values_out,
    output logic [          FOLD_W-1:0] fold_out,
    output logic [     PE*OUT_BITS-1:0] level_out,
    /// The upper bits of the words that were compared with; 0 without HAS_EXTRA.
    output logic [              PE-1:0] extra
);

  `FINN_CHECK(check_step, STEP >= 0 && STEP < OUT_BITS,
              ("threshold_stage: STEP=%0d must be 0 to OUT_BITS - 1 = %0d", STEP, OUT_BITS - 1))

  localparam int Depth = FOLDS * 2 ** STEP;
  localparam int AddressW = finn_pkg::index_width(Depth);
  // More thresholds in LUTs than can be chosen from and compared with in a cycle.
  localparam bit InSteps = !USE_BLOCK && STEP > 0 && Depth > 32;

  logic [PE*INPUT_W-1:0] values_q;
  // The initial values keep Yosys from moving these registers behind the memory, where they would be as wide as a word
  // and would part the memory from the comparison.
  logic [PE*OUT_BITS-1:0] level_q = '0;
  logic [FOLD_W-1:0] fold_q = '0;
  logic [PE-1:0] reached;
  // What addresses the memory behind the first step; of the level only the bits found count.
  logic [PE*OUT_BITS-1:0] known_level;
  logic [FOLD_W-1:0] known_fold;

  assign values_out = values_q;
  assign fold_out   = fold_q;

  if (InSteps || (USE_BLOCK && STEP > 0)) begin : g_two
    logic [PE*INPUT_W-1:0] first_values_q;
    logic [FOLD_W-1:0] first_fold_q;
    logic [PE*OUT_BITS-1:0] first_level_q;

    assign known_level = USE_BLOCK ? level_in : first_level_q;
    assign known_fold  = USE_BLOCK ? fold : first_fold_q;

    always_ff @(posedge aclk) begin
      if (enable) begin
        first_values_q <= values;
        first_fold_q   <= fold;
        first_level_q  <= level_in;
        values_q <= first_values_q;
        fold_q   <= first_fold_q;
        level_q  <= first_level_q;
      end
    end
  end else begin : g_one
    assign known_level = level_q;
    assign known_fold  = fold_q;

    always_ff @(posedge aclk) begin
      if (enable) begin
        values_q <= values;
        fold_q   <= fold;
        level_q  <= level_in;
      end
    end
  end

  if (STEP == 0) begin : g_first
    threshold_group #(
        .INPUT_W(INPUT_W),
        .THRESHOLD_W(THRESHOLD_W),
        .SIGNED_INPUT(SIGNED_INPUT),
        .LANES(1),
        .VALUES(PE),
        .DEPTH(FOLDS),
        .HAS_EXTRA(HAS_EXTRA),
        .FILE(FILE),
        .USE_BLOCK(USE_BLOCK),
        .BANKS(BANKS)
    ) u_group (
        .aclk,
        .s_load,
        .m_load,
        .read(1'b1),
        .enable,
        .addresses(USE_BLOCK ? fold_ahead : fold_q),
        .values(values_q),
        .reached,
        .extra
    );
  end else begin : g_later
    localparam int Groups = (PE + 1) / 2;

    logic [finn_pkg::LOAD_W-1:0] loads[Groups+1];

    assign loads[0] = s_load;
    assign m_load = (BANKS == 0) ? s_load : loads[Groups];

    for (genvar g = 0; g < Groups; g++) begin : g_group
      localparam int Lanes = finn_pkg::min(2, PE - 2 * g);
      localparam Digits = {8'(48 + g / 100), 8'(48 + g / 10 % 10), 8'(48 + g % 10)};

      logic [Lanes*AddressW-1:0] addresses;

      for (genvar l = 0; l < Lanes; l++) begin : g_lane
        localparam int Top = (2 * g + l + 1) * OUT_BITS - 1;

        assign addresses[l*AddressW+:AddressW] = AddressW'({known_fold, known_level[Top-:STEP]});
      end

      threshold_group #(
          .INPUT_W(INPUT_W),
          .THRESHOLD_W(THRESHOLD_W),
          .SIGNED_INPUT(SIGNED_INPUT),
          .LANES(Lanes),
          .VALUES(1),
          .DEPTH(Depth),
          .HAS_EXTRA(HAS_EXTRA),
          .FILE((FILE == "") ? "" : {FILE, ".", 8'(48 + STEP), ".", Digits, ".mem"}),
          .USE_BLOCK(USE_BLOCK),
          .IN_STEPS(InSteps),
          .BANKS(BANKS)
      ) u_group (
          .aclk,
          .s_load((BANKS == 0) ? '0 : loads[g]),
          .m_load(loads[g+1]),
          .read(enable),
          .enable,
          .addresses,
          .values(values_q[2*g*INPUT_W+:Lanes*INPUT_W]),
          .reached(reached[2*g+:Lanes]),
          .extra(extra[2*g+:Lanes])
      );
    end
  end

  for (genvar p = 0; p < PE; p++) begin : g_pe
    for (genvar b = 0; b < OUT_BITS; b++) begin : g_level
      if (b == OUT_BITS - 1 - STEP) begin : g_found
        assign level_out[p*OUT_BITS+b] = reached[p];
      end else begin : g_kept
        assign level_out[p*OUT_BITS+b] = level_q[p*OUT_BITS+b];
      end
    end
  end

endmodule

`default_nettype wire
