// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Sliding window unit: turns a row-major feature map into the windows of a convolution or pooling, SIMD elements a
/// beat (Umuroglu et al., "FINN", FPGA 2017, section 4.3: the interleaved image-to-column unit).
///
/// In: IFM_H x IFM_W pixels, CHANNELS / SIMD beats each. Out: for each output row and column its window, pixel by pixel
/// in rows, each pixel's beats in order; with DEPTHWISE = 1 the windows of one group of SIMD channels after the other.
/// Padding is made inside: its elements are 0, which is -1 for binary elements.
///
/// Pixels wait in a circular buffer, written while earlier ones are read, also across frames. Throughput: with the
/// default DEPTH a frame takes max(beats in, beats out) cycles, without a pause between frames.
/// Latency: 2 cycles from an input beat to the output beat that waits for it. No combinational path between the sides.
module swu #(
    /// Input feature map, pixels, >= 1.
    parameter int IFM_H = 8,
    parameter int IFM_W = 8,
    /// Channels of a pixel, >= 1.
    parameter int CHANNELS = 4,
    /// Channels a beat; divides CHANNELS.
    parameter int SIMD = 2,
    /// Bits of an element, >= 1.
    parameter int ELEMENT_W = 1,
    /// Window, pixels, >= 1, at most the padded map.
    parameter int KERNEL_H = 3,
    parameter int KERNEL_W = 3,
    /// Distance of windows, pixels, >= 1.
    parameter int STRIDE_H = 1,
    parameter int STRIDE_W = 1,
    /// Padding on each side, pixels, 0 to the kernel's size - 1.
    parameter int PAD_TOP = 0,
    parameter int PAD_BOTTOM = 0,
    parameter int PAD_LEFT = 0,
    parameter int PAD_RIGHT = 0,
    /// 0: all channels of a pixel together. 1: group of channels by group.
    parameter bit DEPTHWISE = 0,
    /// Beats of the buffer; the default never slows a frame, less may.
    parameter int DEPTH = finn_pkg::window_rows(IFM_H, KERNEL_H, STRIDE_H, PAD_TOP, PAD_BOTTOM) * IFM_W
                          * (CHANNELS / SIMD) + KERNEL_W * (CHANNELS / SIMD),
    /// Buffer: "auto", "distributed" (LUT RAM) or "block" (block RAM).
    parameter RAM_STYLE = "auto",
    localparam int BEAT_W = SIMD * ELEMENT_W
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [BEAT_W-1:0] s_axis_tdata,
    input  wire               s_axis_tvalid,
    output logic              s_axis_tready,

    output logic [BEAT_W-1:0] m_axis_tdata,
    /// Last beat of a frame.
    output logic              m_axis_tlast,
    output logic              m_axis_tvalid,
    input  wire               m_axis_tready
);

  localparam int PaddedH = IFM_H + PAD_TOP + PAD_BOTTOM;
  localparam int PaddedW = IFM_W + PAD_LEFT + PAD_RIGHT;

  `FINN_CHECK(check_simd, SIMD >= 1 && CHANNELS >= 1 && CHANNELS % SIMD == 0,
              ("swu: SIMD=%0d must be at least 1 and divide CHANNELS=%0d", SIMD, CHANNELS))
  `FINN_CHECK(check_kernel_h, KERNEL_H >= 1 && KERNEL_H <= PaddedH,
              ("swu: KERNEL_H=%0d must be 1 to the padded height %0d", KERNEL_H, PaddedH))
  `FINN_CHECK(check_kernel_w, KERNEL_W >= 1 && KERNEL_W <= PaddedW,
              ("swu: KERNEL_W=%0d must be 1 to the padded width %0d", KERNEL_W, PaddedW))
  `FINN_CHECK(check_stride, STRIDE_H >= 1 && STRIDE_W >= 1,
              ("swu: STRIDE_H=%0d and STRIDE_W=%0d must be at least 1", STRIDE_H, STRIDE_W))
  `FINN_CHECK(check_pad_h, PAD_TOP >= 0 && PAD_TOP < KERNEL_H && PAD_BOTTOM >= 0 && PAD_BOTTOM < KERNEL_H,
              ("swu: PAD_TOP=%0d and PAD_BOTTOM=%0d must be 0 to KERNEL_H - 1 = %0d", PAD_TOP, PAD_BOTTOM,
               KERNEL_H - 1))
  `FINN_CHECK(check_pad_w, PAD_LEFT >= 0 && PAD_LEFT < KERNEL_W && PAD_RIGHT >= 0 && PAD_RIGHT < KERNEL_W,
              ("swu: PAD_LEFT=%0d and PAD_RIGHT=%0d must be 0 to KERNEL_W - 1 = %0d", PAD_LEFT, PAD_RIGHT,
               KERNEL_W - 1))

  `FINN_CHECK(check_element, ELEMENT_W >= 1, ("swu: ELEMENT_W=%0d must be at least 1", ELEMENT_W))
  `FINN_CHECK(check_style, RAM_STYLE == "auto" || RAM_STYLE == "distributed" || RAM_STYLE == "block",
              ("swu: RAM_STYLE=%s must be auto, distributed or block", RAM_STYLE))

  localparam int Groups = CHANNELS / SIMD;
  localparam int OutH = (PaddedH - KERNEL_H) / STRIDE_H + 1;
  localparam int OutW = (PaddedW - KERNEL_W) / STRIDE_W + 1;
  localparam int Row = IFM_W * Groups;

  // Positions are counted in beats along the input stream; padding lies at positions outside the frame or inside a
  // neighbouring row, which are never read. The free position is the window's begin: everything before it is done.
  localparam int NeedDepth = (KERNEL_H - 1) * Row + KERNEL_W * Groups;
  `FINN_CHECK(check_depth, DEPTH >= NeedDepth,
              ("swu: DEPTH=%0d must be at least %0d, the beats that a window spans", DEPTH, NeedDepth))

  // The loops over a window, the inner one first: turns and distance between turns.
  localparam int Turns0 = DEPTHWISE ? KERNEL_W : Groups;
  localparam int Turns1 = DEPTHWISE ? KERNEL_H : KERNEL_W;
  localparam int Turns2 = DEPTHWISE ? Groups : KERNEL_H;
  localparam int Step0 = DEPTHWISE ? Groups : 1;
  localparam int Step1 = DEPTHWISE ? Row : Groups;
  localparam int Step2 = DEPTHWISE ? 1 : Row;
  localparam int Back0 = (Turns0 - 1) * Step0;
  localparam int Back1 = Back0 + (Turns1 - 1) * Step1;
  localparam int Back2 = Back1 + (Turns2 - 1) * Step2;

  // From a window's begin to the next one's: inside a row, into the next row, into the next frame.
  localparam int NextColumn = STRIDE_W * Groups;
  localparam int NextRow = STRIDE_H * Row - (OutW - 1) * NextColumn;
  localparam int NextFrame = IFM_H * Row - (OutH - 1) * STRIDE_H * Row - (OutW - 1) * NextColumn;
  localparam int Start = PAD_TOP * Row + PAD_LEFT * Groups;

  localparam int AddressW = finn_pkg::index_width(DEPTH);
  localparam int LeadW = finn_pkg::index_width(Back2 + 1);
  // Beats that came after the free position. Signed: a window may begin beyond what has come. With much padding the
  // next frame's first window begins before this frame's last one, by less than a window's rows.
  localparam int FillW = $clog2(finn_pkg::max(DEPTH, IFM_H * Row) + (KERNEL_H + STRIDE_H) * Row + 1) + 1;

  logic [finn_pkg::index_width(Turns0)-1:0] turn0_q;
  logic [finn_pkg::index_width(Turns1)-1:0] turn1_q;
  logic [finn_pkg::index_width(Turns2)-1:0] turn2_q;
  logic [finn_pkg::index_width(OutW)-1:0] column_q;
  logic [finn_pkg::index_width(OutH)-1:0] row_q;
  logic end0;
  logic end1;
  logic end2;
  logic end_row;
  logic end_frame;

  assign end0 = 32'(turn0_q) == Turns0 - 1;
  assign end1 = end0 && 32'(turn1_q) == Turns1 - 1;
  assign end2 = end1 && 32'(turn2_q) == Turns2 - 1;
  assign end_row = end2 && 32'(column_q) == OutW - 1;
  assign end_frame = end_row && 32'(row_q) == OutH - 1;

  // ---- Buffer ----
  logic [AddressW-1:0] write_q;
  logic [AddressW-1:0] read_q;
  logic [AddressW-1:0] read_step;
  logic [AddressW:0] read_sum;
  logic [LeadW-1:0] lead_q;
  logic signed [FillW-1:0] fill_q;
  logic signed [FillW-1:0] freed;
  logic push;
  logic is_pad;
  logic is_there;
  // The frame's first pixel has come: nothing of a frame leaves before, not even padding.
  logic has_begun;
  logic advance;
  logic output_free;

  (* ram_style = RAM_STYLE *) logic [BEAT_W-1:0] memory[DEPTH];

  // A distance on the circular buffer.
  function automatic logic [AddressW-1:0] around(input int distance);
    around = AddressW'((distance % DEPTH + DEPTH) % DEPTH);
  endfunction

  always_comb begin
    if (!end0) read_step = around(Step0);
    else if (!end1) read_step = around(Step1 - Back0);
    else if (!end2) read_step = around(Step2 - Back1);
    else if (!end_row) read_step = around(NextColumn - Back2);
    else if (!end_frame) read_step = around(NextRow - Back2);
    else read_step = around(NextFrame - Back2);
    read_sum = {1'b0, read_q} + {1'b0, read_step};
    if (read_sum >= (AddressW + 1)'(DEPTH)) read_sum = read_sum - (AddressW + 1)'(DEPTH);

    if (!(advance && end2)) freed = '0;
    else if (!end_row) freed = FillW'(NextColumn);
    else if (!end_frame) freed = FillW'(NextRow);
    else freed = FillW'(NextFrame);
  end

  assign push = s_axis_tvalid && s_axis_tready;
  assign s_axis_tready = fill_q < $signed(FillW'(DEPTH));
  assign is_there = is_pad ? has_begun : fill_q > $signed(FillW'(lead_q));
  assign advance = is_there && output_free;

  always_ff @(posedge aclk) begin
    if (push) begin
      memory[write_q] <= s_axis_tdata;
      write_q <= (32'(write_q) == DEPTH - 1) ? '0 : write_q + 1'b1;
    end
    fill_q <= fill_q - freed + $signed(FillW'(push));
    if (advance) begin
      read_q  <= read_sum[AddressW-1:0];
      turn0_q <= end0 ? '0 : turn0_q + 1'b1;
      if (end0) turn1_q <= end1 ? '0 : turn1_q + 1'b1;
      if (end1) turn2_q <= end2 ? '0 : turn2_q + 1'b1;
      if (end2) column_q <= end_row ? '0 : column_q + 1'b1;
      if (end_row) row_q <= end_frame ? '0 : row_q + 1'b1;
      if (end2) lead_q <= '0;
      else if (end1) lead_q <= lead_q + LeadW'(Step2) - LeadW'(Back1);
      else if (end0) lead_q <= lead_q + LeadW'(Step1) - LeadW'(Back0);
      else lead_q <= lead_q + LeadW'(Step0);
    end
    if (!aresetn) begin
      write_q <= '0;
      read_q <= around(-Start);
      fill_q <= FillW'(Start);
      lead_q <= '0;
      turn0_q <= '0;
      turn1_q <= '0;
      turn2_q <= '0;
      column_q <= '0;
      row_q <= '0;
    end
  end

  // ---- Padding ----
  if (PAD_TOP + PAD_BOTTOM + PAD_LEFT + PAD_RIGHT == 0) begin : g_no_padding
    assign is_pad = 1'b0;
    assign has_begun = 1'b0;
  end else begin : g_padding
    // Place of the pixel in the padded map.
    localparam int YW = finn_pkg::index_width(PaddedH);
    localparam int XW = finn_pkg::index_width(PaddedW);
    logic [YW-1:0] y;
    logic [XW-1:0] x;
    logic [YW-1:0] window_y_q;
    logic [XW-1:0] window_x_q;

    assign y = window_y_q + (DEPTHWISE ? YW'(turn1_q) : YW'(turn2_q));
    assign x = window_x_q + (DEPTHWISE ? XW'(turn0_q) : XW'(turn1_q));
    assign is_pad = 32'(y) < PAD_TOP || 32'(y) >= PAD_TOP + IFM_H || 32'(x) < PAD_LEFT || 32'(x) >= PAD_LEFT + IFM_W;

    assign has_begun = window_y_q != '0 || window_x_q != '0 || fill_q > $signed(FillW'(Start));

    always_ff @(posedge aclk) begin
      if (advance && end2) window_x_q <= end_row ? '0 : window_x_q + XW'(STRIDE_W);
      if (advance && end_row) window_y_q <= end_frame ? '0 : window_y_q + YW'(STRIDE_H);
      if (!aresetn) begin
        window_x_q <= '0;
        window_y_q <= '0;
      end
    end
  end

  // ---- Output ----
  logic [BEAT_W-1:0] output_q;
  logic output_is_pad_q;
  logic output_last_q;
  logic output_valid_q;

  assign output_free = m_axis_tready || !output_valid_q;
  assign m_axis_tdata = output_is_pad_q ? '0 : output_q;
  assign m_axis_tlast = output_last_q;
  assign m_axis_tvalid = output_valid_q;

  always_ff @(posedge aclk) begin
    if (output_free) begin
      output_q <= memory[read_q];
      output_is_pad_q <= is_pad;
      output_last_q <= end_frame;
      output_valid_q <= is_there;
    end
    if (!aresetn) output_valid_q <= 1'b0;
  end

endmodule

`default_nettype wire
