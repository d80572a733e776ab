// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Sums over windows that do not overlap: stride = window. Of average pooling all but the division.
///
/// In: IFM_H x IFM_W pixels row by row, CHANNELS / PE beats each. Out: floor(IFM_H / KERNEL_H) x
/// floor(IFM_W / KERNEL_W) pixels alike, of SUM_W bits an element; rows and columns that do not fill a window are dropped.
/// Only one row of partial sums is kept, in LUT RAM, a pixel for each window across the map.
///
/// Latency 2 cycles from the beat that completes an output beat. Throughput: 1 input beat a cycle, so that a frame
/// takes IFM_H * IFM_W * CHANNELS / PE cycles. No combinational path between the sides.
module sumpool #(
    /// Input feature map, pixels, >= 1.
    parameter int IFM_H = 8,
    parameter int IFM_W = 8,
    /// Channels of a pixel, >= 1.
    parameter int CHANNELS = 4,
    /// Channels a beat; divides CHANNELS.
    parameter int PE = 2,
    /// Bits of an element, 1 to 24.
    parameter int ELEMENT_W = 1,
    /// For ELEMENT_W > 1: 1: elements are two's complement; 0: unsigned.
    parameter bit SIGNED_ELEMENTS = 0,
    /// For ELEMENT_W = 1: 1: bit 1 is +1, bit 0 is -1; 0: they are 1 and 0.
    parameter bit BIPOLAR = 1,
    /// Window, pixels; 1 to IFM_H and 1 to IFM_W; KERNEL_H * KERNEL_W at most 2^(30 - ELEMENT_W).
    parameter int KERNEL_H = 2,
    parameter int KERNEL_W = 2,
    /// Least and greatest sum.
    localparam int LOW = KERNEL_H * KERNEL_W * finn_pkg::element_low(ELEMENT_W, SIGNED_ELEMENTS, BIPOLAR),
    localparam int HIGH = KERNEL_H * KERNEL_W * finn_pkg::element_high(ELEMENT_W, SIGNED_ELEMENTS),
    /// Bits of a sum, the fewest that hold every one: two's complement where one can be negative, else unsigned.
    localparam int SUM_W = finn_pkg::held_width(LOW, HIGH),
    localparam int BEAT_W = PE * ELEMENT_W,
    localparam int RESULT_W = PE * SUM_W
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [BEAT_W-1:0] s_axis_tdata,
    input  wire               s_axis_tvalid,
    output logic              s_axis_tready,

    output logic [RESULT_W-1:0] m_axis_tdata,
    /// Last beat of a frame.
    output logic                m_axis_tlast,
    output logic                m_axis_tvalid,
    input  wire                 m_axis_tready
);

  `FINN_CHECK(check_pe, PE >= 1 && CHANNELS >= 1 && CHANNELS % PE == 0,
              ("sumpool: PE=%0d must be at least 1 and divide CHANNELS=%0d", PE, CHANNELS))
  // Sums are computed in 32 bits.
  `FINN_CHECK(check_element, ELEMENT_W >= 1 && ELEMENT_W <= 24,
              ("sumpool: ELEMENT_W=%0d must be 1 to 24", ELEMENT_W))
  `FINN_CHECK(check_kernel_h, KERNEL_H >= 1 && KERNEL_H <= IFM_H,
              ("sumpool: KERNEL_H=%0d must be 1 to IFM_H=%0d", KERNEL_H, IFM_H))
  `FINN_CHECK(check_kernel_w, KERNEL_W >= 1 && KERNEL_W <= IFM_W,
              ("sumpool: KERNEL_W=%0d must be 1 to IFM_W=%0d", KERNEL_W, IFM_W))
  `FINN_CHECK(check_sum, KERNEL_W < 1 || ELEMENT_W > 24 || KERNEL_H <= 2 ** (30 - ELEMENT_W) / KERNEL_W,
              ("sumpool: KERNEL_H=%0d times KERNEL_W=%0d must be at most 2^30 / 2^ELEMENT_W, ELEMENT_W=%0d", KERNEL_H,
               KERNEL_W, ELEMENT_W))

  localparam int Groups = CHANNELS / PE;
  localparam int OutH = IFM_H / KERNEL_H;
  localparam int OutW = IFM_W / KERNEL_W;
  localparam int Depth = OutW * Groups;
  // Where the map ends: window (OutW or OutH in what is dropped), and row or column in it.
  localparam int EndWindowX = (IFM_W - 1) / KERNEL_W;
  localparam int EndX = (IFM_W - 1) % KERNEL_W;
  localparam int EndWindowY = (IFM_H - 1) / KERNEL_H;
  localparam int EndY = (IFM_H - 1) % KERNEL_H;
  localparam int GroupW = finn_pkg::index_width(Groups);
  localparam int WindowXW = finn_pkg::index_width(EndWindowX + 1);
  localparam int WindowYW = finn_pkg::index_width(EndWindowY + 1);
  localparam int AddressW = finn_pkg::index_width(Depth);

  logic stall;
  logic take;

  // ---- Place of the beat that comes next ----
  logic [GroupW-1:0] group_q;
  logic [finn_pkg::index_width(KERNEL_W)-1:0] x_q;
  logic [finn_pkg::index_width(KERNEL_H)-1:0] y_q;
  logic [WindowXW-1:0] window_x_q;
  logic [WindowYW-1:0] window_y_q;
  // Of the partial sum; means nothing in columns that are dropped.
  logic [AddressW-1:0] place_q;
  logic group_ends;
  logic x_ends;
  logic y_ends;
  logic row_ends;
  logic frame_ends;
  logic is_kept;
  logic is_first;
  logic is_done;

  assign take = s_axis_tvalid && s_axis_tready;
  assign group_ends = 32'(group_q) == Groups - 1;
  assign x_ends = 32'(x_q) == KERNEL_W - 1;
  assign y_ends = 32'(y_q) == KERNEL_H - 1;
  assign row_ends = 32'(window_x_q) == EndWindowX && 32'(x_q) == EndX;
  assign frame_ends = row_ends && 32'(window_y_q) == EndWindowY && 32'(y_q) == EndY;
  // In columns that are dropped there is no place for a partial sum. A window that is cut short is never done.
  assign is_kept = EndWindowX < OutW || 32'(window_x_q) != OutW;
  assign is_first = x_q == '0 && y_q == '0;
  assign is_done = x_ends && y_ends;

  always_ff @(posedge aclk) begin
    if (take) begin
      group_q <= group_ends ? '0 : group_q + 1'b1;
      place_q <= (group_ends && !x_ends) ? place_q - AddressW'(Groups - 1) : place_q + 1'b1;
      if (group_ends) begin
        x_q <= x_ends ? '0 : x_q + 1'b1;
        if (x_ends) window_x_q <= window_x_q + 1'b1;
        if (row_ends) begin
          x_q <= '0;
          window_x_q <= '0;
          place_q <= '0;
          y_q <= y_ends ? '0 : y_q + 1'b1;
          if (y_ends) window_y_q <= window_y_q + 1'b1;
        end
        if (frame_ends) begin
          y_q <= '0;
          window_y_q <= '0;
        end
      end
    end
    if (!aresetn) begin
      group_q <= '0;
      x_q <= '0;
      y_q <= '0;
      window_x_q <= '0;
      window_y_q <= '0;
      place_q <= '0;
    end
  end

  // ---- One element of each of PE channels to the sum so far ----
  logic [BEAT_W-1:0] data_q;
  logic [AddressW-1:0] address_q;
  logic first_q;
  logic last_q;
  logic keep_q;
  logic done_q;
  logic [RESULT_W-1:0] so_far;
  logic [RESULT_W-1:0] result;

  always_ff @(posedge aclk) begin
    if (!stall) begin
      data_q    <= s_axis_tdata;
      address_q <= place_q;
      first_q   <= is_first;
      last_q    <= 32'(window_x_q) == OutW - 1 && 32'(window_y_q) == OutH - 1 && group_ends;
      keep_q    <= take && is_kept;
      done_q    <= take && is_done;
    end
    if (!aresetn) begin
      keep_q <= 1'b0;
      done_q <= 1'b0;
    end
  end

  // The number that an element stands for, in SUM_W bits.
  function automatic logic [SUM_W-1:0] widened(input logic [SUM_W-1:0] element);
    widened = element;
    for (int i = ELEMENT_W; i < SUM_W; i++) begin
      widened[i] = (ELEMENT_W == 1) ? BIPOLAR && !element[0] : SIGNED_ELEMENTS && element[ELEMENT_W-1];
    end
    if (ELEMENT_W == 1 && BIPOLAR) widened[0] = 1'b1;
  endfunction

  for (genvar p = 0; p < PE; p++) begin : g_pe
    assign result[p*SUM_W+:SUM_W] = widened(SUM_W'(data_q[p*ELEMENT_W+:ELEMENT_W]))
                                    + (first_q ? '0 : so_far[p*SUM_W+:SUM_W]);
  end

  // ---- Partial sums ----
  if (Depth == 1) begin : g_single
    logic [RESULT_W-1:0] memory_q;

    assign so_far = memory_q;

    always_ff @(posedge aclk) begin
      if (!stall && keep_q) memory_q <= result;
    end
  end else begin : g_memory
    (* ram_style = "distributed" *) logic [RESULT_W-1:0] memory[Depth];

    if (Groups > 1) begin : g_early
      // A deep memory and an adder are too much for one cycle. What the beat before writes is not missed: it is of
      // another group.
      logic [RESULT_W-1:0] read_q;

      assign so_far = read_q;

      always_ff @(posedge aclk) begin
        if (!stall) read_q <= memory[place_q];
      end
    end else begin : g_direct
      assign so_far = memory[address_q];
    end

    always_ff @(posedge aclk) begin
      if (!stall && keep_q) memory[address_q] <= result;
    end
  end

  // ---- Output: `stall` depends on registers only ----
  assign s_axis_tready = !stall;

  if (Groups > 1 || KERNEL_W == 1) begin : g_slice
    logic slice_ready;

    assign stall = done_q && !slice_ready;

    axis_register #(
        .WIDTH(RESULT_W)
    ) u_slice (
        .aclk,
        .aresetn,
        .s_axis_tdata (result),
        .s_axis_tlast (last_q),
        .s_axis_tvalid(done_q),
        .s_axis_tready(slice_ready),
        .m_axis_tdata,
        .m_axis_tlast,
        .m_axis_tvalid,
        .m_axis_tready
    );
  end else begin : g_register
    // Results are at least two cycles apart: a single register that empties before it fills loses nothing.
    logic [RESULT_W-1:0] output_q;
    logic output_last_q;
    logic output_valid_q;

    assign stall = done_q && output_valid_q;
    assign m_axis_tdata = output_q;
    assign m_axis_tlast = output_last_q;
    assign m_axis_tvalid = output_valid_q;

    always_ff @(posedge aclk) begin
      if (m_axis_tready) output_valid_q <= 1'b0;
      if (done_q && !output_valid_q) begin
        output_q <= result;
        output_last_q <= last_q;
        output_valid_q <= 1'b1;
      end
      if (!aresetn) output_valid_q <= 1'b0;
    end
  end

endmodule

`default_nettype wire
