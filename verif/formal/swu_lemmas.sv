// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// What always holds of the registers inside swu: each is a function of the beats that have come in and gone out. No
/// promise of the IP, but with it the solver proves those at once.
module swu_lemmas #(
    /// As for swu.
    parameter int IFM_H = 3,
    parameter int IFM_W = 3,
    parameter int KERNEL_H = 2,
    parameter int KERNEL_W = 2,
    parameter int STRIDE_H = 1,
    parameter int STRIDE_W = 1,
    parameter int PAD_TOP = 0,
    parameter int PAD_BOTTOM = 0,
    parameter int PAD_LEFT = 0,
    parameter int PAD_RIGHT = 0,
    parameter bit DEPTHWISE = 0,
    parameter int GROUPS = 1,
    parameter int DEPTH = 8,
    /// Frames that can be inside.
    parameter int FRAMES = 3,
    /// Bits of a position.
    parameter int POSITION_W = 4,
    localparam int ADDRESS_W = finn_pkg::index_width(DEPTH)
) (
    input wire aclk,
    input wire aresetn,

    /// Frames inside, and beats of a frame that have come in and gone out.
    input wire [7:0] held,
    input wire [7:0] in_beat,
    input wire [7:0] out_beat,
    input wire m_axis_tvalid,
    input wire m_axis_tready,

    /// Registers of swu.
    input wire [7:0] turn0,
    input wire [7:0] turn1,
    input wire [7:0] turn2,
    input wire [7:0] column,
    input wire [7:0] row,
    input wire [POSITION_W-1:0] write,
    input wire [POSITION_W-1:0] read,
    input wire [POSITION_W-1:0] base,
    input wire [ADDRESS_W-1:0] write_address,
    input wire [ADDRESS_W-1:0] read_address,
    input wire is_first,
    input wire is_begin,

    /// Of the watched frame: a beat comes in; more of it is to come; it is inside; frames ahead of it.
    input wire record,
    input wire in_watch,
    input wire out_watch,
    input wire [7:0] ahead,
    /// The output beat that is followed, where it lies in the buffer, and whether it does.
    input wire [15:0] place,
    output logic [ADDRESS_W-1:0] address,
    input wire is_stored
);

  localparam int OutH = (IFM_H + PAD_TOP + PAD_BOTTOM - KERNEL_H) / STRIDE_H + 1;
  localparam int OutW = (IFM_W + PAD_LEFT + PAD_RIGHT - KERNEL_W) / STRIDE_W + 1;
  localparam int Window = KERNEL_H * KERNEL_W * GROUPS;
  localparam int BeatsIn = IFM_H * IFM_W * GROUPS;
  localparam int BeatsOut = OutH * OutW * Window;
  localparam bit HasPadding = PAD_TOP + PAD_BOTTOM + PAD_LEFT + PAD_RIGHT != 0;
  localparam bit Apart = DEPTHWISE && GROUPS > 1;
  localparam bit IsRun = !Apart && PAD_LEFT + PAD_RIGHT == 0;
  localparam int Turns0 = Apart ? KERNEL_W : IsRun ? KERNEL_W * GROUPS : GROUPS;
  localparam int Turns1 = Apart ? KERNEL_H : IsRun ? 1 : KERNEL_W;

  // ---- Of an output beat ----
  function automatic int group_of(input int beat);
    group_of = Apart ? beat % Window / (KERNEL_H * KERNEL_W) : beat % GROUPS;
  endfunction

  /// Row and column of its pixel in the map; outside of it they are padding.
  function automatic int y_of(input int beat);
    y_of = (Apart ? beat % (KERNEL_H * KERNEL_W) / KERNEL_W : beat % Window / (KERNEL_W * GROUPS))
           + beat / Window / OutW * STRIDE_H - PAD_TOP;
  endfunction

  function automatic int x_of(input int beat);
    x_of = (Apart ? beat % KERNEL_W : beat / GROUPS % KERNEL_W) + beat / Window % OutW * STRIDE_W - PAD_LEFT;
  endfunction

  function automatic bit is_pad(input int beat);
    is_pad = y_of(beat) < 0 || y_of(beat) >= IFM_H || x_of(beat) < 0 || x_of(beat) >= IFM_W;
  endfunction

  /// Its place in the frame; the first one waits for the frame's first pixel.
  function automatic int place_of(input int beat);
    place_of = (beat == 0) ? 0 : (y_of(beat) * IFM_W + x_of(beat)) * GROUPS + group_of(beat);
  endfunction

  /// No pixel of its window has been read, and this is the window's first row.
  function automatic bit begins(input int beat);
    begins = beat % Window < Turns0 * (Apart ? 1 : Turns1);
    for (int k = 0; k < BeatsOut; k++) if (k / Window == beat / Window && k < beat && !is_pad(k)) begins = 1'b0;
  endfunction

  /// Pixels before this place of the frame have left the buffer once it is the beat to read.
  function automatic int released(input int beat);
    released = -BeatsIn;
    for (int k = -BeatsOut; k < BeatsOut; k++) begin
      int of;
      int draining;
      of = (k + BeatsOut) % BeatsOut;
      draining = (of / Window == OutH * OutW - 1 && (!Apart || group_of(of) == GROUPS - 1)) ? 1 : 0;
      if (k <= beat && ((HasPadding && of == 0) || ((begins(of) || draining == 1) && !is_pad(of)))) begin
        released = place_of(of) - (k < 0 ? BeatsIn : 0);
      end
    end
  endfunction

  /// Beats of the frame that have come in at least when the beats before this one have been read.
  function automatic int needed(input int beat);
    needed = 1;
    for (int k = 0; k < BeatsOut; k++) begin
      if (k < beat && !is_pad(k) && place_of(k) >= needed) needed = place_of(k) + 1;
    end
  endfunction

  /// An address so many beats further on.
  function automatic logic [ADDRESS_W-1:0] moved(input logic [ADDRESS_W-1:0] from, input int distance);
    int sum;
    sum   = 32'(from) + (distance % DEPTH + DEPTH) % DEPTH;
    moved = ADDRESS_W'(sum >= DEPTH ? sum - DEPTH : sum);
  endfunction

  // ---- The beat to read: the one behind that at the output ----
  logic is_gone;
  logic [7:0] beat;
  // Where the frame at the output begins, and that of the beat to read.
  logic [POSITION_W-1:0] start_q;
  logic [POSITION_W-1:0] start;
  logic [ADDRESS_W-1:0] start_address_q;
  logic [ADDRESS_W-1:0] start_address;
  // Beats that have come since then.
  int come;

  assign is_gone = m_axis_tvalid && 32'(out_beat) == BeatsOut - 1;
  assign beat = is_gone ? '0 : out_beat + 8'(m_axis_tvalid);
  assign start = is_gone ? start_q + POSITION_W'(BeatsIn) : start_q;
  assign start_address = is_gone ? moved(start_address_q, BeatsIn) : start_address_q;
  assign come = (32'(held) - (in_beat != '0 ? 1 : 0) - (is_gone ? 1 : 0)) * BeatsIn + 32'(in_beat);

  always_ff @(posedge aclk) begin
    if (is_gone && m_axis_tready) begin
      start_q <= start;
      start_address_q <= start_address;
    end
    if (!aresetn) begin
      start_q <= '0;
      start_address_q <= '0;
    end
  end

  logic write_fits;

  always_comb begin
    write_fits = write == start + POSITION_W'(come);
    for (int c = -BeatsIn; c <= DEPTH + BeatsIn; c++) begin
      if (come == c && write_address != moved(start_address, c)) write_fits = 1'b0;
    end
  end

  // ---- By beat: whether it is another, or the registers are as they are to be ----
  logic [BeatsOut-1:0] turns_fit;
  logic [BeatsOut-1:0] window_fits;
  logic [BeatsOut-1:0] begin_fits;
  logic [BeatsOut-1:0] read_fits;
  logic [BeatsOut-1:0] has_come;
  logic [BeatsOut-1:0] base_fits;

  for (genvar k = 0; k < BeatsOut; k++) begin : g_beat
    localparam bit Begins = begins(k);
    localparam int Place = place_of(k);
    // A frame may be gone before all of it has come.
    localparam int Needed = (k == 0) ? needed(BeatsOut) - BeatsIn : needed(k);
    // The base follows a cycle later.
    localparam int Released = released(k);
    localparam int ReleasedBefore = released(k - 1);
    logic is_other;

    assign is_other = 32'(beat) != k;
    assign turns_fit[k] = is_other || (32'(turn0) == k % Turns0 && 32'(turn1) == k / Turns0 % Turns1
                                       && 32'(turn2) == k % Window / (Turns0 * Turns1));
    assign window_fits[k] = is_other || (32'(column) == k / Window % OutW && 32'(row) == k / Window / OutW);
    assign begin_fits[k] = is_other || (is_first == (HasPadding && k == 0) && is_begin == Begins);
    assign read_fits[k] = is_other || (read == start + POSITION_W'(Place) && (is_pad(k) && k > 0
                                       || read_address == moved(start_address, Place)));
    assign has_come[k] = is_other || come >= Needed;
    assign base_fits[k] = is_other || (base == start + POSITION_W'(Released) && come - Released <= DEPTH)
                          || (base == start + POSITION_W'(ReleasedBefore) && come - ReleasedBefore <= DEPTH);
  end

  // ---- The pixel that is followed: it stays in the buffer until it has been read ----
  logic [ADDRESS_W-1:0] frame_address_q;
  logic [ADDRESS_W-1:0] ahead_address;
  logic is_inside;
  logic is_read;

  always_comb begin
    address = '0;
    is_inside = 1'b0;
    for (int k = 0; k < BeatsOut; k++) begin
      if (32'(place) == k) begin
        address   = moved(frame_address_q, place_of(k));
        is_inside = !is_pad(k) && (!in_watch || 32'(in_beat) > place_of(k));
      end
    end
    ahead_address = '0;
    for (int f = 0; f <= FRAMES; f++) if (32'(ahead) == f) ahead_address = moved(start_address_q, f * BeatsIn);
  end

  assign is_read = ahead == '0 && (is_gone || 16'(beat) > place);

  always_ff @(posedge aclk) begin
    if (record && in_beat == '0) frame_address_q <= write_address;
    if (aresetn && out_watch) begin
      assert (frame_address_q == ahead_address);
      assert (!is_inside || is_read || is_stored);
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (write_fits);
      assert (turns_fit == '1);
      assert (window_fits == '1);
      assert (begin_fits == '1);
      assert (read_fits == '1);
      assert (has_come == '1);
      assert (base_fits == '1);
    end
  end

endmodule

`default_nettype wire
