// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// AXI4-Stream data width converter for any two widths.
///
/// A frame is FRAME_BITS bits, the first in the least significant place of its first beat. It comes in
/// ceil(FRAME_BITS / S_WIDTH) beats and leaves in ceil(FRAME_BITS / M_WIDTH); bits of the last beat beyond the
/// frame are dropped on the way in and zero on the way out. No bit inside a frame is lost, added or moved, and the
/// bits of two frames never share a beat. m_axis_tlast marks the last beat of each frame.
///
/// Throughput: a frame takes max(beats in, beats out) cycles, without a pause between frames.
/// Latency: 1 cycle from the beat that completes an output beat; 2 or 3 where the widths do not divide each other or
/// the frame (axis_dwc_gearbox). No combinational path between the two sides.
module axis_dwc #(
    /// Bits of s_axis_tdata, 1 to 2**20.
    parameter int S_WIDTH = 8,
    /// Bits of m_axis_tdata, 1 to 2**20.
    parameter int M_WIDTH = 16,
    /// Bits of a frame, 1 to 2**30; 0 stands for the least common multiple of the two widths.
    parameter int FRAME_BITS = 0
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [S_WIDTH-1:0] s_axis_tdata,
    input  wire                s_axis_tvalid,
    output logic               s_axis_tready,

    output logic [M_WIDTH-1:0] m_axis_tdata,
    output logic               m_axis_tlast,
    output logic               m_axis_tvalid,
    input  wire                m_axis_tready
);

  `FINN_CHECK(check_s_width, S_WIDTH >= 1, ("axis_dwc: S_WIDTH=%0d must be at least 1", S_WIDTH))
  `FINN_CHECK(check_m_width, M_WIDTH >= 1, ("axis_dwc: M_WIDTH=%0d must be at least 1", M_WIDTH))
  `FINN_CHECK(check_most, S_WIDTH <= 2 ** 20 && M_WIDTH <= 2 ** 20,
              ("axis_dwc: S_WIDTH=%0d and M_WIDTH=%0d must be at most 2**20", S_WIDTH, M_WIDTH))
  `FINN_CHECK(check_frame, FRAME_BITS >= 0, ("axis_dwc: FRAME_BITS=%0d must not be negative", FRAME_BITS))
  `FINN_CHECK(check_frame_most, FRAME_BITS <= 2 ** 30, ("axis_dwc: FRAME_BITS=%0d must be at most 2**30", FRAME_BITS))

  localparam int CommonW = finn_pkg::gcd(S_WIDTH, M_WIDTH);
  `FINN_CHECK(check_common, FRAME_BITS != 0 || S_WIDTH / CommonW <= 2 ** 30 / M_WIDTH,
              ("axis_dwc: S_WIDTH=%0d and M_WIDTH=%0d: without FRAME_BITS their common multiple must be at most 2**30",
               S_WIDTH, M_WIDTH))
  localparam int FrameBits = (FRAME_BITS == 0) ? S_WIDTH / CommonW * M_WIDTH : FRAME_BITS;
  localparam int BeatsOut = finn_pkg::ceil_div(FrameBits, M_WIDTH);
  localparam bit IsWhole = FrameBits % S_WIDTH == 0 && FrameBits % M_WIDTH == 0;

  localparam int OutW = finn_pkg::index_width(BeatsOut);
  logic [OutW-1:0] out_beat_q;
  logic            out_is_last;
  logic            out_fire;

  assign out_is_last  = out_beat_q == OutW'(BeatsOut - 1);
  assign out_fire     = m_axis_tvalid && m_axis_tready;
  assign m_axis_tlast = out_is_last;

  always_ff @(posedge aclk) begin
    if (out_fire) out_beat_q <= out_is_last ? '0 : out_beat_q + 1'b1;
    if (!aresetn) out_beat_q <= '0;
  end

  if (IsWhole && M_WIDTH == S_WIDTH) begin : g_same
    logic unused_tlast;
    axis_register #(
        .WIDTH(S_WIDTH)
    ) u_register (
        .aclk,
        .aresetn,
        .s_axis_tdata,
        .s_axis_tlast (1'b0),
        .s_axis_tvalid,
        .s_axis_tready,
        .m_axis_tdata,
        .m_axis_tlast (unused_tlast),
        .m_axis_tvalid,
        .m_axis_tready
    );
  end else if (IsWhole && M_WIDTH % S_WIDTH == 0) begin : g_widen
    axis_dwc_widen #(
        .WIDTH(S_WIDTH),
        .RATIO(M_WIDTH / S_WIDTH)
    ) u_widen (
        .aclk,
        .aresetn,
        .s_axis_tdata,
        .s_axis_tvalid,
        .s_axis_tready,
        .m_axis_tdata,
        .m_axis_tvalid,
        .m_axis_tready
    );
  end else if (IsWhole && S_WIDTH % M_WIDTH == 0) begin : g_narrow
    axis_dwc_narrow #(
        .WIDTH(M_WIDTH),
        .RATIO(S_WIDTH / M_WIDTH)
    ) u_narrow (
        .aclk,
        .aresetn,
        .s_axis_tdata,
        .s_axis_tvalid,
        .s_axis_tready,
        .m_axis_tdata,
        .m_axis_tvalid,
        .m_axis_tready
    );
  end else if (S_WIDTH <= 2 ** 20 && M_WIDTH <= 2 ** 20) begin : g_gearbox
    // Everything is counted in units of the greatest common divisor of the two widths and of the frame.
    localparam int Unit = finn_pkg::gcd(CommonW, FrameBits);
    axis_dwc_gearbox #(
        .UNIT   (Unit),
        .S_UNITS(S_WIDTH / Unit),
        .M_UNITS(M_WIDTH / Unit),
        .FRAME  (FrameBits / Unit)
    ) u_gearbox (
        .aclk,
        .aresetn,
        .s_axis_tdata,
        .s_axis_tvalid,
        .s_axis_tready,
        .m_axis_tdata,
        .m_axis_tvalid,
        .m_axis_tready
    );
  end

endmodule

`default_nettype wire
