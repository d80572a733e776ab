// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// AXI4-Stream FIFO of any depth.
///
/// Holds exactly DEPTH beats. Throughput 1 beat a cycle for DEPTH >= 2; DEPTH = 1 takes a beat every second cycle,
/// because no path leads from m_axis_tready to s_axis_tready. Latency 1 cycle ("distributed"), 2 cycles ("block",
/// where the second cycle is the block RAM's own register), one more with OUTPUT_REGISTER.
///
/// In simulation `high_water` is the largest number of beats held since the last reset.
module axis_fifo #(
    /// Bits of tdata, >= 1.
    parameter int WIDTH = 8,
    /// Beats held, >= 1; "block" needs >= 3; with OUTPUT_REGISTER >= 3, "block" >= 4.
    parameter int DEPTH = 16,
    /// "distributed" (LUT RAM) or "block" (block RAM).
    parameter STYLE = "distributed",
    /// 1: the output comes from a register, so that what the memory's delay leaves of a cycle does not matter.
    parameter bit OUTPUT_REGISTER = 0
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [WIDTH-1:0] s_axis_tdata,
    input  wire              s_axis_tlast,
    input  wire              s_axis_tvalid,
    output logic             s_axis_tready,

    output logic [WIDTH-1:0] m_axis_tdata,
    output logic             m_axis_tlast,
    output logic             m_axis_tvalid,
    input  wire              m_axis_tready
);

  `FINN_CHECK(check_width, WIDTH >= 1, ("axis_fifo: WIDTH=%0d must be at least 1", WIDTH))
  `FINN_CHECK(check_depth, DEPTH >= 1, ("axis_fifo: DEPTH=%0d must be at least 1", DEPTH))
  `FINN_CHECK(check_style, STYLE == "distributed" || STYLE == "block",
              ("axis_fifo: STYLE=%s must be distributed or block", STYLE))
  `FINN_CHECK(check_block, STYLE != "block" || OUTPUT_REGISTER || DEPTH >= 3,
              ("axis_fifo: DEPTH=%0d must be at least 3 with STYLE=block", DEPTH))
  `FINN_CHECK(check_register, !OUTPUT_REGISTER || DEPTH >= (STYLE == "block" ? 4 : 3),
              ("axis_fifo: DEPTH=%0d must be at least 3 with OUTPUT_REGISTER, 4 with STYLE=block", DEPTH))

  // With block RAM one of the DEPTH beats waits in the memory's output register; and one in that of the output.
  localparam bit IsBlock = STYLE == "block";
  localparam int MemoryDepth = finn_pkg::max(1, DEPTH - int'(IsBlock) - int'(OUTPUT_REGISTER));
  localparam int PointerW = finn_pkg::index_width(MemoryDepth);
  localparam int LevelW = finn_pkg::count_width(MemoryDepth);
  localparam logic [PointerW-1:0] LastAddress = PointerW'(MemoryDepth - 1);

  // No beat is read while it is written: Yosys need not make up for what block RAM would give then.
  (* ram_style = STYLE, no_rw_check *) logic [WIDTH:0] memory[MemoryDepth];
  logic [PointerW-1:0] write_q;
  logic [PointerW-1:0] read_q;
  logic [LevelW-1:0] level_q;
  // Of the memory, so that neither waits for a comparison.
  logic some_q;
  logic full_q;
  logic push;
  logic pop;
  logic [WIDTH:0] read_beat;
  logic read_valid;
  logic read_ready;

  assign push = s_axis_tvalid && s_axis_tready;
  assign s_axis_tready = !full_q;

  always_ff @(posedge aclk) begin
    if (push) begin
      memory[write_q] <= {s_axis_tlast, s_axis_tdata};
      write_q <= (write_q == LastAddress) ? '0 : write_q + 1'b1;
    end
    if (pop) read_q <= (read_q == LastAddress) ? '0 : read_q + 1'b1;
    if (push != pop) begin
      level_q <= push ? level_q + 1'b1 : level_q - 1'b1;
      some_q  <= push || level_q != LevelW'(1);
      full_q  <= push && level_q == LevelW'(MemoryDepth - 1);
    end
    if (!aresetn) begin
      write_q <= '0;
      read_q  <= '0;
      level_q <= '0;
      some_q  <= 1'b0;
      full_q  <= 1'b0;
    end
  end

  if (IsBlock) begin : g_block
    logic [WIDTH:0] output_q;
    logic           output_valid_q;

    assign pop = some_q && (read_ready || !output_valid_q);
    assign read_valid = output_valid_q;
    assign read_beat = output_q;

    always_ff @(posedge aclk) begin
      if (pop) output_q <= memory[read_q];
      if (read_ready || !output_valid_q) output_valid_q <= pop;
      if (!aresetn) output_valid_q <= 1'b0;
    end
  end else begin : g_distributed
    assign pop = read_valid && read_ready;
    assign read_valid = some_q;
    assign read_beat = memory[read_q];
  end

  if (OUTPUT_REGISTER) begin : g_register
    logic [WIDTH:0] beat_q;
    logic           beat_valid_q;

    assign read_ready = m_axis_tready || !beat_valid_q;
    assign m_axis_tvalid = beat_valid_q;
    assign {m_axis_tlast, m_axis_tdata} = beat_q;

    always_ff @(posedge aclk) begin
      if (read_ready) begin
        beat_q <= read_beat;
        beat_valid_q <= read_valid;
      end
      if (!aresetn) beat_valid_q <= 1'b0;
    end
  end else begin : g_plain
    assign read_ready = m_axis_tready;
    assign m_axis_tvalid = read_valid;
    assign {m_axis_tlast, m_axis_tdata} = read_beat;
  end

`ifndef SYNTHESIS
  int high_water;
  int held;

  always_ff @(posedge aclk) begin
    held <= held + int'(push) - int'(m_axis_tvalid && m_axis_tready);
    if (held > high_water) high_water <= held;
    if (!aresetn) begin
      held <= 0;
      high_water <= 0;
    end
  end
`endif

endmodule

`default_nettype wire
