// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// axis_fork: each output gives what came, in order, and its handshakes are those of the counts that the header names.
module axis_fork_proof #(
    parameter int OUTPUTS = 2,
    parameter int WIDTH = 1
) (
    input wire aclk,
    input wire aresetn,

    input wire [  WIDTH-1:0] s_axis_tdata,
    input wire               s_axis_tlast,
    input wire               s_axis_tvalid,
    input wire [OUTPUTS-1:0] m_axis_tready
);

  logic s_axis_tready;
  logic [OUTPUTS*WIDTH-1:0] m_axis_tdata;
  logic [OUTPUTS-1:0] m_axis_tlast;
  logic [OUTPUTS-1:0] m_axis_tvalid;
  logic in_fire;
  // The beats that came last, the last one first.
  logic [WIDTH:0] beat_q[2];
  logic [OUTPUTS-1:0] is_full;

  axis_fork #(
      .OUTPUTS(OUTPUTS),
      .WIDTH  (WIDTH)
  ) dut (
      .*
  );

  reset_properties u_reset (
      .aclk,
      .aresetn
  );

  axis_properties #(
      .WIDTH  (WIDTH),
      .ASSUMED(1)
  ) u_source (
      .aclk,
      .aresetn,
      .tdata    (s_axis_tdata),
      .tlast    (s_axis_tlast),
      .tvalid   (s_axis_tvalid),
      .tready   (s_axis_tready),
      .is_broken(),
      .shown    ()
  );

  assign in_fire = s_axis_tvalid && s_axis_tready;

  always_ff @(posedge aclk) begin
    if (in_fire) begin
      beat_q[0] <= {s_axis_tlast, s_axis_tdata};
      beat_q[1] <= beat_q[0];
    end
  end

  for (genvar i = 0; i < OUTPUTS; i++) begin : g_output
    logic [1:0] count_q;
    logic out_fire;

    assign out_fire = m_axis_tvalid[i] && m_axis_tready[i];
    assign is_full[i] = count_q == 2'd2;

    always_ff @(posedge aclk) begin
      count_q <= count_q + 2'(in_fire) - 2'(out_fire);
      if (!aresetn) count_q <= '0;
    end

    axis_properties #(
        .WIDTH(WIDTH)
    ) u_sink (
        .aclk,
        .aresetn,
        .tdata    (m_axis_tdata[i*WIDTH+:WIDTH]),
        .tlast    (m_axis_tlast[i]),
        .tvalid   (m_axis_tvalid[i]),
        .tready   (m_axis_tready[i]),
        .is_broken(),
        .shown    ()
    );

    // A reader gets what has come, whatever the others do; something new comes while all of them take.
    response_properties #(
        .CYCLES(3)
    ) u_response (
        .aclk,
        .aresetn,
        .is_due (m_axis_tready[i] && (count_q != '0 || (s_axis_tvalid && m_axis_tready == '1))),
        .happens(out_fire)
    );

    always_ff @(posedge aclk) begin
      if (aresetn) begin
        assert (count_q <= 2'd2);
        assert (m_axis_tvalid[i] == (count_q != '0));
        if (m_axis_tvalid[i]) assert ({m_axis_tlast[i], m_axis_tdata[i*WIDTH+:WIDTH]} == beat_q[is_full[i]]);
        cover (is_full[i] && out_fire && !in_fire);
        cover (count_q == 2'd1 && out_fire && in_fire);
      end
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (s_axis_tready == (is_full == '0));
      cover (s_axis_tvalid && is_full == '1);
    end
  end

endmodule

`default_nettype wire
