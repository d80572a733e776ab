// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// One AXI4-Stream to several readers: each output gives every beat once and in order, whatever the others do.
///
/// The two beats that came last are stored, once for all outputs. Each output counts what it still has to give of them,
/// 0 to 2: a beat taken adds one to every count, a beat given by an output takes one from its own. A beat can be taken
/// while no count is 2; an output offers a beat while its count is not 0.
///
/// Latency 1 cycle; throughput 1 beat a cycle while all outputs are taken from, and the pace of the slowest reader
/// else: a reader is ahead of another by at most 2 beats. No combinational path between the sides, nor between outputs.
module axis_fork #(
    /// Outputs, >= 2.
    parameter int OUTPUTS = 2,
    /// Bits of tdata, >= 1.
    parameter int WIDTH = 8
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [WIDTH-1:0] s_axis_tdata,
    input  wire              s_axis_tlast,
    input  wire              s_axis_tvalid,
    output logic             s_axis_tready,

    /// Side by side: output 0 in the least significant bits.
    output logic [OUTPUTS*WIDTH-1:0] m_axis_tdata,
    output logic [      OUTPUTS-1:0] m_axis_tlast,
    output logic [      OUTPUTS-1:0] m_axis_tvalid,
    input  wire  [      OUTPUTS-1:0] m_axis_tready
);

  `FINN_CHECK(check_outputs, OUTPUTS >= 2, ("axis_fork: OUTPUTS=%0d must be at least 2", OUTPUTS))
  `FINN_CHECK(check_width, WIDTH >= 1, ("axis_fork: WIDTH=%0d must be at least 1", WIDTH))

  logic [WIDTH:0] newest_q;
  logic [WIDTH:0] older_q;
  // Bit i, of output i: its count is not 0; it is 2, and the older beat has its turn.
  logic [OUTPUTS-1:0] valid_q;
  logic [OUTPUTS-1:0] behind_q;
  logic [OUTPUTS-1:0] waits;
  logic take;

  assign s_axis_tready = behind_q == '0;
  assign take = s_axis_tvalid && s_axis_tready;
  assign m_axis_tvalid = valid_q;
  assign waits = valid_q & ~m_axis_tready;

  always_ff @(posedge aclk) begin
    if (take) begin
      newest_q <= {s_axis_tlast, s_axis_tdata};
      older_q  <= newest_q;
    end
    valid_q  <= waits | behind_q | {OUTPUTS{take}};
    behind_q <= waits & (behind_q | {OUTPUTS{take}});
    if (!aresetn) begin
      valid_q  <= '0;
      behind_q <= '0;
    end
  end

  for (genvar i = 0; i < OUTPUTS; i++) begin : g_output
    assign {m_axis_tlast[i], m_axis_tdata[i*WIDTH+:WIDTH]} = behind_q[i] ? older_q : newest_q;
  end

endmodule

`default_nettype wire
