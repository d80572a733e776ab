// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Stream source that counts, and breaks one rule after some beats: the checkers must see it.
module fickle #(
    /// 0: none; 1: takes valid back; 2: changes data; 3: changes last; 4: ends the simulation.
    parameter int FAULT = 0
) (
    input wire aclk,
    input wire aresetn,

    output logic [7:0] m_axis_tdata,
    output logic       m_axis_tlast,
    output logic       m_axis_tvalid,
    input  wire        m_axis_tready
);

  logic is_late;

  assign is_late = m_axis_tdata > 8'd10;

  always_ff @(posedge aclk) begin
    m_axis_tvalid <= 1'b1;
    if (m_axis_tvalid && m_axis_tready) m_axis_tdata <= m_axis_tdata + 1'b1;
    if (m_axis_tvalid && !m_axis_tready && is_late) begin
      if (FAULT == 1) m_axis_tvalid <= 1'b0;
      if (FAULT == 2) m_axis_tdata <= m_axis_tdata + 1'b1;
      if (FAULT == 3) m_axis_tlast <= !m_axis_tlast;
      if (FAULT == 4) $finish;
    end
    if (!aresetn) begin
      m_axis_tvalid <= 1'b0;
      m_axis_tdata  <= '0;
      m_axis_tlast  <= 1'b0;
    end
  end

endmodule

`default_nettype wire
