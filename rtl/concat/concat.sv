// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Two streams side by side: each pixel of a map has the channels of stream a and, behind them, those of stream b.
/// Elements become numbers that both streams' fit.
///
/// Each input is an axis_register: it holds two beats, and is ready while it holds fewer. In a cycle in which both hold
/// a beat and the output register is empty or taken from, the two oldest go into that register.
///
/// Latency 2 cycles from the later of the two beats, for one that finds the unit idle: taken in cycle n, both are
/// offered in cycle n + 2. Throughput 1 beat a cycle. No combinational path between any two of the three streams; all
/// outputs come from registers.
module concat #(
    /// Elements of a beat of stream a, >= 1: the channels of its map.
    parameter int A_ELEMENTS = 4,
    /// Bits of an element of stream a, 1 to 30.
    parameter int A_W = 4,
    /// For A_W > 1: 1: elements are two's complement; 0: unsigned.
    parameter bit A_SIGNED = 0,
    /// For A_W = 1: 1: bit 1 is +1, bit 0 is -1; 0: they are 1 and 0.
    parameter bit A_BIPOLAR = 1,
    /// Likewise for stream b.
    parameter int B_ELEMENTS = 4,
    parameter int B_W = 4,
    parameter bit B_SIGNED = 0,
    parameter bit B_BIPOLAR = 1,
    /// Beats of a frame, >= 1: m_axis_tlast marks each frame's last one.
    parameter int BEATS = 16,
    /// Whether both streams are bits that mean the same, and stay so.
    localparam bit IS_BITS = A_W == 1 && B_W == 1 && A_BIPOLAR == B_BIPOLAR,
    /// The least number of both streams, and the greatest.
    localparam int LOW = finn_pkg::min(finn_pkg::element_low(A_W, A_SIGNED, A_BIPOLAR),
                                       finn_pkg::element_low(B_W, B_SIGNED, B_BIPOLAR)),
    localparam int HIGH = finn_pkg::max(finn_pkg::element_high(A_W, A_SIGNED), finn_pkg::element_high(B_W, B_SIGNED)),
    /// Bits of an element that leaves, the fewest that hold every one: two's complement where one can be negative, else
    /// unsigned.
    localparam int OUT_W = IS_BITS ? 1 : finn_pkg::held_width(LOW, HIGH)
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [A_ELEMENTS*A_W-1:0] s_axis_a_tdata,
    input  wire                       s_axis_a_tvalid,
    output logic                      s_axis_a_tready,

    input  wire  [B_ELEMENTS*B_W-1:0] s_axis_b_tdata,
    input  wire                       s_axis_b_tvalid,
    output logic                      s_axis_b_tready,

    output logic [(A_ELEMENTS+B_ELEMENTS)*OUT_W-1:0] m_axis_tdata,
    /// Last beat of a frame.
    output logic                                     m_axis_tlast,
    output logic                                     m_axis_tvalid,
    input  wire                                      m_axis_tready
);

  `FINN_CHECK(check_a_elements, A_ELEMENTS >= 1, ("concat: A_ELEMENTS=%0d must be at least 1", A_ELEMENTS))
  `FINN_CHECK(check_b_elements, B_ELEMENTS >= 1, ("concat: B_ELEMENTS=%0d must be at least 1", B_ELEMENTS))
  // The width of an element is computed in 32 bits.
  `FINN_CHECK(check_a, A_W >= 1 && A_W <= 30, ("concat: A_W=%0d must be 1 to 30", A_W))
  `FINN_CHECK(check_b, B_W >= 1 && B_W <= 30, ("concat: B_W=%0d must be 1 to 30", B_W))
  `FINN_CHECK(check_beats, BEATS >= 1, ("concat: BEATS=%0d must be at least 1", BEATS))

  logic [A_ELEMENTS*A_W-1:0] a_data;
  logic [B_ELEMENTS*B_W-1:0] b_data;
  logic [(A_ELEMENTS+B_ELEMENTS)*OUT_W-1:0] result;

  join_stream #(
      .A_WIDTH(A_ELEMENTS * A_W),
      .B_WIDTH(B_ELEMENTS * B_W),
      .RESULT_W((A_ELEMENTS + B_ELEMENTS) * OUT_W),
      .BEATS(BEATS)
  ) u_stream (
      .aclk,
      .aresetn,
      .s_axis_a_tdata,
      .s_axis_a_tvalid,
      .s_axis_a_tready,
      .s_axis_b_tdata,
      .s_axis_b_tvalid,
      .s_axis_b_tready,
      .a_data,
      .b_data,
      .result,
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

  if (IS_BITS) begin : g_bits
    assign result = {b_data, a_data};
  end else begin : g_numbers
    for (genvar i = 0; i < A_ELEMENTS; i++) begin : g_a
      assign result[i*OUT_W+:OUT_W] =
          OUT_W'({finn_pkg::number(32'(a_data[i*A_W+:A_W]), A_W, A_SIGNED, A_BIPOLAR)});
    end
    for (genvar i = 0; i < B_ELEMENTS; i++) begin : g_b
      assign result[(A_ELEMENTS+i)*OUT_W+:OUT_W] =
          OUT_W'({finn_pkg::number(32'(b_data[i*B_W+:B_W]), B_W, B_SIGNED, B_BIPOLAR)});
    end
  end

endmodule

`default_nettype wire
