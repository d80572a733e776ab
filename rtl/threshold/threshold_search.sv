// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// All of `threshold`, and what its s_axis_tready will be: a pipeline that stands in front of it and stalls with it
/// knows a cycle ahead whether it moves. Everything else is as `threshold` says.
module threshold_search #(
    /// As in threshold.
    parameter int OUT_BITS = 2,
    parameter int INPUT_W = 8,
    parameter int THRESHOLD_W = INPUT_W,
    parameter bit SIGNED_INPUT = 0,
    parameter bit SIGNED_OUTPUT = 0,
    parameter bit FALLING = 0,
    parameter int CHANNELS = 8,
    parameter int PE = 2,
    parameter THRESHOLD_FILE = "",
    parameter RAM_STYLE = "auto",
    parameter int LUT_DEPTH = 64,
    parameter int BANKS = 0
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [finn_pkg::LOAD_W-1:0] s_load,
    output logic [finn_pkg::LOAD_W-1:0] m_load,

    input  wire  [PE*INPUT_W-1:0] s_axis_tdata,
    input  wire                   s_axis_tlast,
    input  wire                   s_axis_tvalid,
    output logic                  s_axis_tready,
    /// What s_axis_tready will be in the next cycle. It follows m_axis_tready, and s_axis_tvalid of one register,
    /// without a register.
    output logic                  next_ready,

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
  localparam int FastDepth = finn_pkg::min(LutDepth, 32);

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
  logic enable;
  logic next_valid;

  assign s_axis_tready = enable;
  assign values[0] = s_axis_tdata;
  assign folds[0] = fold_q;
  assign levels[0] = '0;
  assign loads[0] = s_load;
  // Constants have no place in the chain.
  assign m_load = (BANKS == 0) ? s_load : loads[OUT_BITS];

  always_comb begin
    fold_d = fold_q;
    if (s_axis_tvalid && enable) fold_d = (fold_q == FoldW'(NF - 1)) ? '0 : fold_q + 1'b1;
    if (!aresetn) fold_d = '0;
  end

  always_ff @(posedge aclk) begin
    fold_q <= fold_d;
    if (enable) begin
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
        .enable,
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

  if (Registers == 1) begin : g_from_input
    assign next_valid = s_axis_tvalid;
  end else begin : g_from_register
    assign next_valid = valid_q[Registers-2];
  end

  pipeline_output #(
      .WIDTH(PE * OUT_BITS)
  ) u_output (
      .aclk,
      .aresetn,
      .next_valid,
      .data (results),
      .last (last_q[Registers-1]),
      .valid(valid_q[Registers-1]),
      .enable,
      .next_enable(next_ready),
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

endmodule

`default_nettype wire
