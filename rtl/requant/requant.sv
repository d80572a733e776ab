// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Requantization of a stream: out = clip((x * scale + offset) >> SHIFT, LOW, HIGH), with a scale and an offset a
/// channel.
///
/// A pixel comes and leaves in NF = CHANNELS / PE beats; beat k carries channels k * PE and up. The shift rounds down;
/// what rounds otherwise stands in the offset. For many levels this is smaller than `threshold`, whose memory doubles
/// with each bit.
///
/// Latency 3 + STAGES cycles; throughput 1 beat a cycle. No combinational path between the two sides.
module requant #(
    /// Bits of an output element, 1 to 8.
    parameter int OUT_BITS = 8,
    /// 1: output elements are two's complement; 0: unsigned.
    parameter bit SIGNED_OUTPUT = 0,
    /// The least and the greatest output, numbers that the bits hold.
    parameter int LOW = SIGNED_OUTPUT ? -(2 ** (OUT_BITS - 1)) : 0,
    parameter int HIGH = 2 ** (SIGNED_OUTPUT ? OUT_BITS - 1 : OUT_BITS) - 1,
    /// Bits of an input element, 1 to 32.
    parameter int INPUT_W = 16,
    /// 1: input elements are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUT = 1,
    /// Bits of a scale, two's complement, 2 to 25.
    parameter int SCALE_W = 16,
    /// Bits of an offset, two's complement, 1 to 48.
    parameter int OFFSET_W = 32,
    /// 0 to 47.
    parameter int SHIFT = 16,
    /// Channels of a pixel, >= 1.
    parameter int CHANNELS = 8,
    /// Channels a beat; divides CHANNELS.
    parameter int PE = 2,
    /// $readmemh files, NF words of PE fields of SCALE_W or OFFSET_W bits. Field p of word nf is that of channel
    /// nf * PE + p. Empty leaves them undefined.
    parameter SCALE_FILE = "",
    parameter OFFSET_FILE = "",
    /// Scales and offsets: "auto", "distributed" (LUTs) or "block" (block RAM).
    parameter SCALE_STYLE = "auto",
    parameter OFFSET_STYLE = "auto",
    /// Multipliers: "auto" (tools decide), "yes" (DSP slices) or "no" (LUTs).
    parameter USE_DSP = "auto",
    /// Registers of a product; its SCALE_W rows of adders are shared out among them. 1, for USE_DSP "no" 1 to SCALE_W.
    parameter int STAGES = 1
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

  // The least and the greatest number that an output can be.
  localparam int Least = SIGNED_OUTPUT ? -(2 ** (OUT_BITS - 1)) : 0;
  localparam int Most = 2 ** (SIGNED_OUTPUT ? OUT_BITS - 1 : OUT_BITS) - 1;

  `FINN_CHECK(check_out, OUT_BITS >= 1 && OUT_BITS <= 8, ("requant: OUT_BITS=%0d must be 1 to 8", OUT_BITS))
  `FINN_CHECK(check_limits, LOW >= Least && LOW < HIGH && HIGH <= Most,
              ("requant: LOW=%0d must be less than HIGH=%0d, and both %0d to %0d", LOW, HIGH, Least, Most))
  `FINN_CHECK(check_input, INPUT_W >= 1 && INPUT_W <= 32, ("requant: INPUT_W=%0d must be 1 to 32", INPUT_W))
  `FINN_CHECK(check_scale, SCALE_W >= 2 && SCALE_W <= 25, ("requant: SCALE_W=%0d must be 2 to 25", SCALE_W))
  `FINN_CHECK(check_offset, OFFSET_W >= 1 && OFFSET_W <= 48, ("requant: OFFSET_W=%0d must be 1 to 48", OFFSET_W))
  `FINN_CHECK(check_shift, SHIFT >= 0 && SHIFT <= 47, ("requant: SHIFT=%0d must be 0 to 47", SHIFT))
  `FINN_CHECK(check_pe, PE >= 1 && CHANNELS >= 1 && CHANNELS % PE == 0,
              ("requant: PE=%0d must be at least 1 and divide CHANNELS=%0d", PE, CHANNELS))
  `FINN_CHECK(check_dsp, USE_DSP == "auto" || USE_DSP == "yes" || USE_DSP == "no",
              ("requant: USE_DSP=%s must be auto, yes or no", USE_DSP))
  `FINN_CHECK(check_stages, STAGES == 1 || (USE_DSP == "no" && STAGES >= 1 && STAGES <= SCALE_W),
              ("requant: STAGES=%0d must be 1, or 1 to SCALE_W=%0d with USE_DSP=no", STAGES, SCALE_W))

  localparam int NF = CHANNELS / PE;
  localparam int FoldW = finn_pkg::index_width(NF);
  // Registers: of what is multiplied, of the product, of the sum.
  localparam int Registers = 2 + STAGES;

  logic [FoldW-1:0] fold_q;
  logic [FoldW-1:0] fold_d;
  logic [PE*SCALE_W-1:0] scales;
  logic [PE*OFFSET_W-1:0] offsets;
  logic [PE*OUT_BITS-1:0] results;
  // Bit i: behind register i.
  logic [Registers-1:0] valid_q;
  logic [Registers-1:0] last_q;
  logic stall;
  logic slice_ready;

  // `stall` depends on registers only.
  assign stall = valid_q[Registers-1] && !slice_ready;
  assign s_axis_tready = !stall;

  always_comb begin
    fold_d = fold_q;
    if (s_axis_tvalid && !stall) fold_d = (fold_q == FoldW'(NF - 1)) ? '0 : fold_q + 1'b1;
    if (!aresetn) fold_d = '0;
  end

  always_ff @(posedge aclk) begin
    fold_q <= fold_d;
    if (!stall) begin
      valid_q <= Registers'({valid_q, s_axis_tvalid});
      last_q  <= Registers'({last_q, s_axis_tlast});
    end
    if (!aresetn) valid_q <= '0;
  end

  // Read ahead: there with the beat that needs them.
  rom #(
      .WIDTH(PE * SCALE_W),
      .DEPTH(NF),
      .FILE (SCALE_FILE),
      .STYLE(SCALE_STYLE)
  ) u_scales (
      .aclk,
      .enable(1'b1),
      .address(fold_d),
      .data(scales)
  );

  // Read STAGES cycles later than the scales.
  logic [FoldW-1:0] fold_late;

  if (STAGES > 1) begin : g_late
    logic [(STAGES-1)*FoldW-1:0] folds_q;

    assign fold_late = folds_q[(STAGES-2)*FoldW+:FoldW];

    always_ff @(posedge aclk) if (!stall) folds_q <= ((STAGES - 1) * FoldW)'({folds_q, fold_q});
  end else begin : g_now
    assign fold_late = fold_q;
  end

  rom #(
      .WIDTH(PE * OFFSET_W),
      .DEPTH(NF),
      .FILE (OFFSET_FILE),
      .STYLE(OFFSET_STYLE)
  ) u_offsets (
      .aclk,
      .enable(!stall),
      .address(fold_late),
      .data(offsets)
  );

  for (genvar p = 0; p < PE; p++) begin : g_lane
    requant_lane #(
        .OUT_BITS(OUT_BITS),
        .LOW(LOW),
        .HIGH(HIGH),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUT(SIGNED_INPUT),
        .SCALE_W(SCALE_W),
        .OFFSET_W(OFFSET_W),
        .SHIFT(SHIFT),
        .STAGES(STAGES),
        .USE_DSP(USE_DSP)
    ) u_lane (
        .aclk,
        .enable(!stall),
        .value(s_axis_tdata[p*INPUT_W+:INPUT_W]),
        .scale(scales[p*SCALE_W+:SCALE_W]),
        .offset(offsets[p*OFFSET_W+:OFFSET_W]),
        .result(results[p*OUT_BITS+:OUT_BITS])
    );
  end

  axis_register #(
      .WIDTH(PE * OUT_BITS)
  ) u_slice (
      .aclk,
      .aresetn,
      .s_axis_tdata (results),
      .s_axis_tlast (last_q[Registers-1]),
      .s_axis_tvalid(valid_q[Registers-1]),
      .s_axis_tready(slice_ready),
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

endmodule

`default_nettype wire
