// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// AXI4-Stream register slice with a spare entry (skid buffer): cuts every path between its two sides.
///
/// Latency 1 cycle; throughput 1 beat a cycle; holds 2 beats. All outputs are functions of registers alone, and but for
/// tdata and tlast with LATE_DATA they are registers.
module axis_register #(
    /// Bits of tdata, >= 1.
    parameter int WIDTH = 8,
    /// Where the choice between two beats costs a level of logic. 0: in front of the registers, so that the output has
    /// the whole cycle; 1: behind them, so that the input has.
    parameter bit LATE_DATA = 0
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

  `FINN_CHECK(check_width, WIDTH >= 1, ("axis_register: WIDTH=%0d must be at least 1", WIDTH))

  logic output_valid_q;
  logic spare_free_q;
  logic output_free;

  assign s_axis_tready = spare_free_q;
  assign m_axis_tvalid = output_valid_q;
  assign output_free = m_axis_tready || !output_valid_q;

  always_ff @(posedge aclk) begin
    if (output_free) begin
      output_valid_q <= s_axis_tvalid || !spare_free_q;
      spare_free_q   <= 1'b1;
    end else if (s_axis_tvalid) begin
      spare_free_q <= 1'b0;
    end
    if (!aresetn) begin
      output_valid_q <= 1'b0;
      spare_free_q   <= 1'b1;
    end
  end

  if (LATE_DATA) begin : g_late
    logic [WIDTH:0] newest_q;
    logic [WIDTH:0] older_q;

    assign {m_axis_tlast, m_axis_tdata} = spare_free_q ? newest_q : older_q;

    always_ff @(posedge aclk) begin
      if (spare_free_q && s_axis_tvalid) newest_q <= {s_axis_tlast, s_axis_tdata};
      // Of no meaning while less than two beats are held.
      if (spare_free_q) older_q <= newest_q;
    end
  end else begin : g_early
    logic [WIDTH:0] output_q;
    logic [WIDTH:0] spare_q;

    assign {m_axis_tlast, m_axis_tdata} = output_q;

    always_ff @(posedge aclk) begin
      if (spare_free_q) spare_q <= {s_axis_tlast, s_axis_tdata};
      if (output_free) output_q <= spare_free_q ? {s_axis_tlast, s_axis_tdata} : spare_q;
    end
  end

endmodule

`default_nettype wire
