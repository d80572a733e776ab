// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// What `maxpool` and `sumpool` share: all but the operation on elements and the memory of partial results.
///
/// In: IFM_H x IFM_W pixels row by row, GROUPS beats each. A beat that was taken is there as `data` a cycle later, with
/// the address of its window's partial result. While `enable` is high, a user gives `result`, of `data` and what lies
/// at `address`, of `data` alone where it is the `first` of its window, and keeps it there where `keep` is high. The
/// result of a window's last beat leaves: floor(IFM_H / KERNEL_H) x floor(IFM_W / KERNEL_W) pixels a frame.
///
/// Latency 2 cycles, `result` combinational in the second. Throughput: 1 input beat a cycle. No combinational path
/// between the sides.
module pool_stream #(
    /// Input feature map, pixels, >= 1.
    parameter int IFM_H = 8,
    parameter int IFM_W = 8,
    /// Beats of a pixel, >= 1.
    parameter int GROUPS = 2,
    /// Window, pixels; 1 to IFM_H and 1 to IFM_W.
    parameter int KERNEL_H = 2,
    parameter int KERNEL_W = 2,
    /// Bits of a beat, and of a result's, >= 1.
    parameter int WIDTH = 2,
    parameter int RESULT_W = 2,
    localparam int ADDRESS_W = finn_pkg::index_width(IFM_W / KERNEL_W * GROUPS)
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [WIDTH-1:0] s_axis_tdata,
    input  wire              s_axis_tvalid,
    output logic             s_axis_tready,

    output logic                 enable,
    /// Address of the beat that comes next; means nothing in columns that are dropped.
    output logic [ADDRESS_W-1:0] place,
    /// A beat is taken; address of the one behind the one that comes next, for GROUPS > 1 only, as `place`.
    output logic                 take,
    output logic [ADDRESS_W-1:0] place_ahead,
    /// Whether the beat that comes next is of the same window's row as the pixel before it.
    output logic                 goes_on,
    output logic [    WIDTH-1:0] data,
    output logic [ADDRESS_W-1:0] address,
    output logic                 first,
    output logic                 keep,
    input  wire  [ RESULT_W-1:0] result,

    output logic [RESULT_W-1:0] m_axis_tdata,
    /// Last beat of a frame.
    output logic                m_axis_tlast,
    output logic                m_axis_tvalid,
    input  wire                 m_axis_tready
);

  localparam int OutH = IFM_H / KERNEL_H;
  localparam int OutW = IFM_W / KERNEL_W;
  // Where the map ends: window (OutW or OutH in what is dropped), and row or column in it.
  localparam int EndWindowX = (IFM_W - 1) / KERNEL_W;
  localparam int EndX = (IFM_W - 1) % KERNEL_W;
  localparam int EndWindowY = (IFM_H - 1) / KERNEL_H;
  localparam int EndY = (IFM_H - 1) % KERNEL_H;
  localparam int GroupW = finn_pkg::index_width(GROUPS);
  localparam int WindowXW = finn_pkg::index_width(EndWindowX + 1);
  localparam int WindowYW = finn_pkg::index_width(EndWindowY + 1);

  logic stall;

  // ---- Place of the beat that comes next ----
  logic [GroupW-1:0] group_q;
  logic [finn_pkg::index_width(KERNEL_W)-1:0] x_q;
  logic [finn_pkg::index_width(KERNEL_H)-1:0] y_q;
  logic [WindowXW-1:0] window_x_q;
  logic [WindowYW-1:0] window_y_q;
  logic group_ends;
  logic x_ends;
  logic y_ends;
  logic row_ends;
  logic frame_ends;
  logic is_kept;
  logic is_first;
  logic is_done;

  assign take = s_axis_tvalid && s_axis_tready;
  assign group_ends = 32'(group_q) == GROUPS - 1;
  assign x_ends = 32'(x_q) == KERNEL_W - 1;
  assign y_ends = 32'(y_q) == KERNEL_H - 1;
  assign row_ends = 32'(window_x_q) == EndWindowX && 32'(x_q) == EndX;
  assign frame_ends = row_ends && 32'(window_y_q) == EndWindowY && 32'(y_q) == EndY;
  // In columns that are dropped there is no place for a partial result. A window that is cut short is never done.
  assign is_kept = EndWindowX < OutW || 32'(window_x_q) != OutW;
  assign is_first = x_q == '0 && y_q == '0;
  assign is_done = x_ends && y_ends;

  always_ff @(posedge aclk) begin
    if (take) begin
      group_q <= group_ends ? '0 : group_q + 1'b1;
      place <= (group_ends && !x_ends) ? place - ADDRESS_W'(GROUPS - 1) : place + 1'b1;
      if (group_ends) begin
        x_q <= x_ends ? '0 : x_q + 1'b1;
        if (x_ends) window_x_q <= window_x_q + 1'b1;
        if (row_ends) begin
          x_q <= '0;
          window_x_q <= '0;
          place <= '0;
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
      place <= '0;
    end
  end

  // ---- Place of the beat behind that one ----
  if (GROUPS > 1) begin : g_ahead
    logic [GroupW-1:0] group_ahead_q;
    logic [finn_pkg::index_width(KERNEL_W)-1:0] x_ahead_q;
    logic [WindowXW-1:0] window_x_ahead_q;
    logic pixel_ends;
    logic window_ends;
    logic map_ends;

    assign pixel_ends = 32'(group_ahead_q) == GROUPS - 1;
    assign window_ends = 32'(x_ahead_q) == KERNEL_W - 1;
    assign map_ends = 32'(window_x_ahead_q) == EndWindowX && 32'(x_ahead_q) == EndX;

    always_ff @(posedge aclk) begin
      if (take) begin
        group_ahead_q <= pixel_ends ? '0 : group_ahead_q + 1'b1;
        place_ahead <= (pixel_ends && !window_ends) ? place_ahead - ADDRESS_W'(GROUPS - 1) : place_ahead + 1'b1;
        if (pixel_ends) begin
          x_ahead_q <= window_ends ? '0 : x_ahead_q + 1'b1;
          if (window_ends) window_x_ahead_q <= window_x_ahead_q + 1'b1;
          if (map_ends) begin
            x_ahead_q <= '0;
            window_x_ahead_q <= '0;
            place_ahead <= '0;
          end
        end
      end
      if (!aresetn) begin
        group_ahead_q <= GroupW'(1);
        x_ahead_q <= '0;
        window_x_ahead_q <= '0;
        place_ahead <= ADDRESS_W'(1);
      end
    end
  end else begin : g_not_ahead
    assign place_ahead = place;
  end

  assign enable = !stall;
  assign goes_on = x_q != '0;

  // ---- The beat that was taken ----
  logic last_q;
  logic done_q;

  always_ff @(posedge aclk) begin
    if (!stall) begin
      data    <= s_axis_tdata;
      address <= place;
      first   <= is_first;
      last_q  <= 32'(window_x_q) == OutW - 1 && 32'(window_y_q) == OutH - 1 && group_ends;
      keep    <= take && is_kept;
      done_q  <= take && is_done;
    end
    if (!aresetn) begin
      keep <= 1'b0;
      done_q <= 1'b0;
    end
  end

  // ---- Output: `stall` depends on registers only ----
  assign s_axis_tready = !stall;

  if (GROUPS > 1 || KERNEL_W == 1) begin : g_slice
    logic slice_ready;

    assign stall = done_q && !slice_ready;

    axis_register #(
        .WIDTH(RESULT_W),
        .LATE_DATA(1)
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
