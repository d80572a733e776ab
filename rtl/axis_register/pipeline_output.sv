// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Register slice at the end of a pipeline that stands still while a result has no place: `enable`, that of all its
/// registers, comes from one register, computed a cycle ahead.
///
/// `valid` and the result are those of the pipeline's last register, and stay while `enable` is low, which it is for a
/// result without a place alone. Latency 1 cycle; one result a cycle, with SPACED one in two.
/// No combinational path between the two sides.
module pipeline_output #(
    /// Bits of a result, >= 1.
    parameter int WIDTH = 8,
    /// 1: a result is never directly behind another where the pipeline moves, and one register holds them; 0: two do.
    parameter bit SPACED = 0
) (
    input wire aclk,
    input wire aresetn,

    /// What `valid` will be in the next cycle, if the pipeline moves.
    input  wire              next_valid,
    input  wire  [WIDTH-1:0] data,
    /// Last beat of a frame.
    input  wire              last,
    input  wire              valid,
    /// The pipeline moves.
    output logic             enable,
    /// What `enable` will be in the next cycle, but for a reset.
    output logic             next_enable,

    output logic [WIDTH-1:0] m_axis_tdata,
    output logic             m_axis_tlast,
    output logic             m_axis_tvalid,
    input  wire              m_axis_tready
);

  logic enable_q;
  // The result at the pipeline's end takes the last place, or has none.
  logic fills;

  assign enable = enable_q;
  assign next_enable = (enable_q && !next_valid) || !fills || !m_axis_tvalid || m_axis_tready;

  always_ff @(posedge aclk) begin
    enable_q <= next_enable;
    if (!aresetn) enable_q <= 1'b1;
  end

  if (SPACED) begin : g_one
    assign fills = 1'b1;

    always_ff @(posedge aclk) begin
      if (m_axis_tready) m_axis_tvalid <= 1'b0;
      if (valid && !m_axis_tvalid) begin
        m_axis_tdata  <= data;
        m_axis_tlast  <= last;
        m_axis_tvalid <= 1'b1;
      end
      if (!aresetn) m_axis_tvalid <= 1'b0;
    end
  end else begin : g_two
    logic slice_ready;

    assign fills = valid || !slice_ready;

    axis_register #(
        .WIDTH(WIDTH),
        .LATE_DATA(1'b1)
    ) u_slice (
        .aclk,
        .aresetn,
        .s_axis_tdata (data),
        .s_axis_tlast (last),
        .s_axis_tvalid(valid),
        .s_axis_tready(slice_ready),
        .m_axis_tdata,
        .m_axis_tlast,
        .m_axis_tvalid,
        .m_axis_tready
    );
  end

endmodule

`default_nettype wire
