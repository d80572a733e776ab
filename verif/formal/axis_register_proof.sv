// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// axis_register: beats leave unchanged, it holds two, and it refuses a beat only when it does.
module axis_register_proof #(
    parameter int WIDTH = 2,
    parameter bit LATE_DATA = 0
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,

    input wire [WIDTH-1:0] s_axis_tdata,
    input wire             s_axis_tlast,
    input wire             s_axis_tvalid,
    input wire             m_axis_tready
);

  logic s_axis_tready;
  logic [WIDTH-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [1:0] held;
  logic [WIDTH:0] beat_q;

  axis_register #(
      .WIDTH(WIDTH),
      .LATE_DATA(LATE_DATA)
  ) dut (
      .*
  );

  stream_properties #(
      .S_WIDTH(WIDTH),
      .M_WIDTH(WIDTH),
      .FRAMES(2),
      .CYCLES(2),
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
      assert (s_axis_tready == (held < 2'd2));
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

endmodule

`default_nettype wire
