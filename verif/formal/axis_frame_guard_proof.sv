// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// axis_frame_guard: of any input frame, however long, one frame of BEATS beats leaves, cut or filled up with zeros,
/// and one flag that says whether it was so; `error` is high from the first such frame on.
module axis_frame_guard_proof #(
    parameter int WIDTH = 1,
    parameter int BEATS = 3,
    parameter int FRAMES = 2,
    parameter bit USE_TLAST = 1
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The beat of the frame that is followed.
    input wire [7:0] place,

    input wire [WIDTH-1:0] s_axis_tdata,
    input wire             s_axis_tlast,
    input wire             s_axis_tvalid,
    input wire             m_axis_tready,
    input wire             m_axis_bad_tready
);

  localparam int BeatW = finn_pkg::count_width(BEATS);

  logic s_axis_tready;
  logic [WIDTH-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic m_axis_bad_tdata;
  logic m_axis_bad_tvalid;
  logic error;

  axis_frame_guard #(
      .WIDTH(WIDTH),
      .BEATS(BEATS),
      .FRAMES(FRAMES),
      .USE_TLAST(USE_TLAST)
  ) dut (
      .*
  );

  reset_properties u_reset (.*);

  axis_properties #(
      .WIDTH  (WIDTH),
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
      .WIDTH(WIDTH)
  ) u_sink (
      .aclk,
      .aresetn,
      .tdata (m_axis_tdata),
      .tlast (m_axis_tlast),
      .tvalid(m_axis_tvalid),
      .tready(m_axis_tready)
  );

  axis_properties #(
      .WIDTH(1)
  ) u_bad_sink (
      .aclk,
      .aresetn,
      .tdata (m_axis_bad_tdata),
      .tlast (1'b1),
      .tvalid(m_axis_bad_tvalid),
      .tready(m_axis_bad_tready)
  );

  // ---- The frame at the input ----
  // Its beats so far; no more than BEATS are told apart.
  logic [BeatW-1:0] in_beat_q;
  logic in_fire;
  logic in_ends;
  logic in_is_last;
  logic in_is_surplus;
  logic in_is_bad;

  assign in_fire = s_axis_tvalid && s_axis_tready;
  assign in_is_last = 32'(in_beat_q) == BEATS - 1;
  assign in_is_surplus = 32'(in_beat_q) == BEATS;
  assign in_ends = USE_TLAST ? s_axis_tlast : in_is_last;
  assign in_is_bad = in_ends != in_is_last;

  always_ff @(posedge aclk) begin
    if (in_fire) in_beat_q <= in_ends ? '0 : in_is_surplus ? in_beat_q : in_beat_q + 1'b1;
    if (!aresetn) in_beat_q <= '0;
  end

  // ---- The frames and the flags that leave ----
  logic [finn_pkg::index_width(BEATS)-1:0] out_beat;
  logic out_fire;
  logic out_ends;
  logic flag_fire;
  logic in_is_watched;
  logic out_is_watched;
  logic flag_in_is_watched;
  logic flag_is_watched;
  logic is_owed;
  logic flag_is_owed;

  assign out_fire  = m_axis_tvalid && m_axis_tready;
  assign flag_fire = m_axis_bad_tvalid && m_axis_bad_tready;

  beat_counter #(
      .BEATS(BEATS)
  ) u_out (
      .aclk,
      .aresetn,
      .fire  (out_fire),
      .beat_q(out_beat),
      .ends  (out_ends)
  );

  frame_properties #(
      .FRAMES(2)
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
      .held_q(),
      .is_owed
  );

  frame_properties #(
      .FRAMES(FRAMES + 1)
  ) u_flags (
      .aclk,
      .aresetn,
      .pick,
      .in_fire,
      .in_ends,
      .out_valid(m_axis_bad_tvalid),
      .out_fire(flag_fire),
      .out_ends(1'b1),
      .in_is_watched(flag_in_is_watched),
      .out_is_watched(flag_is_watched),
      .held_q(),
      .is_owed(flag_is_owed)
  );

  response_properties #(
      .CYCLES(3)
  ) u_response (
      .aclk,
      .aresetn,
      .is_due (m_axis_tready && m_axis_bad_tready && (s_axis_tvalid || is_owed)),
      .happens(out_fire || (in_fire && in_is_surplus))
  );

  response_properties #(
      .CYCLES(BEATS + 2)
  ) u_flag_response (
      .aclk,
      .aresetn,
      .is_due (m_axis_tready && m_axis_bad_tready && flag_is_owed),
      .happens(flag_fire)
  );

  // ---- What has to leave ----
  logic [7:0] place_q;
  logic [WIDTH-1:0] data_q;
  logic flag_q;
  logic error_q;

  always_ff @(posedge aclk) begin
    if (in_fire && in_is_watched) begin
      if (8'(in_beat_q) == place_q) data_q <= s_axis_tdata;
      else if (8'(in_beat_q) < place_q && in_ends) data_q <= '0;
    end
    if (in_fire && flag_in_is_watched && !in_is_surplus) flag_q <= in_is_bad;
    if (in_fire && !in_is_surplus && in_is_bad && (in_ends || in_is_last)) error_q <= 1'b1;
    if (!aresetn) begin
      place_q <= 32'(place) < BEATS ? place : '0;
      error_q <= 1'b0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (m_axis_tvalid) assert (m_axis_tlast == out_ends);
      if (m_axis_tvalid && out_is_watched && 8'(out_beat) == place_q) assert (m_axis_tdata == data_q);
      if (m_axis_bad_tvalid && flag_is_watched) assert (m_axis_bad_tdata == flag_q);
      assert (error == error_q);
      cover (flag_fire && flag_is_watched && flag_q == USE_TLAST);
    end
  end

endmodule

`default_nettype wire
