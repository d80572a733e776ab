// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Sliding window unit that gives one or more whole windows a beat, for layers that are unfolded (Umuroglu et al.,
/// "FINN", FPGA 2017, section 4.3; Blott et al., "FINN-R", TRETS 2018, for windows in parallel).
///
/// In: IFM_H rows of ceil(IFM_W / PIXELS) times CHANNELS / SIMD beats: SIMD channels of PIXELS neighbouring pixels
/// each. Out: PIXELS / STRIDE_W neighbouring windows a beat, 1 for PIXELS = 1; each row takes as many beats as it needs
/// for its windows, CHANNELS / SIMD times. A beat has the whole windows of SIMD channels, one after the other: the
/// pixels of each row by row, channels fastest. With SIMD = CHANNELS a window is in the order of a convolution's
/// weights. What stands behind a row's end in its last beat means nothing, in the output as in the input. Padding is
/// made inside: its elements are PAD_VALUE, 0 being -1 for binary elements; the map never grows by it.
///
/// The stream is one long chain: line buffers of a row each, and a register for every element of the beats that the
/// windows reach, which is the output register. Throughput: 1 input beat a cycle, so that a frame takes
/// IFM_H * ceil(IFM_W / PIXELS) * CHANNELS / SIMD cycles, also with padding and from frame to frame. Latency: 1 cycle
/// from the beat that completes a beat's windows. Windows that reach below or beside the map's end leave with the next
/// frame's first beats, or by themselves when none comes. No combinational path between the sides.
module swu_parallel #(
    /// Input feature map, pixels, >= 1; a padded frame at most 2**28 beats of one pixel.
    parameter int IFM_H = 8,
    parameter int IFM_W = 8,
    /// Pixels a beat: 1, or a multiple of STRIDE_W.
    parameter int PIXELS = 1,
    /// Channels of a pixel, >= 1.
    parameter int CHANNELS = 4,
    /// Channels a beat; divides CHANNELS.
    parameter int SIMD = 4,
    /// Bits of an element, >= 1.
    parameter int ELEMENT_W = 1,
    /// Window, pixels, >= 1, at most the padded map.
    parameter int KERNEL_H = 3,
    parameter int KERNEL_W = 3,
    /// Distance of windows, pixels, >= 1.
    parameter int STRIDE_H = 1,
    parameter int STRIDE_W = 1,
    /// Padding on each side, pixels, >= 0; above and below together at most KERNEL_H - 1, left and right KERNEL_W - 1.
    parameter int PAD_TOP = 0,
    parameter int PAD_BOTTOM = 0,
    parameter int PAD_LEFT = 0,
    parameter int PAD_RIGHT = 0,
    /// The bits of an element of the padding, as a number, 0 to 2**ELEMENT_W - 1.
    parameter int PAD_VALUE = 0,
    /// Line buffers: "auto" or "distributed" (LUT RAM), or "block" (block RAM).
    parameter RAM_STYLE = "auto",
    localparam int PIXEL_W = SIMD * ELEMENT_W,
    localparam int BEAT_W = PIXELS * PIXEL_W,
    localparam int WINDOW_W = KERNEL_H * KERNEL_W * PIXEL_W,
    localparam int LANES = (STRIDE_W < 1 || STRIDE_W > PIXELS) ? 1 : PIXELS / STRIDE_W
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [BEAT_W-1:0] s_axis_tdata,
    input  wire               s_axis_tvalid,
    output logic              s_axis_tready,

    /// LANES windows.
    output logic [LANES*WINDOW_W-1:0] m_axis_tdata,
    /// Last beat of a frame.
    output logic                      m_axis_tlast,
    output logic                      m_axis_tvalid,
    input  wire                       m_axis_tready
);

  localparam int PaddedH = IFM_H + PAD_TOP + PAD_BOTTOM;
  localparam int PaddedW = IFM_W + PAD_LEFT + PAD_RIGHT;

  `FINN_CHECK(check_map, IFM_H >= 1 && IFM_W >= 1,
              ("swu_parallel: IFM_H=%0d and IFM_W=%0d must be at least 1", IFM_H, IFM_W))
  `FINN_CHECK(check_simd, SIMD >= 1 && CHANNELS >= 1 && CHANNELS % SIMD == 0,
              ("swu_parallel: SIMD=%0d must be at least 1 and divide CHANNELS=%0d", SIMD, CHANNELS))
  `FINN_CHECK(check_element, ELEMENT_W >= 1, ("swu_parallel: ELEMENT_W=%0d must be at least 1", ELEMENT_W))
  `FINN_CHECK(check_pad_value, PAD_VALUE >= 0 && (ELEMENT_W > 30 || PAD_VALUE < 2 ** ELEMENT_W),
              ("swu_parallel: PAD_VALUE=%0d must have at most ELEMENT_W=%0d bits, as a number from 0 on", PAD_VALUE,
               ELEMENT_W))
  `FINN_CHECK(check_kernel_h, KERNEL_H >= 1 && KERNEL_H <= PaddedH,
              ("swu_parallel: KERNEL_H=%0d must be 1 to the padded height %0d", KERNEL_H, PaddedH))
  `FINN_CHECK(check_kernel_w, KERNEL_W >= 1 && KERNEL_W <= PaddedW,
              ("swu_parallel: KERNEL_W=%0d must be 1 to the padded width %0d", KERNEL_W, PaddedW))
  `FINN_CHECK(check_stride, STRIDE_H >= 1 && STRIDE_W >= 1,
              ("swu_parallel: STRIDE_H=%0d and STRIDE_W=%0d must be at least 1", STRIDE_H, STRIDE_W))
  `FINN_CHECK(check_pixels, PIXELS == 1 || STRIDE_W < 1 || (PIXELS >= 1 && PIXELS % STRIDE_W == 0),
              ("swu_parallel: PIXELS=%0d must be 1, or a multiple of STRIDE_W=%0d", PIXELS, STRIDE_W))
  `FINN_CHECK(check_pad_h, PAD_TOP >= 0 && PAD_BOTTOM >= 0 && PAD_TOP + PAD_BOTTOM < KERNEL_H,
              ("swu_parallel: PAD_TOP=%0d and PAD_BOTTOM=%0d must be 0 to KERNEL_H - 1 = %0d together", PAD_TOP,
               PAD_BOTTOM, KERNEL_H - 1))
  `FINN_CHECK(check_pad_w, PAD_LEFT >= 0 && PAD_RIGHT >= 0 && PAD_LEFT + PAD_RIGHT < KERNEL_W,
              ("swu_parallel: PAD_LEFT=%0d and PAD_RIGHT=%0d must be 0 to KERNEL_W - 1 = %0d together", PAD_LEFT,
               PAD_RIGHT, KERNEL_W - 1))
  `FINN_CHECK(check_style, RAM_STYLE == "auto" || RAM_STYLE == "distributed" || RAM_STYLE == "block",
              ("swu_parallel: RAM_STYLE=%s must be auto, distributed or block", RAM_STYLE))

  localparam int Groups = CHANNELS / SIMD;
  // Everything about a frame is computed in 32 bits.
  `FINN_CHECK(check_frame, PaddedH <= 2 ** 28 / PaddedW / Groups,
              ("swu_parallel: IFM_H=%0d, IFM_W=%0d, CHANNELS / SIMD = %0d: a padded frame must be at most 2**28 beats",
               IFM_H, IFM_W, Groups))
  localparam logic [BEAT_W-1:0] Padding = {(PIXELS * SIMD) {ELEMENT_W'(PAD_VALUE)}};
  localparam bit UseBlock = RAM_STYLE == "block";

  // The map's width, the windows', what is padded on the left and the distance of windows, in beats of PIXELS pixels:
  // beside the beats that the windows of a beat reach from left to right, nothing changes with PIXELS.
  localparam int Width = finn_pkg::ceil_div(IFM_W, PIXELS);
  localparam int PadLeft = finn_pkg::ceil_div(PAD_LEFT, PIXELS);
  localparam int Reach = PadLeft + ((LANES - 1) * STRIDE_W + KERNEL_W - 1 - PAD_LEFT) / PIXELS + 1;
  localparam int StrideW = (PIXELS == 1) ? STRIDE_W : 1;
  localparam int Row = Width * Groups;
  localparam int Frame = IFM_H * Row;

  // The window's first rows and columns, as far as they ever meet the map.
  localparam int TapsH = (KERNEL_H < PAD_TOP + IFM_H) ? KERNEL_H : PAD_TOP + IFM_H;
  localparam int TapsW = (Reach < PadLeft + Width) ? Reach : PadLeft + Width;
  // Where the last window begins, pixels down and beats across from the first.
  localparam int LastY = (PaddedH - KERNEL_H) / STRIDE_H * STRIDE_H;
  localparam int LastX = (PaddedW - KERNEL_W) / STRIDE_W / LANES * StrideW;

  // Steps of the chain are counted in places: the frame's first window is complete behind step 0, the window that
  // begins y rows and x columns further behind step y * Row + x * Groups, one step more for each further group. As the
  // map never grows, windows stay inside the Frame places of their frame. The next frame's first beat comes at place
  // First; windows behind it are the tail.
  localparam int First = Frame - ((TapsH - 1 - PAD_TOP) * Width + TapsW - 1 - PadLeft) * Groups;
  localparam int End = LastY * Row + (LastX + 1) * Groups;
  localparam int Tail = End - First;
  localparam int Start = ((Tail > 0) ? End : First) % Frame;

  // ---- Handshake ----
  logic [BEAT_W-1:0] spare_q;
  logic spare_free_q;
  logic output_free;
  logic has_beat;
  // Windows of the tail are left while no beat of the next frame has come: the chain moves without one.
  logic has_tail;
  // The tail is gone early by such steps; the place waits for as many beats.
  logic is_waiting;
  logic step;
  logic advance;

  assign s_axis_tready = spare_free_q;
  assign output_free = m_axis_tready || !m_axis_tvalid;
  assign has_beat = s_axis_tvalid || !spare_free_q;
  assign step = (has_beat || has_tail) && output_free;
  assign advance = step && !is_waiting;

  always_ff @(posedge aclk) begin
    if (spare_free_q) spare_q <= s_axis_tdata;
    if (output_free) spare_free_q <= 1'b1;
    else if (s_axis_tvalid) spare_free_q <= 1'b0;
    if (!aresetn) spare_free_q <= 1'b1;
  end

  // ---- Place of the next step ----
  localparam int RowW = finn_pkg::index_width(IFM_H);
  localparam int ColumnW = finn_pkg::index_width(Row);

  logic [RowW-1:0] row_q;
  logic [ColumnW-1:0] column_q;
  logic row_ends;
  logic frame_ends;
  logic in_rows;
  logic in_columns;
  logic on_row;
  logic on_column;

  assign row_ends = 32'(column_q) == Row - 1;
  assign frame_ends = row_ends && 32'(row_q) == IFM_H - 1;
  assign in_rows = 32'(row_q) <= LastY;
  assign in_columns = 32'(column_q) < (LastX + 1) * Groups;

  always_ff @(posedge aclk) begin
    if (advance) begin
      column_q <= row_ends ? '0 : column_q + 1'b1;
      if (row_ends) row_q <= frame_ends ? '0 : row_q + 1'b1;
    end
    if (!aresetn) begin
      column_q <= ColumnW'(Start % Row);
      row_q <= RowW'(Start / Row);
    end
  end

  // Behind a reset no window comes before these counters begin a frame anew.
  if (STRIDE_H > 1 && LastY > 0) begin : g_stride_h
    localparam int PhaseW = finn_pkg::index_width(STRIDE_H);
    logic [PhaseW-1:0] phase_q;

    assign on_row = phase_q == '0;

    always_ff @(posedge aclk) begin
      if (advance && row_ends) phase_q <= (frame_ends || 32'(phase_q) == STRIDE_H - 1) ? '0 : phase_q + 1'b1;
      if (!aresetn) phase_q <= '0;
    end
  end else begin : g_any_row
    assign on_row = 1'b1;
  end

  if (StrideW > 1 && LastX > 0) begin : g_stride_w
    localparam int Stride = StrideW * Groups;
    localparam int PhaseW = finn_pkg::index_width(Stride);
    logic [PhaseW-1:0] phase_q;

    assign on_column = 32'(phase_q) < Groups;

    always_ff @(posedge aclk) begin
      if (advance) phase_q <= (row_ends || 32'(phase_q) == Stride - 1) ? '0 : phase_q + 1'b1;
      if (!aresetn) phase_q <= '0;
    end
  end else begin : g_any_column
    assign on_column = 1'b1;
  end

  // ---- Tail ----
  if (Tail > 0) begin : g_tail
    localparam int FreshW = finn_pkg::count_width(Tail);
    // Beats of the frame that came last, up to the tail of the frame before.
    logic [FreshW-1:0] fresh_q;
    // None; all; the place is that behind the tail: registers, for every memory waits for them.
    logic is_none_fresh_q;
    logic is_all_fresh_q;
    logic is_behind_q;
    logic is_last_beat;

    assign is_last_beat = 32'(row_q) == (First - 1) / Row && 32'(column_q) == (First - 1) % Row;
    assign is_waiting = is_behind_q && !is_all_fresh_q;
    assign has_tail = is_none_fresh_q && !is_behind_q;

    always_ff @(posedge aclk) begin
      if (step && has_beat) begin
        if (is_last_beat && !is_waiting) begin
          fresh_q <= '0;
          is_none_fresh_q <= 1'b1;
          is_all_fresh_q <= 1'b0;
        end else if (!is_all_fresh_q) begin
          fresh_q <= fresh_q + 1'b1;
          is_none_fresh_q <= 1'b0;
          is_all_fresh_q <= 32'(fresh_q) == Tail - 1;
        end
      end
      if (advance) is_behind_q <= 32'(row_q) == (Start + Frame - 1) % Frame / Row
                                   && 32'(column_q) == (Start + Frame - 1) % Frame % Row;
      if (!aresetn) begin
        fresh_q <= '0;
        is_none_fresh_q <= 1'b1;
        is_all_fresh_q <= 1'b0;
        is_behind_q <= 1'b1;
      end
    end
  end else begin : g_no_tail
    assign is_waiting = 1'b0;
    assign has_tail = 1'b0;
  end

  // ---- Lines: the chain's beats of one, two, ... rows ago ----
  // What enters each row of taps; the window's last row is the newest.
  logic [TapsH*BEAT_W-1:0] heads;

  assign heads[(TapsH-1)*BEAT_W+:BEAT_W] = spare_free_q ? s_axis_tdata : spare_q;

  if (TapsH > 1) begin : g_lines
    localparam int LinesW = (TapsH - 1) * BEAT_W;
    logic [LinesW-1:0] lines;

    assign heads[LinesW-1:0] = lines;

    if (Row == 1) begin : g_register
      always_ff @(posedge aclk) if (step) lines <= heads[TapsH*BEAT_W-1:BEAT_W];
    end else begin : g_memory
      logic [ColumnW-1:0] address;

      if (Tail > 0) begin : g_address
        logic [ColumnW-1:0] address_q;

        assign address = address_q;

        always_ff @(posedge aclk) begin
          if (step) address_q <= (32'(address_q) == Row - 1) ? '0 : address_q + 1'b1;
          if (!aresetn) address_q <= '0;
        end
      end else begin : g_whole
        assign address = column_q;
      end

      if (UseBlock) begin : g_block
        (* ram_style = "block" *) logic [LinesW-1:0] memory[Row];
        logic [ColumnW-1:0] address_next;

        assign address_next = (32'(address) == Row - 1) ? '0 : address + 1'b1;

        always_ff @(posedge aclk) begin
          if (step) begin
            lines <= memory[address_next];
            memory[address] <= heads[TapsH*BEAT_W-1:BEAT_W];
          end
        end
      end else begin : g_distributed
        (* ram_style = "distributed" *) logic [LinesW-1:0] memory[Row];

        assign lines = memory[address];

        always_ff @(posedge aclk) if (step) memory[address] <= heads[TapsH*BEAT_W-1:BEAT_W];
      end
    end
  end

  // ---- Moves: from tap to tap a beat takes Groups steps, one of them in the tap ----
  // Column by column: what leaves the taps to the right, in the last column the heads; and what enters the taps.
  localparam int MovesW = TapsH * (TapsW - 1) * BEAT_W;

  logic [TapsH*TapsW*BEAT_W-1:0] leaves;
  logic [TapsH*TapsW*BEAT_W-1:0] enters;

  assign leaves[MovesW+:TapsH*BEAT_W] = heads;

  if (Groups == 1 || TapsW == 1) begin : g_wires
    assign enters = leaves;
  end else begin : g_moves
    logic [MovesW-1:0] moved;

    assign enters = {leaves[MovesW+:TapsH*BEAT_W], moved};

    if (Groups == 2) begin : g_registers
      always_ff @(posedge aclk) if (step) moved <= leaves[MovesW-1:0];
    end else begin : g_memory
      localparam int SlotW = finn_pkg::index_width(Groups - 1);
      (* ram_style = "distributed" *) logic [MovesW-1:0] memory[Groups-1];
      logic [SlotW-1:0] slot_q;

      assign moved = memory[slot_q];

      always_ff @(posedge aclk) begin
        if (step) begin
          memory[slot_q] <= leaves[MovesW-1:0];
          slot_q <= (32'(slot_q) == Groups - 2) ? '0 : slot_q + 1'b1;
        end
        if (!aresetn) slot_q <= '0;
      end
    end
  end

  // ---- Taps: tap (y, x) holds the beat in row y and column x of the windows; beats move from x to x - 1 ----
  // What lies outside the map becomes padding in its tap, and nothing further left needs it. But so many of the last
  // columns may hold beats of the map's next row, which are padding here and needed later: they move on beside the tap,
  // unless there is padding on the left alone, which does not meet them.
  localparam int Ahead = (PAD_TOP + PAD_BOTTOM + PAD_RIGHT == 0) ? 0 : LastX + TapsW - PadLeft - Width;
  // Pixels of a row's last beat.
  localparam int Rest = (IFM_W - 1) % PIXELS + 1;

  logic [TapsH-1:0] is_row_outside;
  logic [TapsW-1:0] is_column_outside;
  logic [TapsW-1:0] is_rest_outside;

  for (genvar y = 0; y < TapsH; y++) begin : g_row
    // Behind the last window of a row its taps fill with pixels of the next one.
    if (y < PAD_TOP) begin : g_above
      assign is_row_outside[y] = 32'(row_q) < PAD_TOP - y && in_columns;
    end else if (LastY + y >= PAD_TOP + IFM_H) begin : g_below
      assign is_row_outside[y] = 32'(row_q) >= PAD_TOP + IFM_H - y && in_columns;
    end else begin : g_never
      assign is_row_outside[y] = 1'b0;
    end
  end

  for (genvar x = 0; x < TapsW; x++) begin : g_column
    if (x < PadLeft) begin : g_left
      assign is_column_outside[x] = 32'(column_q) < (PadLeft - x) * Groups;
    end else if (PAD_RIGHT > 0 && LastX + x >= PadLeft + Width) begin : g_right
      assign is_column_outside[x] = 32'(column_q) >= (PadLeft + Width - x) * Groups;
    end else begin : g_never
      assign is_column_outside[x] = 1'b0;
    end

    if (PAD_RIGHT > 0 && LastX + x + 1 >= PadLeft + Width) begin : g_rest
      // While the place waits it says nothing of the beats that come.
      assign is_rest_outside[x] = 32'(column_q) - (PadLeft + Width - 1 - x) * Groups < Groups && !is_waiting;
    end else begin : g_whole
      assign is_rest_outside[x] = 1'b0;
    end
  end

  // The columns of pixels that the windows reach, row by row.
  localparam int Columns = Reach * PIXELS;
  logic [KERNEL_H*Columns*PIXEL_W-1:0] pixels;

  for (genvar y = 0; y < KERNEL_H; y++) begin : g_y
    for (genvar x = 0; x < Reach; x++) begin : g_x
      localparam int Place = (y * Reach + x) * BEAT_W;
      localparam int Tap = (x * TapsH + y) * BEAT_W;

      if (y < TapsH && x < TapsW) begin : g_tap
        logic [BEAT_W-1:0] tap_q;

        assign pixels[Place+:BEAT_W] = tap_q;

        for (genvar p = 0; p < PIXELS; p++) begin : g_pixel
          logic is_outside;

          assign is_outside = is_row_outside[y] || is_column_outside[x] || (p >= Rest && is_rest_outside[x]);

          always_ff @(posedge aclk) begin
            if (step) begin
              tap_q[p*PIXEL_W+:PIXEL_W] <= is_outside ? Padding[PIXEL_W-1:0] : enters[Tap+p*PIXEL_W+:PIXEL_W];
            end
          end
        end

        if (x > 0 && x >= TapsW - Ahead) begin : g_ahead
          logic [BEAT_W-1:0] beat_q;

          assign leaves[Tap-TapsH*BEAT_W+:BEAT_W] = beat_q;

          always_ff @(posedge aclk) if (step) beat_q <= enters[Tap+:BEAT_W];
        end else if (x > 0) begin : g_plain
          assign leaves[Tap-TapsH*BEAT_W+:BEAT_W] = tap_q;
        end
      end else begin : g_padding
        assign pixels[Place+:BEAT_W] = Padding;
      end
    end
  end

  // ---- Windows: LANES of them, each its own columns, the first one so many from the first beat's begin ----
  localparam int Skip = PadLeft * PIXELS - PAD_LEFT;

  for (genvar l = 0; l < LANES; l++) begin : g_lane
    for (genvar y = 0; y < KERNEL_H; y++) begin : g_lane_row
      assign m_axis_tdata[l*WINDOW_W+y*KERNEL_W*PIXEL_W+:KERNEL_W*PIXEL_W] =
          pixels[(y*Columns+Skip+l*STRIDE_W)*PIXEL_W+:KERNEL_W*PIXEL_W];
    end
  end

  // ---- Output ----
  always_ff @(posedge aclk) begin
    if (output_free) begin
      m_axis_tvalid <= advance && on_row && on_column && in_rows && in_columns;
      m_axis_tlast  <= 32'(row_q) == LastY && 32'(column_q) == (LastX + 1) * Groups - 1;
    end
    if (!aresetn) m_axis_tvalid <= 1'b0;
  end

endmodule

`default_nettype wire
