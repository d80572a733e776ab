// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Register for one beat whose reset has a fault: the tests that every IP has must see it.
module forgetful #(
    /// 0: none; 1: a beat that is offered during the reset is kept; 2: one in the first cycle behind it is lost; 3: a
    /// reset of one cycle does nothing while the output waits.
    parameter int FAULT = 0
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [7:0] s_axis_tdata,
    input  wire        s_axis_tvalid,
    output logic       s_axis_tready,

    output logic [7:0] m_axis_tdata,
    output logic       m_axis_tvalid,
    input  wire        m_axis_tready
);

  logic was_reset_q;
  logic takes;
  logic resets;

  assign s_axis_tready = !m_axis_tvalid;
  assign takes = s_axis_tvalid && s_axis_tready && !(FAULT == 2 && was_reset_q);
  assign resets = !aresetn && !(FAULT == 1 && takes) && !(FAULT == 3 && m_axis_tvalid && !was_reset_q);

  always_ff @(posedge aclk) begin
    was_reset_q <= !aresetn;
    if (s_axis_tready) begin
      m_axis_tdata  <= s_axis_tdata;
      m_axis_tvalid <= takes;
    end else if (m_axis_tready) begin
      m_axis_tvalid <= 1'b0;
    end
    if (resets) m_axis_tvalid <= 1'b0;
  end

endmodule

`default_nettype wire
