// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// swu_parallel: any element of any window of any output frame is the pixel's that the window has there, or PAD_VALUE
/// in the padding.
module swu_parallel_proof #(
    parameter int IFM_H = 3,
    parameter int IFM_W = 3,
    parameter int PIXELS = 1,
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
    parameter RAM_STYLE = "auto",
    localparam int LANES = (PIXELS == 1) ? 1 : PIXELS / STRIDE_W,
    localparam int PIXEL_W = SIMD * ELEMENT_W,
    localparam int BEAT_W = PIXELS * PIXEL_W,
    localparam int WINDOW_W = LANES * KERNEL_H * KERNEL_W * PIXEL_W
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The output beat and the pixel of its windows, one after the other, that are followed.
    input wire [15:0] place,
    input wire [7:0] tap,

    input wire [BEAT_W-1:0] s_axis_tdata,
    input wire              s_axis_tvalid,
    input wire              m_axis_tready
);

  localparam int Groups = CHANNELS / SIMD;
  localparam int OutH = (IFM_H + PAD_TOP + PAD_BOTTOM - KERNEL_H) / STRIDE_H + 1;
  localparam int OutW = (IFM_W + PAD_LEFT + PAD_RIGHT - KERNEL_W) / STRIDE_W + 1;
  localparam int RowIn = (IFM_W + PIXELS - 1) / PIXELS;
  localparam int RowOut = (OutW + LANES - 1) / LANES;
  localparam int BeatsIn = IFM_H * RowIn * Groups;
  localparam int BeatsOut = OutH * RowOut * Groups;
  localparam int Size = KERNEL_H * KERNEL_W;
  localparam int Taps = LANES * Size;

  logic s_axis_tready;
  logic [WINDOW_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(BeatsIn)-1:0] in_beat;
  logic [finn_pkg::index_width(BeatsOut)-1:0] out_beat;

  swu_parallel #(
      .IFM_H(IFM_H),
      .IFM_W(IFM_W),
      .PIXELS(PIXELS),
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
      .RAM_STYLE(RAM_STYLE)
  ) dut (
      .*
  );

  stream_properties #(
      .S_WIDTH(BEAT_W),
      .M_WIDTH(WINDOW_W),
      .BEATS_IN(BeatsIn),
      .BEATS_OUT(BeatsOut),
      .FRAMES(3),
      .CYCLES(BeatsIn + 3),
      .NEXT_HOLDS(1)
  ) u_properties (
      .*,
      .s_axis_tlast(1'b0),
      .held()
  );

  /// The column of the windows to which a pixel of an output beat belongs; from OutW on it means nothing.
  function automatic int window(input int beat, input int pixel);
    window = beat / Groups % RowOut * LANES + pixel / Size;
  endfunction

  /// The pixel of the input, by beats and then by place in the beat, that stands there; -1 in the padding.
  function automatic int origin(input int beat, input int pixel);
    int row;
    int column;
    row    = beat / Groups / RowOut * STRIDE_H + pixel % Size / KERNEL_W - PAD_TOP;
    column = window(beat, pixel) * STRIDE_W + pixel % KERNEL_W - PAD_LEFT;
    origin = (row >= 0 && row < IFM_H && column >= 0 && column < IFM_W)
             ? ((row * RowIn + column / PIXELS) * Groups + beat % Groups) * PIXELS + column % PIXELS : -1;
  endfunction

  logic [15:0] place_q;
  logic [7:0] tap_q;
  logic [PIXEL_W-1:0] pixel_q;
  logic [PIXEL_W-1:0] pixel;
  logic [PIXEL_W-1:0] result;
  logic is_padding;
  logic is_origin;
  logic is_window;

  always_comb begin
    result = '0;
    is_padding = 1'b0;
    is_origin  = 1'b0;
    is_window  = 1'b0;
    pixel = '0;
    for (int t = 0; t < Taps; t++) begin
      if (32'(tap_q) == t) begin
        result = m_axis_tdata[t*PIXEL_W+:PIXEL_W];
        for (int k = 0; k < BeatsOut; k++) begin
          if (32'(place_q) == k) begin
            is_padding = origin(k, t) < 0;
            is_window = window(k, t) < OutW;
            if (!is_padding) begin
              is_origin = 32'(in_beat) == origin(k, t) / PIXELS;
              pixel = s_axis_tdata[origin(k, t)%PIXELS*PIXEL_W+:PIXEL_W];
            end
          end
        end
      end
    end
  end

  always_ff @(posedge aclk) begin
    if (record && is_origin) pixel_q <= pixel;
    if (!aresetn) begin
      place_q <= 32'(place) < BeatsOut ? place : '0;
      tap_q   <= 32'(tap) < Taps ? tap : '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (compare && 16'(out_beat) == place_q && is_window) begin
        assert (result == (is_padding ? {SIMD{ELEMENT_W'(PAD_VALUE)}} : pixel_q));
      end
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

endmodule

`default_nettype wire
