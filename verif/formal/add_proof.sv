// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// add: the sums of the two streams' beats leave in order, whole, at the cycle that the header names.
///
/// What each stream holds is counted here, and the beats that came last are kept: the sum that is offered is that of
/// the oldest beats which have not left.
module add_proof #(
    parameter int ELEMENTS = 1,
    parameter int A_W = 2,
    parameter bit A_SIGNED = 0,
    parameter bit A_BIPOLAR = 1,
    parameter int A_SCALE = 1,
    parameter int B_W = 2,
    parameter bit B_SIGNED = 0,
    parameter bit B_BIPOLAR = 1,
    parameter int B_SCALE = 1,
    parameter int BEATS = 2,
    localparam int LOW = A_SCALE * finn_pkg::element_low(A_W, A_SIGNED, A_BIPOLAR)
                         + B_SCALE * finn_pkg::element_low(B_W, B_SIGNED, B_BIPOLAR),
    localparam int HIGH = A_SCALE * finn_pkg::element_high(A_W, A_SIGNED)
                          + B_SCALE * finn_pkg::element_high(B_W, B_SIGNED),
    localparam int OUT_W = LOW >= 0 ? $clog2(HIGH + 1) : $clog2(HIGH + 1 > -LOW ? HIGH + 1 : -LOW) + 1
) (
    input wire aclk,
    input wire aresetn,

    input wire [ELEMENTS*A_W-1:0] s_axis_a_tdata,
    input wire                    s_axis_a_tvalid,
    input wire [ELEMENTS*B_W-1:0] s_axis_b_tdata,
    input wire                    s_axis_b_tvalid,
    input wire                    m_axis_tready
);

  // Beats inside: two that wait for the other stream, and one that has been added.
  localparam int Most = 3;
  // Of all numbers here.
  localparam int NumberW = 16;

  logic s_axis_a_tready;
  logic s_axis_b_tready;
  logic [ELEMENTS*OUT_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;

  add #(
      .ELEMENTS(ELEMENTS),
      .A_W(A_W),
      .A_SIGNED(A_SIGNED),
      .A_BIPOLAR(A_BIPOLAR),
      .A_SCALE(A_SCALE),
      .B_W(B_W),
      .B_SIGNED(B_SIGNED),
      .B_BIPOLAR(B_BIPOLAR),
      .B_SCALE(B_SCALE),
      .BEATS(BEATS)
  ) dut (
      .*
  );

  reset_properties u_reset (
      .aclk,
      .aresetn
  );

  axis_properties #(
      .WIDTH  (ELEMENTS * A_W),
      .ASSUMED(1)
  ) u_source_a (
      .aclk,
      .aresetn,
      .tdata    (s_axis_a_tdata),
      .tlast    (1'b0),
      .tvalid   (s_axis_a_tvalid),
      .tready   (s_axis_a_tready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH  (ELEMENTS * B_W),
      .ASSUMED(1)
  ) u_source_b (
      .aclk,
      .aresetn,
      .tdata    (s_axis_b_tdata),
      .tlast    (1'b0),
      .tvalid   (s_axis_b_tvalid),
      .tready   (s_axis_b_tready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH(ELEMENTS * OUT_W)
  ) u_sink (
      .aclk,
      .aresetn,
      .tdata    (m_axis_tdata),
      .tlast    (m_axis_tlast),
      .tvalid   (m_axis_tvalid),
      .tready   (m_axis_tready),
      .is_broken(),
      .shown    ()
  );

  // The last one first.
  logic [ELEMENTS*A_W-1:0] a_q[Most];
  logic [ELEMENTS*B_W-1:0] b_q[Most];
  logic [1:0] held_a_q;
  logic [1:0] held_b_q;
  logic is_full_q;
  logic a_fire;
  logic b_fire;
  logic out_fire;
  logic adds;
  logic out_ends;
  logic [finn_pkg::index_width(BEATS)-1:0] out_beat;

  assign a_fire = s_axis_a_tvalid && s_axis_a_tready;
  assign b_fire = s_axis_b_tvalid && s_axis_b_tready;
  assign out_fire = m_axis_tvalid && m_axis_tready;
  assign adds = held_a_q > 2'(is_full_q) && held_b_q > 2'(is_full_q) && (!is_full_q || m_axis_tready);

  beat_counter #(
      .BEATS(BEATS)
  ) u_out (
      .aclk,
      .aresetn,
      .fire  (out_fire),
      .beat_q(out_beat),
      .ends  (out_ends)
  );

  response_properties #(
      .CYCLES(3)
  ) u_response (
      .aclk,
      .aresetn,
      .is_due (m_axis_tready && (s_axis_a_tvalid || held_a_q != '0) && (s_axis_b_tvalid || held_b_q != '0)),
      .happens(out_fire)
  );

  always_ff @(posedge aclk) begin
    if (a_fire) begin
      a_q[0] <= s_axis_a_tdata;
      for (int i = 1; i < Most; i++) a_q[i] <= a_q[i-1];
    end
    if (b_fire) begin
      b_q[0] <= s_axis_b_tdata;
      for (int i = 1; i < Most; i++) b_q[i] <= b_q[i-1];
    end
    held_a_q  <= held_a_q + 2'(a_fire) - 2'(out_fire);
    held_b_q  <= held_b_q + 2'(b_fire) - 2'(out_fire);
    is_full_q <= adds || (is_full_q && !m_axis_tready);
    if (!aresetn) begin
      held_a_q  <= '0;
      held_b_q  <= '0;
      is_full_q <= 1'b0;
    end
  end

  /// The number that an element stands for.
  function automatic logic signed [NumberW-1:0] number(input logic [NumberW-1:0] element, input int width,
                                                       input bit is_signed, input bit is_bipolar);
    number = element;
    if (width == 1 && is_bipolar) number = element == '0 ? -16'sd1 : 16'sd1;
    else if (width > 1 && is_signed && element >= NumberW'(2 ** (width - 1))) number = element - NumberW'(2 ** width);
  endfunction

  for (genvar i = 0; i < ELEMENTS; i++) begin : g_element
    logic signed [NumberW-1:0] sum;
    logic signed [NumberW-1:0] result;
    logic [OUT_W-1:0] bits;

    assign bits = m_axis_tdata[i*OUT_W+:OUT_W];
    assign sum = NumberW'(A_SCALE) * number(NumberW'(a_q[held_a_q-2'd1][i*A_W+:A_W]), A_W, A_SIGNED, A_BIPOLAR)
                 + NumberW'(B_SCALE) * number(NumberW'(b_q[held_b_q-2'd1][i*B_W+:B_W]), B_W, B_SIGNED, B_BIPOLAR);

    if (LOW < 0) begin : g_signed
      assign result = NumberW'($signed(bits));
    end else begin : g_unsigned
      assign result = NumberW'(bits);
    end

    always_ff @(posedge aclk) begin
      if (aresetn && m_axis_tvalid) begin
        assert (result == sum);
        // Every bit is needed.
        cover (bits[OUT_W-1] != bits[OUT_W-2]);
      end
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (s_axis_a_tready == (held_a_q - 2'(is_full_q) < 2'd2));
      assert (s_axis_b_tready == (held_b_q - 2'(is_full_q) < 2'd2));
      assert (m_axis_tvalid == is_full_q);
      if (m_axis_tvalid) assert (m_axis_tlast == out_ends);
      cover (out_fire && out_ends);
      cover (s_axis_a_tvalid && held_a_q == 2'd3 && held_b_q == 2'd1);
      cover (s_axis_b_tvalid && held_b_q == 2'd3 && held_a_q == 2'd3);
    end
  end

endmodule

`default_nettype wire
