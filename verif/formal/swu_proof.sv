// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// swu: any beat of any output frame is the pixel's that its window has there, or PAD_VALUE in the padding.
module swu_proof #(
    parameter int IFM_H = 3,
    parameter int IFM_W = 3,
    parameter int CHANNELS = 1,
    parameter int SIMD = 1,
    parameter int ELEMENT_W = 1,
    parameter int KERNEL_H = 2,
    parameter int KERNEL_W = 2,
    parameter int STRIDE_H = 1,
    parameter int STRIDE_W = 1,
    parameter int PAD_TOP = 0,
    parameter int PAD_BOTTOM = 0,
    parameter int PAD_LEFT = 0,
    parameter int PAD_RIGHT = 0,
    parameter int PAD_VALUE = 0,
    parameter bit DEPTHWISE = 0,
    /// 0 for the default.
    parameter int DEPTH = 0,
    /// Frames that can be inside, whole or in part.
    parameter int FRAMES = 3,
    localparam int BEAT_W = SIMD * ELEMENT_W
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The output beat that is followed.
    input wire [15:0] place,

    input wire [BEAT_W-1:0] s_axis_tdata,
    input wire              s_axis_tvalid,
    input wire              m_axis_tready
);

  localparam int Groups = CHANNELS / SIMD;
  localparam int OutH = (IFM_H + PAD_TOP + PAD_BOTTOM - KERNEL_H) / STRIDE_H + 1;
  localparam int OutW = (IFM_W + PAD_LEFT + PAD_RIGHT - KERNEL_W) / STRIDE_W + 1;
  localparam int BeatsIn = IFM_H * IFM_W * Groups;
  localparam int Window = KERNEL_H * KERNEL_W * Groups;
  localparam int BeatsOut = OutH * OutW * Window;

  // As in swu.
  localparam int Depth = (DEPTH != 0) ? DEPTH : finn_pkg::ram_depth(
      swu_pkg::window_depth(IFM_H, IFM_W, Groups, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_TOP, PAD_BOTTOM,
                            PAD_LEFT, PAD_RIGHT, DEPTHWISE), BEAT_W);
  localparam int Ahead = IFM_W * Groups * finn_pkg::max(finn_pkg::max(1, STRIDE_H - KERNEL_H + 1),
                                                        IFM_H + PAD_TOP - (OutH - 1) * STRIDE_H - KERNEL_H + 1);
  localparam int PositionW = $clog2(finn_pkg::max(Depth, Ahead + 1)) + 1;

  logic s_axis_tready;
  logic [BEAT_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic [finn_pkg::count_width(FRAMES + 1)-1:0] held;
  logic [15:0] place_q;
  logic [BEAT_W-1:0] beat_q;
  logic [finn_pkg::index_width(Depth)-1:0] address;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(BeatsIn)-1:0] in_beat;
  logic [finn_pkg::index_width(BeatsOut)-1:0] out_beat;

  swu #(
      .IFM_H(IFM_H),
      .IFM_W(IFM_W),
      .CHANNELS(CHANNELS),
      .SIMD(SIMD),
      .ELEMENT_W(ELEMENT_W),
      .KERNEL_H(KERNEL_H),
      .KERNEL_W(KERNEL_W),
      .STRIDE_H(STRIDE_H),
      .STRIDE_W(STRIDE_W),
      .PAD_TOP(PAD_TOP),
      .PAD_BOTTOM(PAD_BOTTOM),
      .PAD_LEFT(PAD_LEFT),
      .PAD_RIGHT(PAD_RIGHT),
      .PAD_VALUE(PAD_VALUE),
      .DEPTHWISE(DEPTHWISE),
      .DEPTH(Depth)
  ) dut (
      .*
  );

  stream_properties #(
      .S_WIDTH(BEAT_W),
      .M_WIDTH(BEAT_W),
      .BEATS_IN(BeatsIn),
      .BEATS_OUT(BeatsOut),
      .FRAMES(FRAMES),
      .CYCLES(BeatsIn + 3)
  ) u_properties (
      .*,
      .s_axis_tlast(1'b0),
      .held
  );

  /// The input beat that leaves as an output beat; -1 in the padding.
  function automatic int origin(input int beat);
    int window;
    int offset;
    int kernel;
    int group;
    int row;
    int column;
    window = beat / Window;
    offset = beat % Window;
    group  = DEPTHWISE ? offset / (KERNEL_H * KERNEL_W) : offset % Groups;
    kernel = DEPTHWISE ? offset % (KERNEL_H * KERNEL_W) : offset / Groups;
    row    = window / OutW * STRIDE_H + kernel / KERNEL_W - PAD_TOP;
    column = window % OutW * STRIDE_W + kernel % KERNEL_W - PAD_LEFT;
    origin = (row >= 0 && row < IFM_H && column >= 0 && column < IFM_W) ? (row * IFM_W + column) * Groups + group : -1;
  endfunction

  logic is_padding;
  logic is_origin;

  always_comb begin
    is_padding = 1'b0;
    is_origin  = 1'b0;
    for (int k = 0; k < BeatsOut; k++) begin
      if (32'(place_q) == k) begin
        is_padding = origin(k) < 0;
        is_origin  = 32'(in_beat) == origin(k);
      end
    end
  end

  always_ff @(posedge aclk) begin
    if (record && is_origin) beat_q <= s_axis_tdata;
    if (!aresetn) place_q <= 32'(place) < BeatsOut ? place : '0;
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (compare && 16'(out_beat) == place_q) begin
        assert (m_axis_tdata == (is_padding ? {SIMD{ELEMENT_W'(PAD_VALUE)}} : beat_q));
      end
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

`ifndef PROMISED
  swu_lemmas #(
      .IFM_H(IFM_H),
      .IFM_W(IFM_W),
      .KERNEL_H(KERNEL_H),
      .KERNEL_W(KERNEL_W),
      .STRIDE_H(STRIDE_H),
      .STRIDE_W(STRIDE_W),
      .PAD_TOP(PAD_TOP),
      .PAD_BOTTOM(PAD_BOTTOM),
      .PAD_LEFT(PAD_LEFT),
      .PAD_RIGHT(PAD_RIGHT),
      .DEPTHWISE(DEPTHWISE),
      .GROUPS(Groups),
      .DEPTH(Depth),
      .FRAMES(FRAMES),
      .POSITION_W(PositionW)
  ) u_lemmas (
      .aclk,
      .aresetn,
      .held(8'(held)),
      .in_beat(8'(in_beat)),
      .out_beat(8'(out_beat)),
      .m_axis_tvalid,
      .m_axis_tready,
      .turn0(8'(dut.turn0_q)),
      .turn1(8'(dut.turn1_q)),
      .turn2(8'(dut.turn2_q)),
      .column(8'(dut.column_q)),
      .row(8'(dut.row_q)),
      .write(dut.write_q),
      .read(dut.read_q),
      .base(dut.limit_q - PositionW'(Depth)),
      .write_address(dut.write_address),
      .read_address(dut.read_address),
      .is_first(dut.is_first),
      .is_begin(dut.is_begin_q),
      .record,
      .in_watch(u_properties.u_frames.in_watch_q),
      .out_watch(u_properties.u_frames.out_watch_q),
      .ahead(8'(u_properties.u_frames.ahead_q)),
      .place(place_q),
      .address,
      .is_stored(dut.g_memory.memory[address] == beat_q)
  );

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (dut.missing_q == PositionW'(dut.read_q - dut.write_q));
      assert (dut.ready_q == (dut.write_q != dut.limit_q));
      assert (dut.last0_q == (32'(dut.turn0_q) == dut.Turns0 - 1));
      assert (dut.last1_q == (32'(dut.turn1_q) == dut.Turns1 - 1));
      assert (dut.last2_q == (32'(dut.turn2_q) == dut.Turns2 - 1));
      assert (dut.last_column_q == (32'(dut.column_q) == dut.OutW - 1));
      assert (dut.last_row_q == (32'(dut.row_q) == dut.OutH - 1));
    end
  end
`endif

endmodule

`default_nettype wire
