// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// axis_fifo: beats leave unchanged, it holds exactly DEPTH, and it refuses a beat only when it does.
module axis_fifo_proof #(
    parameter int WIDTH = 2,
    parameter int DEPTH = 4,
    parameter STYLE = "distributed",
    parameter bit OUTPUT_REGISTER = 0
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,

    input wire [WIDTH-1:0] s_axis_tdata,
    input wire             s_axis_tlast,
    input wire             s_axis_tvalid,
    input wire             m_axis_tready
);

  localparam int HeldW = finn_pkg::count_width(DEPTH + 1);

  logic s_axis_tready;
  logic [WIDTH-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [HeldW-1:0] held;
  logic [WIDTH:0] beat_q;

  axis_fifo #(
      .WIDTH(WIDTH),
      .DEPTH(DEPTH),
      .STYLE(STYLE),
      .OUTPUT_REGISTER(OUTPUT_REGISTER)
  ) dut (
      .*
  );

  stream_properties #(
      .S_WIDTH(WIDTH),
      .M_WIDTH(WIDTH),
      .FRAMES(DEPTH),
      .CYCLES((STYLE == "block" ? 3 : 2) + 32'(OUTPUT_REGISTER)),
      .USE_TLAST(0)
  ) u_properties (
      .*,
      .in_beat (),
      .out_beat()
  );

  always_ff @(posedge aclk) if (record) beat_q <= {s_axis_tlast, s_axis_tdata};

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (compare) assert ({m_axis_tlast, m_axis_tdata} == beat_q);
      assert (s_axis_tready == (held < HeldW'(DEPTH)));
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

endmodule

`default_nettype wire
