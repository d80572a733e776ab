// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Sum of two streams, element by element: two maps of the same shape, a layer's and the one that went around it. Each
/// may count several times.
///
/// Each input is an axis_register: it holds two beats, and is ready while it holds fewer. In a cycle in which both hold
/// a beat and the output register is empty or taken from, the sum of the two oldest goes into that register.
///
/// Latency 2 cycles from the later of the two beats, for one that finds the unit idle: taken in cycle n, their sum is
/// offered in cycle n + 2. Throughput 1 beat a cycle. No combinational path between any two of the three streams; all
/// outputs come from registers.
module add #(
    /// Elements a beat, >= 1.
    parameter int ELEMENTS = 4,
    /// Bits of an element of stream a, 1 to 30.
    parameter int A_W = 4,
    /// For A_W > 1: 1: elements are two's complement; 0: unsigned.
    parameter bit A_SIGNED = 0,
    /// For A_W = 1: 1: bit 1 is +1, bit 0 is -1; 0: they are 1 and 0.
    parameter bit A_BIPOLAR = 1,
    /// What its numbers are multiplied by, 1 to 2^(30 - A_W).
    parameter int A_SCALE = 1,
    /// Likewise for stream b.
    parameter int B_W = 4,
    parameter bit B_SIGNED = 0,
    parameter bit B_BIPOLAR = 1,
    parameter int B_SCALE = 1,
    /// Beats of a frame, >= 1: m_axis_tlast marks each frame's last one.
    parameter int BEATS = 16,
    /// Bits of a sum, the fewest that hold every one. Sums are two's complement where one of them is negative, that is
    /// unless none of both streams' numbers can be.
    localparam int OUT_W = finn_pkg::held_width(
        A_SCALE * finn_pkg::element_low(A_W, A_SIGNED, A_BIPOLAR) + B_SCALE * finn_pkg::element_low(
        B_W, B_SIGNED, B_BIPOLAR),
        A_SCALE * finn_pkg::element_high(A_W, A_SIGNED) + B_SCALE * finn_pkg::element_high(B_W, B_SIGNED))
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [ELEMENTS*A_W-1:0] s_axis_a_tdata,
    input  wire                     s_axis_a_tvalid,
    output logic                    s_axis_a_tready,

    input  wire  [ELEMENTS*B_W-1:0] s_axis_b_tdata,
    input  wire                     s_axis_b_tvalid,
    output logic                    s_axis_b_tready,

    output logic [ELEMENTS*OUT_W-1:0] m_axis_tdata,
    /// Last beat of a frame.
    output logic                      m_axis_tlast,
    output logic                      m_axis_tvalid,
    input  wire                       m_axis_tready
);

  `FINN_CHECK(check_elements, ELEMENTS >= 1, ("add: ELEMENTS=%0d must be at least 1", ELEMENTS))
  // The width of a sum is computed in 32 bits.
  `FINN_CHECK(check_a, A_W >= 1 && A_W <= 30, ("add: A_W=%0d must be 1 to 30", A_W))
  `FINN_CHECK(check_b, B_W >= 1 && B_W <= 30, ("add: B_W=%0d must be 1 to 30", B_W))
  `FINN_CHECK(check_a_scale, A_W > 30 || (A_SCALE >= 1 && A_SCALE <= 2 ** (30 - A_W)),
              ("add: A_SCALE=%0d must be 1 to 2^30 / 2^A_W, A_W=%0d", A_SCALE, A_W))
  `FINN_CHECK(check_b_scale, B_W > 30 || (B_SCALE >= 1 && B_SCALE <= 2 ** (30 - B_W)),
              ("add: B_SCALE=%0d must be 1 to 2^30 / 2^B_W, B_W=%0d", B_SCALE, B_W))
  `FINN_CHECK(check_beats, BEATS >= 1, ("add: BEATS=%0d must be at least 1", BEATS))

  logic [ELEMENTS*A_W-1:0] a_data;
  logic [ELEMENTS*B_W-1:0] b_data;
  logic [ELEMENTS*OUT_W-1:0] result;

  join_stream #(
      .A_WIDTH(ELEMENTS * A_W),
      .B_WIDTH(ELEMENTS * B_W),
      .RESULT_W(ELEMENTS * OUT_W),
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

  // So many times a number: a sum of shifted ones, for a factor is a constant.
  function automatic logic [OUT_W-1:0] scaled(input logic [OUT_W-1:0] number, input logic [31:0] factor);
    scaled = '0;
    for (int i = 0; i < OUT_W; i++) begin
      if (factor[i]) scaled = scaled + (number << i);
    end
  endfunction

  for (genvar i = 0; i < ELEMENTS; i++) begin : g_element
    logic [OUT_W-1:0] a;
    logic [OUT_W-1:0] b;

    assign a = OUT_W'({finn_pkg::number(32'(a_data[i*A_W+:A_W]), A_W, A_SIGNED, A_BIPOLAR)});
    assign b = OUT_W'({finn_pkg::number(32'(b_data[i*B_W+:B_W]), B_W, B_SIGNED, B_BIPOLAR)});
    assign result[i*OUT_W+:OUT_W] = scaled(a, A_SCALE) + scaled(b, B_SCALE);
  end

endmodule

`default_nettype wire
