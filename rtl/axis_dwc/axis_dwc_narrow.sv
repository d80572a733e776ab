// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Splits a beat into RATIO narrow ones, least significant first; part of axis_dwc.
///
/// Latency 1 cycle; gives 1 narrow beat a cycle without a pause between wide beats. A wide beat is taken when the
/// last narrow beat of the one before stands in the output register.
module axis_dwc_narrow #(
    /// Bits of a narrow beat, >= 1.
    parameter int WIDTH = 8,
    /// Narrow beats in a wide one, >= 2.
    parameter int RATIO = 2
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [RATIO*WIDTH-1:0] s_axis_tdata,
    input  wire                    s_axis_tvalid,
    output logic                   s_axis_tready,

    output logic [WIDTH-1:0] m_axis_tdata,
    output logic             m_axis_tvalid,
    input  wire              m_axis_tready
);

  `FINN_CHECK(check_ratio, RATIO >= 2, ("axis_dwc_narrow: RATIO=%0d must be at least 2", RATIO))

  localparam int CountW = finn_pkg::count_width(RATIO);

  // Parts that wait behind the output register, the next one in the least significant place.
  logic [RATIO*WIDTH-1:0] waiting_q;
  logic [CountW-1:0] count_q;
  logic [WIDTH-1:0] output_q;
  logic output_valid_q;
  logic load;
  logic advance;
  logic [RATIO*WIDTH-1:0] source;

  assign s_axis_tready = count_q == '0;
  assign load = s_axis_tvalid && s_axis_tready;
  assign advance = m_axis_tready || !output_valid_q;
  assign source = s_axis_tready ? s_axis_tdata : waiting_q;
  assign m_axis_tdata = output_q;
  assign m_axis_tvalid = output_valid_q;

  always_ff @(posedge aclk) begin
    if (advance) begin
      output_q <= source[WIDTH-1:0];
      output_valid_q <= load || count_q != '0;
      waiting_q <= {{WIDTH{1'b0}}, source[RATIO*WIDTH-1:WIDTH]};
      if (load) count_q <= CountW'(RATIO - 1);
      else if (count_q != '0) count_q <= count_q - 1'b1;
    end else if (load) begin
      waiting_q <= source;
      count_q   <= CountW'(RATIO);
    end
    if (!aresetn) begin
      count_q <= '0;
      output_valid_q <= 1'b0;
    end
  end

endmodule

`default_nettype wire
