// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Max pooling over windows that do not overlap: stride = window.
///
/// In: IFM_H x IFM_W pixels row by row, CHANNELS / PE beats each. Out: floor(IFM_H / KERNEL_H) x
/// floor(IFM_W / KERNEL_W) pixels alike; rows and columns that do not fill a window are dropped. The maximum of binary
/// elements is their OR. Only one row of partial maxima is kept, a pixel for each window across the map.
///
/// Latency 2 cycles from the beat that completes an output beat. Throughput: 1 input beat a cycle, so that a frame
/// takes IFM_H * IFM_W * CHANNELS / PE cycles. No combinational path between the sides.
module maxpool #(
    /// Input feature map, pixels, >= 1.
    parameter int IFM_H = 8,
    parameter int IFM_W = 8,
    /// Channels of a pixel, >= 1.
    parameter int CHANNELS = 4,
    /// Channels a beat; divides CHANNELS.
    parameter int PE = 2,
    /// Bits of an element, >= 1.
    parameter int ELEMENT_W = 1,
    /// 1: elements are two's complement; 0: unsigned. Without meaning for ELEMENT_W = 1.
    parameter bit SIGNED_ELEMENTS = 0,
    /// Window, pixels; 1 to IFM_H and 1 to IFM_W.
    parameter int KERNEL_H = 2,
    parameter int KERNEL_W = 2,
    /// Partial maxima: "auto" or "distributed" (LUT RAM), or "block" (block RAM).
    parameter RAM_STYLE = "auto",
    localparam int BEAT_W = PE * ELEMENT_W
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

  `FINN_CHECK(check_pe, PE >= 1 && CHANNELS >= 1 && CHANNELS % PE == 0,
              ("maxpool: PE=%0d must be at least 1 and divide CHANNELS=%0d", PE, CHANNELS))
  `FINN_CHECK(check_element, ELEMENT_W >= 1, ("maxpool: ELEMENT_W=%0d must be at least 1", ELEMENT_W))
  `FINN_CHECK(check_kernel_h, KERNEL_H >= 1 && KERNEL_H <= IFM_H,
              ("maxpool: KERNEL_H=%0d must be 1 to IFM_H=%0d", KERNEL_H, IFM_H))
  `FINN_CHECK(check_kernel_w, KERNEL_W >= 1 && KERNEL_W <= IFM_W,
              ("maxpool: KERNEL_W=%0d must be 1 to IFM_W=%0d", KERNEL_W, IFM_W))
  `FINN_CHECK(check_style, RAM_STYLE == "auto" || RAM_STYLE == "distributed" || RAM_STYLE == "block",
              ("maxpool: RAM_STYLE=%s must be auto, distributed or block", RAM_STYLE))

  localparam int Groups = CHANNELS / PE;
  localparam int Depth = IFM_W / KERNEL_W * Groups;
  localparam bit UseBlock = RAM_STYLE == "block";
  localparam int AddressW = finn_pkg::index_width(Depth);

  logic enable;
  logic [AddressW-1:0] place;
  logic goes_on;
  logic [BEAT_W-1:0] data;
  logic [AddressW-1:0] address;
  logic first;
  logic keep;
  logic [BEAT_W-1:0] so_far;
  logic [BEAT_W-1:0] result;

  pool_stream #(
      .IFM_H(IFM_H),
      .IFM_W(IFM_W),
      .GROUPS(Groups),
      .KERNEL_H(KERNEL_H),
      .KERNEL_W(KERNEL_W),
      .WIDTH(BEAT_W),
      .RESULT_W(BEAT_W)
  ) u_stream (
      .aclk,
      .aresetn,
      .s_axis_tdata,
      .s_axis_tvalid,
      .s_axis_tready,
      .enable,
      .place,
      .goes_on,
      .data,
      .address,
      .first,
      .keep,
      .result,
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

  // ---- One element of each of PE channels against the maximum so far ----
  if (ELEMENT_W == 1) begin : g_or
    assign result = data | (first ? '0 : so_far);
  end else begin : g_maximum
    for (genvar p = 0; p < PE; p++) begin : g_pe
      logic [ELEMENT_W-1:0] a;
      logic [ELEMENT_W-1:0] b;
      logic is_more;

      assign a = data[p*ELEMENT_W+:ELEMENT_W];
      assign b = so_far[p*ELEMENT_W+:ELEMENT_W];
      // Flipping the sign bit turns the order of two's complement numbers into that of unsigned ones.
      assign is_more = {a[ELEMENT_W-1] ^ SIGNED_ELEMENTS, a[ELEMENT_W-2:0]}
                       > {b[ELEMENT_W-1] ^ SIGNED_ELEMENTS, b[ELEMENT_W-2:0]};
      assign result[p*ELEMENT_W+:ELEMENT_W] = (first || is_more) ? a : b;
    end
  end

  // ---- Partial maxima ----
  if (Depth == 1) begin : g_single
    logic [BEAT_W-1:0] memory_q;

    assign so_far = memory_q;

    always_ff @(posedge aclk) begin
      if (enable && keep) memory_q <= result;
    end
  end else if (UseBlock) begin : g_block
    (* ram_style = "block" *) logic [BEAT_W-1:0] memory[Depth];
    logic [BEAT_W-1:0] read_q;

    always_ff @(posedge aclk) begin
      if (enable) begin
        read_q <= memory[place];
        if (keep) memory[address] <= result;
      end
    end

    if (Groups == 1) begin : g_bypass
      // What the beat before writes comes too late for the memory. Only inside a window's row one meets it: there are
      // at least two windows across.
      logic [BEAT_W-1:0] written_q;
      logic is_again_q;

      assign so_far = is_again_q ? written_q : read_q;

      always_ff @(posedge aclk) begin
        if (enable) begin
          if (keep) written_q <= result;
          is_again_q <= goes_on;
        end
      end
    end else begin : g_memory
      assign so_far = read_q;
    end
  end else begin : g_distributed
    (* ram_style = "distributed" *) logic [BEAT_W-1:0] memory[Depth];

    if (Groups > 1) begin : g_early
      // A deep memory and a maximum are too much for one cycle. What the beat before writes is not missed: it is of
      // another group.
      logic [BEAT_W-1:0] read_q;

      assign so_far = read_q;

      always_ff @(posedge aclk) begin
        if (enable) read_q <= memory[place];
      end
    end else begin : g_direct
      assign so_far = memory[address];
    end

    always_ff @(posedge aclk) begin
      if (enable && keep) memory[address] <= result;
    end
  end

endmodule

`default_nettype wire
