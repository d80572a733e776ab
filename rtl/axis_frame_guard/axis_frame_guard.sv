// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Makes every frame exactly BEATS beats long, and says of each whether it came well-formed.
///
/// A frame whose tlast comes early is filled up with zero beats; of one whose tlast comes late the surplus beats are
/// dropped, up to and including the one with tlast. Either way exactly one frame leaves, m_axis_bad_tdata is 1 for
/// it, and `error` stays high until reset. The flags leave in the order of the frames, on a stream of their own that
/// holds FRAMES of them: with as many results outstanding, the last beat of the next frame waits.
///
/// Latency 1 cycle; throughput 1 beat a cycle. No combinational path between the sides.
module axis_frame_guard #(
    /// Bits of tdata, >= 1.
    parameter int WIDTH = 8,
    /// Beats of a frame, >= 1.
    parameter int BEATS = 16,
    /// Frames between the guard and the point that takes the flags, >= 2.
    parameter int FRAMES = 8,
    /// 1: frames end with tlast, and are checked; 0: tlast is ignored and frames are told apart by counting.
    parameter bit USE_TLAST = 1
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [WIDTH-1:0] s_axis_tdata,
    input  wire              s_axis_tlast,
    input  wire              s_axis_tvalid,
    output logic             s_axis_tready,

    output logic [WIDTH-1:0] m_axis_tdata,
    output logic             m_axis_tlast,
    output logic             m_axis_tvalid,
    input  wire              m_axis_tready,

    output logic m_axis_bad_tdata,
    output logic m_axis_bad_tvalid,
    input  wire  m_axis_bad_tready,

    /// A malformed frame has come since the last reset.
    output logic error
);

  `FINN_CHECK(check_width, WIDTH >= 1, ("axis_frame_guard: WIDTH=%0d must be at least 1", WIDTH))
  `FINN_CHECK(check_beats, BEATS >= 1, ("axis_frame_guard: BEATS=%0d must be at least 1", BEATS))
  `FINN_CHECK(check_frames, FRAMES >= 2, ("axis_frame_guard: FRAMES=%0d must be at least 2", FRAMES))

  localparam int BeatW = finn_pkg::index_width(BEATS);

  typedef enum logic [1:0] {
    PASS,
    FILL,
    DROP
  } state_e;

  state_e state_q;
  state_e state_d;
  logic [BeatW-1:0] beat_q;
  logic beat_is_last;
  logic may_send;
  logic send;
  logic ends_here;
  logic is_bad;
  logic flag_ready;
  logic slice_ready;

  assign beat_is_last = beat_q == BeatW'(BEATS - 1);
  assign may_send = slice_ready && (flag_ready || !beat_is_last);
  assign ends_here = USE_TLAST ? s_axis_tlast : beat_is_last;

  always_comb begin
    state_d = state_q;
    send = 1'b0;
    is_bad = 1'b0;
    s_axis_tready = 1'b0;
    case (state_q)
      PASS: begin
        s_axis_tready = may_send;
        send = may_send && s_axis_tvalid;
        is_bad = !ends_here;
        if (send && beat_is_last && !ends_here) state_d = DROP;
        if (send && !beat_is_last && ends_here) state_d = FILL;
      end
      FILL: begin
        send = may_send;
        is_bad = 1'b1;
        if (send && beat_is_last) state_d = PASS;
      end
      default: begin
        s_axis_tready = 1'b1;
        if (s_axis_tvalid && ends_here) state_d = PASS;
      end
    endcase
  end

  always_ff @(posedge aclk) begin
    state_q <= state_d;
    if (send) beat_q <= beat_is_last ? '0 : beat_q + 1'b1;
    if (state_d != PASS) error <= 1'b1;
    if (!aresetn) begin
      state_q <= PASS;
      beat_q  <= '0;
      error   <= 1'b0;
    end
  end

  axis_register #(
      .WIDTH(WIDTH)
  ) u_slice (
      .aclk,
      .aresetn,
      .s_axis_tdata (state_q == PASS ? s_axis_tdata : '0),
      .s_axis_tlast (beat_is_last),
      .s_axis_tvalid(send),
      .s_axis_tready(slice_ready),
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

  logic unused_tlast;

  axis_fifo #(
      .WIDTH(1),
      .DEPTH(FRAMES)
  ) u_flags (
      .aclk,
      .aresetn,
      .s_axis_tdata (is_bad),
      .s_axis_tlast (1'b1),
      .s_axis_tvalid(send && beat_is_last),
      .s_axis_tready(flag_ready),
      .m_axis_tdata (m_axis_bad_tdata),
      .m_axis_tlast (unused_tlast),
      .m_axis_tvalid(m_axis_bad_tvalid),
      .m_axis_tready(m_axis_bad_tready)
  );

endmodule

`default_nettype wire
