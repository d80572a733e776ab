// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Sliding window unit: turns a row-major feature map into the windows of a convolution or pooling, SIMD elements a
/// beat (Umuroglu et al., "FINN", FPGA 2017, section 4.3: the interleaved image-to-column unit).
///
/// In: IFM_H x IFM_W pixels, CHANNELS / SIMD beats each. Out: for each output row and column its window, pixel by pixel
/// in rows, each pixel's beats in order; with DEPTHWISE = 1 the windows of one group of SIMD channels after the other.
/// Padding is made inside: its elements are PAD_VALUE; 0 is -1 for binary elements.
///
/// Pixels wait in a circular buffer, written while earlier ones are read, also across frames. Throughput: with the
/// default DEPTH a frame takes max(beats in, beats out) cycles, without a pause between frames.
/// Latency: 2 cycles from an input beat to the output beat that waits for it. No combinational path between the sides.
module swu #(
    /// Input feature map, pixels, >= 1; a padded frame, and all its windows together, at most 2**28 beats.
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
    /// The bits of an element of the padding, as a number, 0 to 2**ELEMENT_W - 1.
    parameter int PAD_VALUE = 0,
    /// 0: all channels of a pixel together. 1: group of channels by group.
    parameter bit DEPTHWISE = 0,
    /// Beats of the buffer; the default never slows a frame, less may. It is the least of that kind, rounded up to
    /// what memories and pointers have anyway.
    parameter int DEPTH = finn_pkg::ram_depth(
        swu_pkg::window_depth(IFM_H, IFM_W, CHANNELS / SIMD, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_TOP,
                              PAD_BOTTOM, PAD_LEFT, PAD_RIGHT, DEPTHWISE), SIMD * ELEMENT_W),
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

  `FINN_CHECK(check_map, IFM_H >= 1 && IFM_W >= 1, ("swu: IFM_H=%0d and IFM_W=%0d must be at least 1", IFM_H, IFM_W))
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
  `FINN_CHECK(check_pad_value, PAD_VALUE >= 0 && (ELEMENT_W > 30 || PAD_VALUE < 2 ** ELEMENT_W),
              ("swu: PAD_VALUE=%0d must have at most ELEMENT_W=%0d bits, as a number from 0 on", PAD_VALUE, ELEMENT_W))
  `FINN_CHECK(check_style, RAM_STYLE == "auto" || RAM_STYLE == "distributed" || RAM_STYLE == "block",
              ("swu: RAM_STYLE=%s must be auto, distributed or block", RAM_STYLE))

  localparam int Groups = CHANNELS / SIMD;
  localparam int OutH = (PaddedH - KERNEL_H) / STRIDE_H + 1;
  localparam int OutW = (PaddedW - KERNEL_W) / STRIDE_W + 1;
  // Everything about a frame is computed in 32 bits.
  `FINN_CHECK(check_frame, PaddedH <= 2 ** 28 / PaddedW / Groups,
              ("swu: IFM_H=%0d and IFM_W=%0d with padding, CHANNELS / SIMD = %0d: must be at most 2**28 beats",
               IFM_H, IFM_W, Groups))
  `FINN_CHECK(check_windows, OutH <= 2 ** 28 / OutW / KERNEL_H / KERNEL_W / Groups,
              ("swu: %0d x %0d windows of KERNEL_H=%0d, KERNEL_W=%0d: must be at most 2**28 beats", OutH, OutW,
               KERNEL_H, KERNEL_W))
  localparam int Row = IFM_W * Groups;
  localparam logic [BEAT_W-1:0] Padding = {SIMD{ELEMENT_W'(PAD_VALUE)}};
  localparam bit HasPadding = PAD_TOP + PAD_BOTTOM + PAD_LEFT + PAD_RIGHT != 0;
  // Group after group, and more than one.
  localparam bit Apart = DEPTHWISE && Groups > 1;

  localparam int NeedDepth = swu_pkg::window_span(IFM_W, Groups, KERNEL_H, KERNEL_W, OutH * OutW, DEPTHWISE);
  `FINN_CHECK(check_depth, DEPTH >= NeedDepth,
              ("swu: DEPTH=%0d must be at least %0d, the beats that a window spans", DEPTH, NeedDepth))

  // The loops over a window, the inner one first: turns and distance between turns. Without padding beside it, a row of
  // a window is one run of beats.
  localparam bit IsRun = !Apart && PAD_LEFT + PAD_RIGHT == 0;
  localparam int Turns0 = Apart ? KERNEL_W : IsRun ? KERNEL_W * Groups : Groups;
  localparam int Turns1 = Apart ? KERNEL_H : IsRun ? 1 : KERNEL_W;
  localparam int Turns2 = Apart ? Groups : KERNEL_H;
  localparam int Step0 = Apart ? Groups : 1;
  localparam int Step1 = Apart ? Row : Groups;
  localparam int Step2 = Apart ? 1 : Row;
  localparam int Back0 = (Turns0 - 1) * Step0;
  localparam int Back1 = Back0 + (Turns1 - 1) * Step1;
  localparam int Back2 = Back1 + (Turns2 - 1) * Step2;

  // From a window's begin to the next one's: inside a row, into the next row, into the next frame. In padding these are
  // places outside the frame or inside a neighbouring row, which are never read.
  localparam int NextColumn = STRIDE_W * Groups;
  localparam int NextRow = STRIDE_H * Row - (OutW - 1) * NextColumn;
  localparam int NextFrame = IFM_H * Row - (OutH - 1) * STRIDE_H * Row - (OutW - 1) * NextColumn;
  // From the first window's begin to the frame's first pixel.
  localparam int Start = PAD_TOP * Row + PAD_LEFT * Groups;

  // ---- Turns ----
  logic [finn_pkg::index_width(Turns0)-1:0] turn0_q;
  logic [finn_pkg::index_width(Turns1)-1:0] turn1_q;
  logic [finn_pkg::index_width(Turns2)-1:0] turn2_q;
  logic [finn_pkg::index_width(OutW)-1:0] column_q;
  logic [finn_pkg::index_width(OutH)-1:0] row_q;
  // Each is at its last one.
  logic last0_q;
  logic last1_q;
  logic last2_q;
  logic last_column_q;
  logic last_row_q;
  logic end0;
  logic end1;
  logic end2;
  logic end_row;
  logic end_frame;
  logic is_last_column;
  logic is_last_window;
  logic advance;

  assign end0 = last0_q;
  assign end1 = end0 && last1_q;
  assign end2 = end1 && last2_q;
  assign is_last_column = last_column_q;
  assign is_last_window = is_last_column && last_row_q;
  assign end_row = end2 && is_last_column;
  assign end_frame = end2 && is_last_window;

  always_ff @(posedge aclk) begin
    if (advance) begin
      turn0_q <= end0 ? '0 : turn0_q + 1'b1;
      last0_q <= end0 ? Turns0 == 1 : 32'(turn0_q) == Turns0 - 2;
      if (end0) begin
        turn1_q <= end1 ? '0 : turn1_q + 1'b1;
        last1_q <= end1 ? Turns1 == 1 : 32'(turn1_q) == Turns1 - 2;
      end
      if (end1) begin
        turn2_q <= end2 ? '0 : turn2_q + 1'b1;
        last2_q <= end2 ? Turns2 == 1 : 32'(turn2_q) == Turns2 - 2;
      end
      if (end2) begin
        column_q <= end_row ? '0 : column_q + 1'b1;
        last_column_q <= end_row ? OutW == 1 : 32'(column_q) == OutW - 2;
      end
      if (end_row) begin
        row_q <= end_frame ? '0 : row_q + 1'b1;
        last_row_q <= end_frame ? OutH == 1 : 32'(row_q) == OutH - 2;
      end
    end
    if (!aresetn) begin
      turn0_q <= '0;
      turn1_q <= '0;
      turn2_q <= '0;
      column_q <= '0;
      row_q <= '0;
      last0_q <= Turns0 == 1;
      last1_q <= Turns1 == 1;
      last2_q <= Turns2 == 1;
      last_column_q <= OutW == 1;
      last_row_q <= OutH == 1;
    end
  end

  // ---- Padding ----
  logic is_pad;
  // The frame's first beat: even where it is padding it waits for the frame's first pixel.
  logic is_first;

  if (!HasPadding) begin : g_no_padding
    assign is_pad   = 1'b0;
    assign is_first = 1'b0;
  end else begin : g_padding
    logic [KERNEL_H-1:0] is_pad_row;
    logic [KERNEL_W-1:0] is_pad_column;
    logic is_first_q;

    // Each row and column of a window lies in the padding when the window is one of the first or of the last.
    for (genvar y = 0; y < KERNEL_H; y++) begin : g_row
      localparam int First = finn_pkg::max(0, finn_pkg::ceil_div(PAD_TOP - y, STRIDE_H));
      localparam int Last = finn_pkg::max(0, finn_pkg::ceil_div(PAD_TOP + IFM_H - y, STRIDE_H));
      // Whether it does for row_q.
      logic is_out_q;

      assign is_pad_row[y] = (Apart ? 32'(turn1_q) : 32'(turn2_q)) == y && is_out_q;

      always_ff @(posedge aclk) begin
        if (advance && end_row) begin
          if (32'(row_q) == First - 1) is_out_q <= 1'b0;
          if (32'(row_q) == Last - 1) is_out_q <= 1'b1;
          if (end_frame) is_out_q <= First > 0 || Last == 0;
        end
        if (!aresetn) is_out_q <= First > 0 || Last == 0;
      end
    end
    for (genvar x = 0; x < KERNEL_W; x++) begin : g_column
      localparam int First = finn_pkg::max(0, finn_pkg::ceil_div(PAD_LEFT - x, STRIDE_W));
      localparam int Last = finn_pkg::max(0, finn_pkg::ceil_div(PAD_LEFT + IFM_W - x, STRIDE_W));
      logic is_out_q;

      assign is_pad_column[x] = !IsRun && (Apart ? 32'(turn0_q) : 32'(turn1_q)) == x && is_out_q;

      always_ff @(posedge aclk) begin
        if (advance && end2) begin
          if (32'(column_q) == First - 1) is_out_q <= 1'b0;
          if (32'(column_q) == Last - 1) is_out_q <= 1'b1;
          if (end_row) is_out_q <= First > 0 || Last == 0;
        end
        if (!aresetn) is_out_q <= First > 0 || Last == 0;
      end
    end
    assign is_pad = is_pad_row != '0 || is_pad_column != '0;
    assign is_first = is_first_q;

    always_ff @(posedge aclk) begin
      if (advance) is_first_q <= end_frame;
      if (!aresetn) is_first_q <= 1'b1;
    end
  end

  // ---- Positions ----
  // Beats of the input stream, counted modulo a power of two that is large enough for a difference to have a sign: what
  // is read lies up to DEPTH behind the next beat to come, or up to Ahead before it.
  localparam int Ahead = Row * finn_pkg::max(finn_pkg::max(1, STRIDE_H - KERNEL_H + 1),
                                             IFM_H + PAD_TOP - (OutH - 1) * STRIDE_H - KERNEL_H + 1);
  localparam int PositionW = $clog2(finn_pkg::max(DEPTH, Ahead + 1)) + 1;
  // The buffer is an odd number of blocks, a power of two of beats each: an address is a block and, inside it, the low
  // bits of the position.
  localparam int BlockW = finn_pkg::trailing_zeros(DEPTH);
  localparam int Blocks = DEPTH >> BlockW;
  localparam int BlockIndexW = finn_pkg::index_width(Blocks);
  localparam int AddressW = finn_pkg::index_width(DEPTH);
  localparam logic [PositionW-1:0] InBlock = PositionW'(2 ** BlockW - 1);

  // The next beat to come, the one to read, the first one that has to wait until the oldest one is no more needed.
  logic [PositionW-1:0] write_q;
  logic [PositionW-1:0] read_q;
  logic [PositionW-1:0] limit_q;
  logic [BlockIndexW-1:0] write_block_q;
  logic [BlockIndexW-1:0] read_block_q;
  logic [PositionW-1:0] step;
  logic [PositionW-1:0] step_less_1;
  logic [BlockIndexW-1:0] block_step;
  logic [PositionW-1:0] read_next;
  logic [PositionW-1:0] carries;
  logic [BlockIndexW:0] block_sum;
  logic [BlockIndexW-1:0] read_block_next;
  // read_q less write_q, negative once the beat has come; whether write_q has not reached limit_q.
  logic [PositionW-1:0] missing_q;
  logic [PositionW-1:0] missing_next;
  logic unused_carry_in;
  logic ready_q;
  // The window's first pixel is read, or padding before it in the window's first row.
  logic is_begin_q;
  logic is_draining;
  logic moves_limit;
  logic push;
  logic is_there;
  logic output_free;

  // A distance in blocks, rounded down, around the buffer, as a position, and less 1.
  localparam int JumpW = BlockIndexW + 2 * PositionW;
  function automatic logic [JumpW-1:0] jump(input int distance);
    jump = {
      BlockIndexW'(((distance % DEPTH + DEPTH) % DEPTH) >> BlockW), PositionW'(distance), PositionW'(distance - 1)
    };
  endfunction

  // Constants, so that no simulator computes them each cycle.
  localparam logic [JumpW-1:0] First0 = jump(Step0 - Start);
  localparam logic [JumpW-1:0] First1 = jump(Step1 - Back0 - Start);
  localparam logic [JumpW-1:0] First2 = jump(Step2 - Back1 - Start);
  localparam logic [JumpW-1:0] Jump0 = jump(Step0);
  localparam logic [JumpW-1:0] Jump1 = jump(Step1 - Back0);
  localparam logic [JumpW-1:0] Jump2 = jump(Step2 - Back1);
  localparam logic [JumpW-1:0] JumpColumn = jump(NextColumn - Back2);
  localparam logic [JumpW-1:0] JumpRow = jump(NextRow - Back2);
  localparam logic [JumpW-1:0] JumpFrame = jump(NextFrame + Start - Back2);

  always_comb begin
    if (is_first && Turns0 > 1) {block_step, step, step_less_1} = First0;
    else if (is_first && Turns1 > 1) {block_step, step, step_less_1} = First1;
    else if (is_first) {block_step, step, step_less_1} = First2;
    else if (!end0) {block_step, step, step_less_1} = Jump0;
    else if (!end1) {block_step, step, step_less_1} = Jump1;
    else if (!end2) {block_step, step, step_less_1} = Jump2;
    else if (!is_last_column) {block_step, step, step_less_1} = JumpColumn;
    else if (!is_last_window) {block_step, step, step_less_1} = JumpRow;
    else {block_step, step, step_less_1} = JumpFrame;
  end

  assign read_next = read_q + step;
  // A carry out of the position inside a block leads into the next one.
  assign carries = read_q ^ step ^ read_next;
  assign block_sum = {1'b0, read_block_q} + {1'b0, block_step} + (BlockIndexW + 1)'(carries[BlockW]);
  assign read_block_next = BlockIndexW'(32'(block_sum) >= Blocks ? 32'(block_sum) - Blocks : 32'(block_sum));

  // A step more, and one less where one comes: in one adder, whose carry in is that of no beat that comes.
  assign {missing_next, unused_carry_in} = {missing_q, 1'b1} + {step_less_1, !push};
  assign is_there = missing_q[PositionW-1] || (is_pad && !is_first);
  assign advance = is_there && output_free;

  // Full with DEPTH beats from the oldest one on; there are never more.
  assign s_axis_tready = ready_q;
  assign push = s_axis_tvalid && s_axis_tready;
  assign moves_limit = is_first || ((is_begin_q || is_draining) && !is_pad);

  // A frame's last window is read in the order of the stream, so each beat releases those before it; where groups are
  // apart, in the last group.
  assign is_draining = is_last_window && (!Apart || last2_q);

  always_ff @(posedge aclk) begin
    if (push) begin
      write_q <= write_q + 1'b1;
      if (Blocks > 1 && (~write_q & InBlock) == '0) begin
        write_block_q <= (32'(write_block_q) == Blocks - 1) ? '0 : write_block_q + 1'b1;
      end
    end
    if (advance) begin
      read_q <= read_next;
      if (Blocks > 1) read_block_q <= read_block_next;
      is_begin_q <= end2 || (is_begin_q && is_pad && !(Apart ? end0 : end1));
    end
    missing_q <= advance ? missing_next : missing_q - PositionW'(push);
    if (moves_limit) limit_q <= read_q + PositionW'(DEPTH);
    // What write_q and limit_q will be, compared without waiting for either.
    if (moves_limit) begin
      ready_q <= push ? missing_q != PositionW'(1 - DEPTH) : missing_q != PositionW'(-DEPTH);
    end else begin
      ready_q <= push ? limit_q - write_q != PositionW'(1) : ready_q;
    end
    if (!aresetn) begin
      write_q <= '0;
      read_q <= '0;
      missing_q <= '0;
      limit_q <= PositionW'(DEPTH);
      ready_q <= 1'b1;
      write_block_q <= '0;
      read_block_q <= '0;
      is_begin_q <= 1'b1;
    end
  end

  // ---- Buffer and output ----
  logic [AddressW-1:0] write_address;
  logic [AddressW-1:0] read_address;
  logic output_last_q;
  logic output_valid_q;

  if (Blocks == 1) begin : g_block
    assign write_address = AddressW'(write_q & InBlock);
    assign read_address  = AddressW'(read_q & InBlock);
  end else begin : g_blocks
    assign write_address = AddressW'(write_q & InBlock) | (AddressW'(write_block_q) << BlockW);
    assign read_address  = AddressW'(read_q & InBlock) | (AddressW'(read_block_q) << BlockW);
  end

  assign output_free = m_axis_tready || !output_valid_q;
  assign m_axis_tlast = output_last_q;
  assign m_axis_tvalid = output_valid_q;

  always_ff @(posedge aclk) begin
    if (output_free) begin
      output_last_q <= end_frame;
      output_valid_q <= is_there;
    end
    if (!aresetn) output_valid_q <= 1'b0;
  end

  // Of many words in LUT RAM one is chosen behind the registers, else in front of them.
  if (RAM_STYLE == "distributed" && DEPTH > 64) begin : g_banks
    logic [BEAT_W-1:0] word;

    bank_ram #(
        .WIDTH(BEAT_W),
        .DEPTH(DEPTH)
    ) u_memory (
        .aclk,
        .write(push),
        .write_address,
        .write_data(s_axis_tdata),
        .read(output_free),
        .read_address,
        .read_data(word)
    );

    if (HasPadding) begin : g_choice
      logic is_pad_q;

      assign m_axis_tdata = is_pad_q ? Padding : word;

      always_ff @(posedge aclk) if (output_free) is_pad_q <= is_pad;
    end else begin : g_word
      assign m_axis_tdata = word;
    end
  end else begin : g_memory
    (* ram_style = RAM_STYLE *) logic [BEAT_W-1:0] memory[DEPTH];
    logic [BEAT_W-1:0] output_q;

    assign m_axis_tdata = output_q;

    always_ff @(posedge aclk) begin
      if (push) memory[write_address] <= s_axis_tdata;
      if (output_free) output_q <= is_pad ? Padding : memory[read_address];
    end
  end

endmodule

`default_nettype wire
