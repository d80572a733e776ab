// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Multi-threshold activation of a stream: level = number of its channel's thresholds t with value >= t.
///
/// A pixel comes and leaves in NF = CHANNELS / PE beats; beat k carries channels k * PE and up. Thresholds of a channel
/// ascend, so that a binary search of OUT_BITS comparisons finds the level. At step s the beat and the s bits of the
/// level that are known address one of NF * 2^s thresholds; each element of a beat has a memory of its own for that.
///
/// Latency OUT_BITS + 1 cycles, and one more for each step behind the first whose thresholds are in block RAM, or more
/// than 64 for an element in LUTs; throughput 1 beat a cycle. No combinational path between the two sides.
module threshold #(
    /// Bits of an output element, 1 to 8; a channel has COUNT = 2^OUT_BITS - 1 thresholds.
    parameter int OUT_BITS = 2,
    /// Bits of an input element, >= 1.
    parameter int INPUT_W = 8,
    /// Bits of a threshold: INPUT_W, or INPUT_W + 1 where some lie above every input.
    parameter int THRESHOLD_W = INPUT_W,
    /// 1: input elements and thresholds are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUT = 0,
    /// 1: outputs are levels minus 2^(OUT_BITS - 1), two's complement; 0: levels, unsigned.
    parameter bit SIGNED_OUTPUT = 0,
    /// 1: a bit a channel says whether its levels fall, COUNT minus the number of thresholds reached; 0: none does.
    parameter bit FALLING = 0,
    /// Channels of a pixel, >= 1.
    parameter int CHANNELS = 8,
    /// Channels a beat; divides CHANNELS; at most 2,000 where OUT_BITS > 1.
    parameter int PE = 2,
    /// $readmemh file of the first step; of step 2 for elements 6 and 7, THRESHOLD_FILE with ".2.003.mem" behind it.
    /// Empty leaves the thresholds undefined.
    parameter THRESHOLD_FILE = "",
    /// Thresholds: "distributed" (LUTs), "block" (block RAM), or "auto": steps of more than LUT_DEPTH words in block
    /// RAM.
    parameter RAM_STYLE = "auto",
    /// Words, >= 0.
    parameter int LUT_DEPTH = 64,
    /// 0: thresholds are constants. 1 or 2: the files are their first contents, and others can be loaded over s_load,
    /// into so many banks (load_port), while the unit is empty; words of more than 32 bits lie in slices of 32 bits, of
    /// slice 1 in the file's name with ".001.mem" behind it.
    parameter int BANKS = 0
) (
    input wire aclk,
    input wire aresetn,

    /// The chain of loads (load_port), through the memories of the steps; without banks it is passed on.
    input  wire  [finn_pkg::LOAD_W-1:0] s_load,
    output logic [finn_pkg::LOAD_W-1:0] m_load,

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
  `FINN_CHECK(check_threshold, THRESHOLD_W == INPUT_W || THRESHOLD_W == INPUT_W + 1,
              ("threshold: THRESHOLD_W=%0d must be INPUT_W=%0d or one more", THRESHOLD_W, INPUT_W))
  `FINN_CHECK(check_pe, PE >= 1 && CHANNELS >= 1 && CHANNELS % PE == 0,
              ("threshold: PE=%0d must be at least 1 and divide CHANNELS=%0d", PE, CHANNELS))
  `FINN_CHECK(check_style, RAM_STYLE == "auto" || RAM_STYLE == "distributed" || RAM_STYLE == "block",
              ("threshold: RAM_STYLE=%s must be auto, distributed or block", RAM_STYLE))
  `FINN_CHECK(check_files, OUT_BITS == 1 || PE <= 2000, ("threshold: PE=%0d must be at most 2000", PE))
  `FINN_CHECK(check_depth, LUT_DEPTH >= 0, ("threshold: LUT_DEPTH=%0d must be at least 0", LUT_DEPTH))
  `FINN_CHECK(check_banks, BANKS >= 0 && BANKS <= 2, ("threshold: BANKS=%0d must be 0 to 2", BANKS))

  localparam int NF = CHANNELS / PE;
  localparam int FoldW = finn_pkg::index_width(NF);
  // Words up to which a step's memory is in LUTs.
  localparam int LutDepth = (RAM_STYLE == "block") ? 0 : (RAM_STYLE == "auto") ? LUT_DEPTH : NF * 2 ** OUT_BITS;

  // Those from which one is chosen and compared with in a cycle.
  localparam int FastDepth = finn_pkg::min(LutDepth, 64);

  // Registers of all steps: two where block RAM, or a deep memory in LUTs, is read at what the step before has found.
  function automatic int count_registers(input int steps);
    count_registers = 1;
    for (int s = 1; s < steps; s++) count_registers = count_registers + ((NF * 2 ** s > FastDepth) ? 2 : 1);
  endfunction

  localparam int Registers = count_registers(OUT_BITS);

  // Index s: into stage s.
  logic [PE*INPUT_W-1:0] values[OUT_BITS+1];
  logic [FoldW-1:0] folds[OUT_BITS+1];
  logic [PE*OUT_BITS-1:0] levels[OUT_BITS+1];
  logic [PE-1:0] falls[OUT_BITS];
  logic [finn_pkg::LOAD_W-1:0] loads[OUT_BITS+1];
  logic [PE*OUT_BITS-1:0] results;
  logic [FoldW-1:0] fold_q;
  logic [FoldW-1:0] fold_d;
  // Bit i: behind register i.
  logic [Registers-1:0] valid_q;
  logic [Registers-1:0] last_q;
  logic stall;
  logic slice_ready;

  // `stall` depends on registers only.
  assign stall = valid_q[Registers-1] && !slice_ready;
  assign s_axis_tready = !stall;
  assign values[0] = s_axis_tdata;
  assign folds[0] = fold_q;
  assign levels[0] = '0;
  assign loads[0] = s_load;
  // Constants have no place in the chain.
  assign m_load = (BANKS == 0) ? s_load : loads[OUT_BITS];

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

  for (genvar s = 0; s < OUT_BITS; s++) begin : g_stage
    threshold_stage #(
        .OUT_BITS(OUT_BITS),
        .STEP(s),
        .INPUT_W(INPUT_W),
        .THRESHOLD_W(THRESHOLD_W),
        .SIGNED_INPUT(SIGNED_INPUT),
        .PE(PE),
        .FOLDS(NF),
        .HAS_EXTRA(FALLING && s == OUT_BITS - 1),
        .FILE(THRESHOLD_FILE),
        .USE_BLOCK(NF * 2 ** s > LutDepth),
        .BANKS(BANKS)
    ) u_stage (
        .aclk,
        .s_load((BANKS == 0) ? '0 : loads[s]),
        .m_load(loads[s+1]),
        .enable(!stall),
        .values(values[s]),
        .fold(folds[s]),
        .fold_ahead(fold_d),
        .level_in(levels[s]),
        .values_out(values[s+1]),
        .fold_out(folds[s+1]),
        .level_out(levels[s+1]),
        .extra(falls[s])
    );
  end

  for (genvar p = 0; p < PE; p++) begin : g_result
    // Taking off half of what OUT_BITS can count inverts the top bit.
    assign results[p*OUT_BITS+:OUT_BITS] = levels[OUT_BITS][p*OUT_BITS+:OUT_BITS] ^ {OUT_BITS{falls[OUT_BITS-1][p]}}
        ^ OUT_BITS'(32'(SIGNED_OUTPUT) << (OUT_BITS - 1));
  end

  axis_register #(
      .WIDTH(PE * OUT_BITS),
      .LATE_DATA(1)
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
