// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Edges in grey pictures: compares each window of 4 x 4 pixels with four patterns, one half light and the other dark.
///
/// In: HEIGHT x WIDTH pixels row by row, 8 bits each, unsigned, four a beat, the first in the least significant bits.
/// What is left of a picture's last beat is ignored.
/// Out: (HEIGHT - 3) x (WIDTH - 3) windows row by row, one a beat. Bits 0 to 3: light on the left, on the right, above,
/// below.
///
/// 16 cycles a window, without a pause between rows or pictures.
module edges #(
    /// Picture, pixels, >= 4.
    parameter int HEIGHT = 12,
    parameter int WIDTH  = 20
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [31:0] s_axis_tdata,
    input  wire         s_axis_tvalid,
    output logic        s_axis_tready,

    output logic [3:0] m_axis_tdata,
    /// Last window of a picture.
    output logic       m_axis_tlast,
    output logic       m_axis_tvalid,
    input  wire        m_axis_tready
);

  logic [7:0] pixel_tdata;
  logic pixel_tvalid;
  logic pixel_tready;
  logic [7:0] window_tdata;
  logic window_tvalid;
  logic window_tready;

  // Four pixels a beat in, one a beat out.
  axis_dwc #(
      .S_WIDTH   (32),
      .M_WIDTH   (8),
      .FRAME_BITS(HEIGHT * WIDTH * 8)
  ) u_split (
      .aclk,
      .aresetn,
      .s_axis_tdata,
      .s_axis_tvalid,
      .s_axis_tready,
      .m_axis_tdata (pixel_tdata),
      .m_axis_tlast (),
      .m_axis_tvalid(pixel_tvalid),
      .m_axis_tready(pixel_tready)
  );

  // Each window as 16 beats of a pixel.
  swu #(
      .IFM_H    (HEIGHT),
      .IFM_W    (WIDTH),
      .CHANNELS (1),
      .SIMD     (1),
      .ELEMENT_W(8),
      .KERNEL_H (4),
      .KERNEL_W (4)
  ) u_windows (
      .aclk,
      .aresetn,
      .s_axis_tdata (pixel_tdata),
      .s_axis_tvalid(pixel_tvalid),
      .s_axis_tready(pixel_tready),
      .m_axis_tdata (window_tdata),
      .m_axis_tlast (),
      .m_axis_tvalid(window_tvalid),
      .m_axis_tready(window_tready)
  );

  // Four patterns at once, a pixel a cycle: as fast as the windows come. Its own tlast ends a vector, here each beat.
  mvtu #(
      .MW            (16),
      .MH            (4),
      .SIMD          (1),
      .PE            (4),
      .INPUT_W       (8),
      .THRESHOLDS    (1),
      .STAGES        (0),
      .WEIGHT_FILE   ("weights.mem"),
      .THRESHOLD_FILE("thresholds.mem")
  ) u_patterns (
      .aclk,
      .aresetn,
      .s_load       ('0),
      .m_load       (),
      .s_axis_tdata (window_tdata),
      .s_axis_tvalid(window_tvalid),
      .s_axis_tready(window_tready),
      .m_axis_tdata,
      .m_axis_tlast (),
      .m_axis_tvalid,
      .m_axis_tready
  );

  localparam int Windows = (HEIGHT - 3) * (WIDTH - 3);
  localparam int CountW = $clog2(Windows + 1);
  logic [CountW-1:0] window_q;

  assign m_axis_tlast = window_q == CountW'(Windows - 1);

  always_ff @(posedge aclk) begin
    if (m_axis_tvalid && m_axis_tready) window_q <= m_axis_tlast ? '0 : window_q + 1'b1;
    if (!aresetn) window_q <= '0;
  end

endmodule

`default_nettype wire
