// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// concat: the two streams' beats leave side by side, in order, whole, at the cycle that the header names.
///
/// What each stream holds is counted here, and the beats that came last are kept: those that are offered are the oldest
/// which have not left.
module concat_proof #(
    parameter int A_ELEMENTS = 1,
    parameter int B_ELEMENTS = 1,
    parameter int A_W = 2,
    parameter bit A_SIGNED = 0,
    parameter bit A_BIPOLAR = 1,
    parameter int B_W = 2,
    parameter bit B_SIGNED = 0,
    parameter bit B_BIPOLAR = 1,
    parameter int BEATS = 2,
    localparam bit IS_BITS = A_W == 1 && B_W == 1 && A_BIPOLAR == B_BIPOLAR,
    localparam bit A_NEGATIVE = A_W == 1 ? A_BIPOLAR : A_SIGNED,
    localparam bit B_NEGATIVE = B_W == 1 ? B_BIPOLAR : B_SIGNED,
    // Of two's complement one bit more for what is unsigned, and two for -1 and +1.
    localparam int A_NEEDS = (A_W == 1 && A_BIPOLAR) ? 2 : A_W + int'(B_NEGATIVE && !A_NEGATIVE),
    localparam int B_NEEDS = (B_W == 1 && B_BIPOLAR) ? 2 : B_W + int'(A_NEGATIVE && !B_NEGATIVE),
    localparam int OUT_W = IS_BITS ? 1 : A_NEEDS > B_NEEDS ? A_NEEDS : B_NEEDS
) (
    input wire aclk,
    input wire aresetn,

    input wire [A_ELEMENTS*A_W-1:0] s_axis_a_tdata,
    input wire                    s_axis_a_tvalid,
    input wire [B_ELEMENTS*B_W-1:0] s_axis_b_tdata,
    input wire                    s_axis_b_tvalid,
    input wire                    m_axis_tready
);

  // Beats inside: two that wait for the other stream, and one that has been joined.
  localparam int Most = 3;
  // Of all numbers here.
  localparam int NumberW = 16;

  logic s_axis_a_tready;
  logic s_axis_b_tready;
  logic [(A_ELEMENTS+B_ELEMENTS)*OUT_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;

  concat #(
      .A_ELEMENTS(A_ELEMENTS),
      .B_ELEMENTS(B_ELEMENTS),
      .A_W(A_W),
      .A_SIGNED(A_SIGNED),
      .A_BIPOLAR(A_BIPOLAR),
      .B_W(B_W),
      .B_SIGNED(B_SIGNED),
      .B_BIPOLAR(B_BIPOLAR),
      .BEATS(BEATS)
  ) dut (
      .*
  );

  reset_properties u_reset (
      .aclk,
      .aresetn
  );

  axis_properties #(
      .WIDTH  (A_ELEMENTS * A_W),
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
      .WIDTH  (B_ELEMENTS * B_W),
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
      .WIDTH((A_ELEMENTS + B_ELEMENTS) * OUT_W)
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
  logic [A_ELEMENTS*A_W-1:0] a_q[Most];
  logic [B_ELEMENTS*B_W-1:0] b_q[Most];
  logic [1:0] held_a_q;
  logic [1:0] held_b_q;
  logic is_full_q;
  logic a_fire;
  logic b_fire;
  logic out_fire;
  logic joins;
  logic out_ends;
  logic [finn_pkg::index_width(BEATS)-1:0] out_beat;

  assign a_fire = s_axis_a_tvalid && s_axis_a_tready;
  assign b_fire = s_axis_b_tvalid && s_axis_b_tready;
  assign out_fire = m_axis_tvalid && m_axis_tready;
  assign joins = held_a_q > 2'(is_full_q) && held_b_q > 2'(is_full_q) && (!is_full_q || m_axis_tready);

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
    is_full_q <= joins || (is_full_q && !m_axis_tready);
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

  /// The number that an element which leaves stands for.
  function automatic logic signed [NumberW-1:0] result(input logic [OUT_W-1:0] bits);
    if (IS_BITS) result = number(NumberW'(bits), 1, 0, A_BIPOLAR);
    else if (A_NEGATIVE || B_NEGATIVE) result = NumberW'($signed(bits));
    else result = NumberW'(bits);
  endfunction

  for (genvar i = 0; i < A_ELEMENTS; i++) begin : g_a
    always_ff @(posedge aclk) begin
      if (aresetn && m_axis_tvalid) begin
        assert (result(m_axis_tdata[i*OUT_W+:OUT_W])
                == number(NumberW'(a_q[held_a_q-2'd1][i*A_W+:A_W]), A_W, A_SIGNED, A_BIPOLAR));
      end
    end
  end
  for (genvar i = 0; i < B_ELEMENTS; i++) begin : g_b
    always_ff @(posedge aclk) begin
      if (aresetn && m_axis_tvalid) begin
        assert (result(m_axis_tdata[(A_ELEMENTS+i)*OUT_W+:OUT_W])
                == number(NumberW'(b_q[held_b_q-2'd1][i*B_W+:B_W]), B_W, B_SIGNED, B_BIPOLAR));
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
