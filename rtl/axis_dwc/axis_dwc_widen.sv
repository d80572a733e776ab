// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Joins RATIO beats into one; part of axis_dwc. Holds RATIO - 1 beats and one joined beat.
///
/// Latency 1 cycle from the last of the joined beats; takes 1 beat a cycle.
module axis_dwc_widen #(
    /// Bits of a narrow beat, >= 1.
    parameter int WIDTH = 8,
    /// Narrow beats in a wide one, >= 2.
    parameter int RATIO = 2
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [WIDTH-1:0] s_axis_tdata,
    input  wire              s_axis_tvalid,
    output logic             s_axis_tready,

    output logic [RATIO*WIDTH-1:0] m_axis_tdata,
    output logic                   m_axis_tvalid,
    input  wire                    m_axis_tready
);

  `FINN_CHECK(check_ratio, RATIO >= 2, ("axis_dwc_widen: RATIO=%0d must be at least 2", RATIO))

  localparam int CountW = finn_pkg::index_width(RATIO);

  logic [CountW-1:0] count_q;
  logic [(RATIO-1)*WIDTH-1:0] parts_q;
  logic [RATIO*WIDTH-1:0] output_q;
  logic output_valid_q;
  logic is_last;
  logic fire;

  assign is_last = count_q == CountW'(RATIO - 1);
  assign s_axis_tready = !(is_last && output_valid_q);
  assign fire = s_axis_tvalid && s_axis_tready;
  assign m_axis_tdata = output_q;
  assign m_axis_tvalid = output_valid_q;

  always_ff @(posedge aclk) begin
    if (m_axis_tready) output_valid_q <= 1'b0;
    if (fire) begin
      count_q <= is_last ? '0 : count_q + 1'b1;
      if (is_last) begin
        output_q <= {s_axis_tdata, parts_q};
        output_valid_q <= 1'b1;
      end
    end
    if (!aresetn) begin
      count_q <= '0;
      output_valid_q <= 1'b0;
    end
  end

  for (genvar i = 0; i < RATIO - 1; i++) begin : g_part
    always_ff @(posedge aclk) begin
      if (fire && count_q == CountW'(i)) parts_q[i*WIDTH+:WIDTH] <= s_axis_tdata;
    end
  end

endmodule

`default_nettype wire
