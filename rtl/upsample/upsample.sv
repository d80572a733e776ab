// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Enlargement of a map by whole factors: each pixel becomes SCALE_H x SCALE_W pixels, nearest neighbour, or each of
/// these has a part of its channels (depth to space).
///
/// In: IFM_H x IFM_W pixels row by row, CHANNELS / PE beats each. Out: IFM_H * SCALE_H x IFM_W * SCALE_W pixels alike,
/// or a beat each, of CHANNELS / (SCALE_H * SCALE_W) channels.
///
/// Two replay buffers, one behind the other: the first (for SCALE_H > 1) holds two rows of the input and gives each
/// SCALE_H times; the second (for SCALE_W > 1) holds two pixels and gives each SCALE_W times. The first hands a beat to
/// the second in every cycle in which it has one and the second is ready. With both factors 1 the unit is an
/// axis_register.
///
/// Throughput: 1 output beat a cycle, without a pause while the input keeps up: it has to bring the next row while the
/// present one is given. A frame takes IFM_H * SCALE_H * IFM_W * SCALE_W * CHANNELS / PE cycles. Latency 1 cycle for
/// each buffer, 1 more for rows in block RAM or of more than 64 beats together. No combinational path between the
/// sides.
module upsample #(
    /// Input feature map, pixels, >= 1.
    parameter int IFM_H = 8,
    parameter int IFM_W = 8,
    /// Channels of a pixel, >= 1.
    parameter int CHANNELS = 4,
    /// Channels a beat; divides CHANNELS.
    parameter int PE = 2,
    /// Bits of an element, >= 1.
    parameter int ELEMENT_W = 1,
    /// Rows and columns that a pixel becomes, >= 1.
    parameter int SCALE_H = 2,
    parameter int SCALE_W = 2,
    /// 0: every one of these has all of the pixel's channels. 1, 2: PE is CHANNELS, and each has a share of them, in
    /// the order of rows and columns. 1: the first share is the first channels; 2: the first of each SCALE_H * SCALE_W.
    parameter int SPREAD = 0,
    /// The two rows: "auto" or "distributed" (LUT RAM), or "block" (block RAM). Pixels are in LUT RAM.
    parameter RAM_STYLE = "auto",
    localparam int BEAT_W = PE * ELEMENT_W,
    localparam int OUT_W = (SPREAD == 0) ? BEAT_W : BEAT_W / (SCALE_H * SCALE_W)
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [BEAT_W-1:0] s_axis_tdata,
    input  wire               s_axis_tvalid,
    output logic              s_axis_tready,

    output logic [OUT_W-1:0] m_axis_tdata,
    /// Last beat of a frame.
    output logic             m_axis_tlast,
    output logic             m_axis_tvalid,
    input  wire              m_axis_tready
);

  `FINN_CHECK(check_map, IFM_H >= 1 && IFM_W >= 1,
              ("upsample: IFM_H=%0d and IFM_W=%0d must be at least 1", IFM_H, IFM_W))
  `FINN_CHECK(check_pe, PE >= 1 && CHANNELS >= 1 && CHANNELS % PE == 0,
              ("upsample: PE=%0d must be at least 1 and divide CHANNELS=%0d", PE, CHANNELS))
  `FINN_CHECK(check_element, ELEMENT_W >= 1, ("upsample: ELEMENT_W=%0d must be at least 1", ELEMENT_W))
  `FINN_CHECK(check_scale, SCALE_H >= 1 && SCALE_W >= 1,
              ("upsample: SCALE_H=%0d and SCALE_W=%0d must be at least 1", SCALE_H, SCALE_W))
  `FINN_CHECK(check_spread, SPREAD == 0 || (SPREAD >= 1 && SPREAD <= 2 && PE == CHANNELS
              && CHANNELS % (SCALE_H * SCALE_W) == 0),
              ("upsample: SPREAD=%0d must be 0, or 1 or 2 for PE=%0d that is CHANNELS=%0d, a multiple of the pixels",
               SPREAD, PE, CHANNELS))
  `FINN_CHECK(check_style, RAM_STYLE == "auto" || RAM_STYLE == "distributed" || RAM_STYLE == "block",
              ("upsample: RAM_STYLE=%s must be auto, distributed or block", RAM_STYLE))

  localparam int Groups = CHANNELS / PE;
  localparam int BeatsOut = IFM_H * SCALE_H * IFM_W * SCALE_W * Groups;
  localparam int BeatW = finn_pkg::index_width(BeatsOut);

  // ---- Rows, and pixels of a row ----
  logic [BEAT_W-1:0] row_data;
  logic row_valid;
  logic row_ready;
  logic [BEAT_W-1:0] pixel;
  logic give;

  assign give = m_axis_tvalid && m_axis_tready;

  if (SCALE_H > 1) begin : g_rows
    replay_buffer #(
        .WIDTH(BEAT_W),
        .LENGTH(IFM_W * Groups),
        .REPEATS(SCALE_H),
        .USE_BLOCK(RAM_STYLE == "block"),
        .USE_BANKS(RAM_STYLE != "block" && 2 * IFM_W * Groups > 64)
    ) u_rows (
        .aclk,
        .aresetn,
        .s_axis_tdata,
        .s_axis_tvalid,
        .s_axis_tready,
        .m_data (row_data),
        .m_valid(row_valid),
        .m_take (row_valid && row_ready)
    );
  end else begin : g_once
    assign row_data = s_axis_tdata;
    assign row_valid = s_axis_tvalid;
    assign s_axis_tready = row_ready;
  end

  if (SCALE_W > 1) begin : g_pixels
    replay_buffer #(
        .WIDTH  (BEAT_W),
        .LENGTH (Groups),
        .REPEATS(SCALE_W)
    ) u_pixels (
        .aclk,
        .aresetn,
        .s_axis_tdata (row_data),
        .s_axis_tvalid(row_valid),
        .s_axis_tready(row_ready),
        .m_data (pixel),
        .m_valid(m_axis_tvalid),
        .m_take (give)
    );
  end else if (SCALE_H > 1) begin : g_rows_alone
    assign pixel = row_data;
    assign m_axis_tvalid = row_valid;
    assign row_ready = m_axis_tready;
  end else begin : g_slice
    logic unused_last;

    axis_register #(
        .WIDTH(BEAT_W)
    ) u_slice (
        .aclk,
        .aresetn,
        .s_axis_tdata (row_data),
        .s_axis_tlast (1'b0),
        .s_axis_tvalid(row_valid),
        .s_axis_tready(row_ready),
        .m_axis_tdata (pixel),
        .m_axis_tlast (unused_last),
        .m_axis_tvalid,
        .m_axis_tready
    );
  end

  // ---- The share of the pixel ----
  if (SPREAD > 0) begin : g_spread
    localparam int Parts = SCALE_H * SCALE_W;
    localparam int Share = PE / Parts;
    localparam int PartW = finn_pkg::index_width(Parts);
    localparam int AcrossW = finn_pkg::index_width(SCALE_W);
    localparam int ColumnW = finn_pkg::index_width(IFM_W);

    // The column of the pixel, of those that it becomes, and the first part of this row.
    logic [ColumnW-1:0] column_q;
    logic [AcrossW-1:0] across_q;
    logic [PartW-1:0] base_q;
    logic pixel_ends;
    logic row_ends;
    logic [OUT_W-1:0] shares[Parts];

    assign pixel_ends = across_q == AcrossW'(SCALE_W - 1);
    assign row_ends = pixel_ends && column_q == ColumnW'(IFM_W - 1);

    always_ff @(posedge aclk) begin
      if (give) begin
        across_q <= pixel_ends ? '0 : across_q + 1'b1;
        if (pixel_ends) column_q <= row_ends ? '0 : column_q + 1'b1;
        if (row_ends) base_q <= base_q == PartW'(Parts - SCALE_W) ? '0 : base_q + PartW'(SCALE_W);
      end
      if (!aresetn) begin
        across_q <= '0;
        column_q <= '0;
        base_q   <= '0;
      end
    end

    for (genvar p = 0; p < Parts; p++) begin : g_part
      for (genvar c = 0; c < Share; c++) begin : g_channel
        localparam int From = (SPREAD == 1) ? p * Share + c : c * Parts + p;

        assign shares[p][c*ELEMENT_W+:ELEMENT_W] = pixel[From*ELEMENT_W+:ELEMENT_W];
      end
    end

    assign m_axis_tdata = shares[base_q+PartW'(across_q)];
  end else begin : g_all
    assign m_axis_tdata = pixel;
  end

  // ---- Place of the output beat in its frame ----
  logic [BeatW-1:0] beat_q;

  assign m_axis_tlast = beat_q == BeatW'(BeatsOut - 1);

  always_ff @(posedge aclk) begin
    if (give) beat_q <= m_axis_tlast ? '0 : beat_q + 1'b1;
    if (!aresetn) beat_q <= '0;
  end

endmodule

`default_nettype wire
