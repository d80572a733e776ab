// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Multi-threshold activation of a stream: out = number of its channel's thresholds t with value >= t.
///
/// A pixel comes and leaves in NF = CHANNELS / PE beats; beat k carries channels k * PE and up. Thresholds of a channel
/// ascend, so that a binary search of OUT_BITS comparisons finds the level, one comparison a pipeline stage.
///
/// Latency OUT_BITS + 1 cycles; throughput 1 beat a cycle. No combinational path between the two sides.
module threshold #(
    /// Bits of an output element, 1 to 8; a channel has COUNT = 2^OUT_BITS - 1 thresholds.
    parameter int OUT_BITS = 2,
    /// Bits of an input element and of a threshold, >= 1.
    parameter int INPUT_W = 8,
    /// 1: input elements and thresholds are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUT = 0,
    /// Channels of a pixel, >= 1.
    parameter int CHANNELS = 8,
    /// Channels a beat; divides CHANNELS.
    parameter int PE = 2,
    /// $readmemh file, NF words of PE fields of COUNT * INPUT_W bits. Field p of word nf holds the thresholds of channel
    /// nf * PE + p, ascending, the smallest in the least significant bits. Empty leaves them undefined.
    parameter THRESHOLD_FILE = "",
    /// Thresholds: "auto" or "distributed" (LUTs), or "block" (block RAM).
    parameter RAM_STYLE = "auto"
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [PE*INPUT_W-1:0] s_axis_tdata,
    /// Leaves with the beat; the unit tells pixels apart by counting.
    input  wire                   s_axis_tlast,
    input  wire                   s_axis_tvalid,
    output logic                  s_axis_tready,

    output logic [PE*OUT_BITS-1:0] m_axis_tdata,
    output logic                   m_axis_tlast,
    output logic                   m_axis_tvalid,
    input  wire                    m_axis_tready
);

  `FINN_CHECK(check_out, OUT_BITS >= 1 && OUT_BITS <= 8, ("threshold: OUT_BITS=%0d must be 1 to 8", OUT_BITS))
  `FINN_CHECK(check_input, INPUT_W >= 1, ("threshold: INPUT_W=%0d must be at least 1", INPUT_W))
  `FINN_CHECK(check_pe, PE >= 1 && CHANNELS >= 1 && CHANNELS % PE == 0,
              ("threshold: PE=%0d must be at least 1 and divide CHANNELS=%0d", PE, CHANNELS))
  `FINN_CHECK(check_style, RAM_STYLE == "auto" || RAM_STYLE == "distributed" || RAM_STYLE == "block",
              ("threshold: RAM_STYLE=%s must be auto, distributed or block", RAM_STYLE))

  localparam int NF = CHANNELS / PE;
  localparam int FoldW = finn_pkg::index_width(NF);

  // Index s: into stage s.
  logic [PE*INPUT_W-1:0] values[OUT_BITS+1];
  logic [FoldW-1:0] folds[OUT_BITS+1];
  // What will be in `folds` behind the next edge.
  logic [FoldW-1:0] folds_ahead[OUT_BITS];
  logic [PE*OUT_BITS-1:0] levels[OUT_BITS+1];
  logic [FoldW-1:0] fold_q;
  logic [FoldW-1:0] fold_d;
  // Bit s: behind the registers of stage s.
  logic [OUT_BITS-1:0] valid_q;
  logic [OUT_BITS-1:0] last_q;
  logic stall;
  logic slice_ready;

  // `stall` depends on registers only.
  assign stall = valid_q[OUT_BITS-1] && !slice_ready;
  assign s_axis_tready = !stall;
  assign values[0] = s_axis_tdata;
  assign folds[0] = fold_q;
  assign folds_ahead[0] = fold_d;
  assign levels[0] = '0;

  always_comb begin
    fold_d = fold_q;
    if (s_axis_tvalid && !stall) fold_d = (fold_q == FoldW'(NF - 1)) ? '0 : fold_q + 1'b1;
    if (!aresetn) fold_d = '0;
  end

  always_ff @(posedge aclk) begin
    fold_q <= fold_d;
    if (!stall) begin
      valid_q <= OUT_BITS'({valid_q, s_axis_tvalid});
      last_q  <= OUT_BITS'({last_q, s_axis_tlast});
    end
    if (!aresetn) valid_q <= '0;
  end

  for (genvar s = 0; s < OUT_BITS; s++) begin : g_stage
    if (s > 0) begin : g_later
      assign folds_ahead[s] = folds[s-1];
    end

    threshold_stage #(
        .OUT_BITS(OUT_BITS),
        .STEP(s),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUT(SIGNED_INPUT),
        .PE(PE),
        .FOLDS(NF),
        .FILE(THRESHOLD_FILE),
        .USE_BLOCK(RAM_STYLE == "block")
    ) u_stage (
        .aclk,
        .enable(!stall),
        .read(s == 0 || !stall),
        .values(values[s]),
        .fold(folds[s]),
        .fold_ahead(folds_ahead[s]),
        .level_in(levels[s]),
        .values_out(values[s+1]),
        .fold_out(folds[s+1]),
        .level_out(levels[s+1])
    );
  end

  axis_register #(
      .WIDTH(PE * OUT_BITS)
  ) u_slice (
      .aclk,
      .aresetn,
      .s_axis_tdata (levels[OUT_BITS]),
      .s_axis_tlast (last_q[OUT_BITS-1]),
      .s_axis_tvalid(valid_q[OUT_BITS-1]),
      .s_axis_tready(slice_ready),
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

endmodule

`default_nettype wire
