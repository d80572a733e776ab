// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Sums over windows that do not overlap: stride = window. Of average pooling all but the division.
///
/// In: IFM_H x IFM_W pixels row by row, CHANNELS / PE beats each. Out: floor(IFM_H / KERNEL_H) x
/// floor(IFM_W / KERNEL_W) pixels alike, of SUM_W bits an element; rows and columns that do not fill a window are
/// dropped. Only one row of partial sums is kept, in LUT RAM, a pixel for each window across the map.
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
  localparam int Depth = IFM_W / KERNEL_W * Groups;
  localparam int AddressW = finn_pkg::index_width(Depth);

  logic enable;
  logic take;
  logic [AddressW-1:0] place;
  logic [AddressW-1:0] place_ahead;
  logic unused_goes_on;
  logic [BEAT_W-1:0] data;
  logic [AddressW-1:0] address;
  logic first;
  logic keep;
  logic [RESULT_W-1:0] so_far;
  logic [RESULT_W-1:0] result;

  // Looked at where the memory is read ahead.
  wire unused = &{1'b0, take, place_ahead};

  pool_stream #(
      .IFM_H(IFM_H),
      .IFM_W(IFM_W),
      .GROUPS(Groups),
      .KERNEL_H(KERNEL_H),
      .KERNEL_W(KERNEL_W),
      .WIDTH(BEAT_W),
      .RESULT_W(RESULT_W)
  ) u_stream (
      .aclk,
      .aresetn,
      .s_axis_tdata,
      .s_axis_tvalid,
      .s_axis_tready,
      .enable,
      .place,
      .take,
      .place_ahead,
      .goes_on(unused_goes_on),
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

  // ---- One element of each of PE channels to the sum so far ----
  for (genvar p = 0; p < PE; p++) begin : g_pe
    assign result[p*SUM_W+:SUM_W] = SUM_W'({finn_pkg::number(32'(data[p*ELEMENT_W+:ELEMENT_W]), ELEMENT_W,
                                                           SIGNED_ELEMENTS, BIPOLAR)})
                                    + (first ? '0 : so_far[p*SUM_W+:SUM_W]);
  end

  // ---- Partial sums ----
  if (Depth == 1) begin : g_single
    logic [RESULT_W-1:0] memory_q;

    assign so_far = memory_q;

    always_ff @(posedge aclk) begin
      if (enable && keep) memory_q <= result;
    end
  end else if (Groups > 2) begin : g_banks
    logic [RESULT_W-1:0] word;

    // A deep memory and an adder are too much for one cycle, and so is the choice of a word from it. It is read while
    // the beat before comes. What this one and the one before it write is not missed, and where there are more
    // than 3 groups what the one before these writes a cycle later: they are of other groups.
    bank_ram #(
        .WIDTH(RESULT_W),
        .DEPTH(Depth),
        .LATE_WRITE(Groups > 3)
    ) u_memory (
        .aclk,
        .write(enable && keep),
        .write_address(address),
        .write_data(result),
        .read(take),
        .read_address(place_ahead),
        .read_data(word)
    );

    always_ff @(posedge aclk) if (enable) so_far <= word;
  end else begin : g_memory
    (* ram_style = "distributed" *) logic [RESULT_W-1:0] memory[Depth];

    if (Groups == 2) begin : g_early
      // What the beat before writes is not missed: it is of another group.
      logic [RESULT_W-1:0] read_q;

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
