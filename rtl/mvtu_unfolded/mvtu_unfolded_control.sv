// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Streams around the rows of an unfolded matrix (mvtu_unfolded_rows): a vector a beat goes in, a vector a beat comes
/// out. It registers the vector, hands it to the rows and takes their results STAGES enabled cycles later.
///
/// Latency: 2 + STAGES cycles; one vector a cycle. No combinational path between the two sides; `enable` is a register.
module mvtu_unfolded_control #(
    /// Bits of an input vector and of an output vector, >= 1.
    parameter int S_WIDTH = 8,
    parameter int M_WIDTH = 8,
    /// Registers inside the rows, >= 0.
    parameter int STAGES = 0
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [S_WIDTH-1:0] s_axis_tdata,
    input  wire                s_axis_tvalid,
    output logic               s_axis_tready,

    /// To the rows, and their results.
    output logic               enable,
    output logic [S_WIDTH-1:0] operand,
    input  wire  [M_WIDTH-1:0] results,

    output logic [M_WIDTH-1:0] m_axis_tdata,
    /// High: a beat is a vector.
    output logic               m_axis_tlast,
    output logic               m_axis_tvalid,
    input  wire                m_axis_tready
);

  `FINN_CHECK(check_stages, STAGES >= 0, ("mvtu_unfolded_control: STAGES=%0d must be at least 0", STAGES))

  // Index 0: with the operand; STAGES: with the results.
  logic [STAGES:0] valid_q;
  // A vector is taken.
  logic issue;
  logic unused_enable;

  assign s_axis_tready = enable;
  assign issue = enable && s_axis_tvalid;

  always_ff @(posedge aclk) begin
    if (enable) begin
      operand <= s_axis_tdata;
      valid_q <= (STAGES + 1)'({valid_q, issue});
    end
    if (!aresetn) valid_q <= '0;
  end

  pipeline_output #(
      .WIDTH(M_WIDTH)
  ) u_output (
      .aclk,
      .aresetn,
      .next_valid((STAGES == 0) ? s_axis_tvalid : valid_q[finn_pkg::max(STAGES, 1)-1]),
      .data(results),
      .last(1'b1),
      .valid(valid_q[STAGES]),
      .enable,
      .next_enable(unused_enable),
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

endmodule

`default_nettype wire
