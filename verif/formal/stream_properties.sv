// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// What is asked of every design with one input and one output stream of frames of fixed length.
///
/// A reset in the first cycle and AXI-Stream's rules are assumed at the input. Asserted are these rules at the output,
/// the order of frames (frame_properties), the place of tlast, and that an output beat is taken within CYCLES cycles in
/// which the output is ready and either an input beat is offered or a whole frame has come in.
/// The harness is told which beats belong to the watched frame, to record them and to compare.
module stream_properties #(
    parameter int S_WIDTH = 8,
    parameter int M_WIDTH = 8,
    /// Beats of a frame, in and out, >= 1.
    parameter int BEATS_IN = 1,
    parameter int BEATS_OUT = 1,
    /// As in frame_properties.
    parameter int FRAMES = 2,
    /// As in response_properties.
    parameter int CYCLES = 2,
    /// 1: tlast marks the last beat of each frame at the output.
    parameter bit USE_TLAST = 1,
    /// 1: a beat of the next frame at the input may hold a frame back until more of them come.
    parameter bit NEXT_HOLDS = 0,
    localparam int IN_W = finn_pkg::index_width(BEATS_IN),
    localparam int OUT_W = finn_pkg::index_width(BEATS_OUT),
    localparam int COUNT_W = finn_pkg::count_width(FRAMES + 1)
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,

    input wire [S_WIDTH-1:0] s_axis_tdata,
    input wire               s_axis_tlast,
    input wire               s_axis_tvalid,
    input wire               s_axis_tready,

    input wire [M_WIDTH-1:0] m_axis_tdata,
    input wire               m_axis_tlast,
    input wire               m_axis_tvalid,
    input wire               m_axis_tready,

    /// A beat of the watched frame is taken from the input; number of the beat in its frame.
    output logic record,
    output logic [IN_W-1:0] in_beat,
    /// A beat is offered at the output, and has to be one of the watched frame; its number.
    output logic compare,
    output logic [OUT_W-1:0] out_beat,
    /// Frames inside.
    output logic [COUNT_W-1:0] held
);

  logic in_fire;
  logic in_ends;
  logic in_is_watched;
  logic out_fire;
  logic out_ends;
  logic out_is_watched;
  logic is_owed;

  assign in_fire  = s_axis_tvalid && s_axis_tready;
  assign out_fire = m_axis_tvalid && m_axis_tready;
  assign record   = in_fire && in_is_watched;
  assign compare  = m_axis_tvalid && out_is_watched;

  reset_properties u_reset (
      .aclk,
      .aresetn
  );

  axis_properties #(
      .WIDTH  (S_WIDTH),
      .ASSUMED(1)
  ) u_source (
      .aclk,
      .aresetn,
      .tdata (s_axis_tdata),
      .tlast (s_axis_tlast),
      .tvalid(s_axis_tvalid),
      .tready(s_axis_tready)
  );

  axis_properties #(
      .WIDTH(M_WIDTH)
  ) u_sink (
      .aclk,
      .aresetn,
      .tdata (m_axis_tdata),
      .tlast (m_axis_tlast),
      .tvalid(m_axis_tvalid),
      .tready(m_axis_tready)
  );

  beat_counter #(
      .BEATS(BEATS_IN)
  ) u_in (
      .aclk,
      .aresetn,
      .fire  (in_fire),
      .beat_q(in_beat),
      .ends  (in_ends)
  );

  beat_counter #(
      .BEATS(BEATS_OUT)
  ) u_out (
      .aclk,
      .aresetn,
      .fire  (out_fire),
      .beat_q(out_beat),
      .ends  (out_ends)
  );

  frame_properties #(
      .FRAMES(FRAMES)
  ) u_frames (
      .aclk,
      .aresetn,
      .pick,
      .in_fire,
      .in_ends,
      .out_valid(m_axis_tvalid),
      .out_fire,
      .out_ends,
      .in_is_watched,
      .out_is_watched,
      .held_q(held),
      .is_owed
  );

  response_properties #(
      .CYCLES(CYCLES)
  ) u_response (
      .aclk,
      .aresetn,
      .is_due (m_axis_tready && (s_axis_tvalid || (is_owed && (!NEXT_HOLDS || in_beat == '0)))),
      .happens(out_fire)
  );

  if (USE_TLAST) begin : g_tlast
    always_ff @(posedge aclk) if (aresetn && m_axis_tvalid) assert (m_axis_tlast == out_ends);
  end

endmodule

`default_nettype wire
