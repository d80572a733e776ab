// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// sumpool: any element of any output frame is the sum of its channel in its window, whole.
module sumpool_proof #(
    parameter int IFM_H = 2,
    parameter int IFM_W = 4,
    parameter int CHANNELS = 2,
    parameter int PE = 1,
    parameter int ELEMENT_W = 1,
    parameter bit SIGNED_ELEMENTS = 0,
    parameter bit BIPOLAR = 1,
    parameter int KERNEL_H = 2,
    parameter int KERNEL_W = 2,
    localparam int BEAT_W = PE * ELEMENT_W
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The output beat and the element of it that are followed.
    input wire [15:0] place,
    input wire [7:0] lane,

    input wire [BEAT_W-1:0] s_axis_tdata,
    input wire              s_axis_tvalid,
    input wire              m_axis_tready
);

  localparam int Groups = CHANNELS / PE;
  localparam int OutH = IFM_H / KERNEL_H;
  localparam int OutW = IFM_W / KERNEL_W;
  // Of all numbers here; and the fewest bits that hold all sums of numbers of ELEMENT_W bits.
  localparam int NumberW = 16;
  localparam int Size = KERNEL_H * KERNEL_W;
  localparam int SumW = (ELEMENT_W == 1 && BIPOLAR) ? $clog2(Size + 1) + 1
                        : (ELEMENT_W > 1 && SIGNED_ELEMENTS) ? $clog2(Size * 2 ** (ELEMENT_W - 1)) + 1
                        : $clog2(Size * (2 ** ELEMENT_W - 1) + 1);
  localparam bit IsSigned = ELEMENT_W == 1 ? BIPOLAR : SIGNED_ELEMENTS;
  localparam int BeatsIn = IFM_H * IFM_W * Groups;
  localparam int BeatsOut = OutH * OutW * Groups;

  logic s_axis_tready;
  logic [PE*SumW-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(BeatsIn)-1:0] in_beat;
  logic [finn_pkg::index_width(BeatsOut)-1:0] out_beat;

  sumpool #(
      .IFM_H(IFM_H),
      .IFM_W(IFM_W),
      .CHANNELS(CHANNELS),
      .PE(PE),
      .ELEMENT_W(ELEMENT_W),
      .SIGNED_ELEMENTS(SIGNED_ELEMENTS),
      .BIPOLAR(BIPOLAR),
      .KERNEL_H(KERNEL_H),
      .KERNEL_W(KERNEL_W)
  ) dut (
      .*
  );

  stream_properties #(
      .S_WIDTH(BEAT_W),
      .M_WIDTH(PE * SumW),
      .BEATS_IN(BeatsIn),
      .BEATS_OUT(BeatsOut),
      .FRAMES(2 + finn_pkg::ceil_div(3, BeatsOut)),
      .CYCLES(BeatsIn + 3)
  ) u_properties (
      .*,
      .s_axis_tlast(1'b0),
      .held()
  );

  /// The output beat that an input beat is for; -1 for one that is dropped.
  function automatic int target(input int beat);
    int row;
    int column;
    row = beat / Groups / IFM_W / KERNEL_H;
    column = beat / Groups % IFM_W / KERNEL_W;
    target = (row < OutH && column < OutW) ? (row * OutW + column) * Groups + beat % Groups : -1;
  endfunction

  // What an element stands for.
  function automatic logic signed [NumberW-1:0] number(input logic [NumberW-1:0] bits);
    number = bits;
    if (ELEMENT_W == 1 && BIPOLAR && bits == '0) number = -16'sd1;
    if (ELEMENT_W > 1 && SIGNED_ELEMENTS && bits >= NumberW'(2 ** (ELEMENT_W - 1))) begin
      number = bits - NumberW'(2 ** ELEMENT_W);
    end
  endfunction

  logic [15:0] place_q;
  logic [7:0] lane_q;
  // The sum of the elements that have come, and their number.
  logic signed [NumberW-1:0] sum_q;
  logic [7:0] count_q;
  logic [ELEMENT_W-1:0] element;
  logic [SumW-1:0] bits;
  logic signed [NumberW-1:0] result;
  logic takes_part;

  always_comb begin
    element = '0;
    bits = '0;
    for (int p = 0; p < PE; p++) begin
      if (lane_q == 8'(p)) begin
        element = s_axis_tdata[p*ELEMENT_W+:ELEMENT_W];
        bits = m_axis_tdata[p*SumW+:SumW];
      end
    end
    takes_part = 1'b0;
    for (int k = 0; k < BeatsIn; k++) begin
      if (32'(in_beat) == k && target(k) == 32'(place_q)) takes_part = record;
    end
  end

  if (IsSigned) begin : g_signed
    assign result = NumberW'($signed(bits));
  end else begin : g_unsigned
    assign result = NumberW'(bits);
  end

  always_ff @(posedge aclk) begin
    if (record && in_beat == '0) count_q <= '0;
    if (takes_part) begin
      count_q <= (in_beat == '0) ? 8'd1 : count_q + 1'b1;
      sum_q <= ((in_beat == '0 || count_q == '0) ? '0 : sum_q) + number(NumberW'(element));
    end
    if (!aresetn) begin
      place_q <= 32'(place) < BeatsOut ? place : '0;
      lane_q  <= 32'(lane) < PE ? lane : '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (compare && 16'(out_beat) == place_q) begin
        assert (32'(count_q) == Size);
        assert (result == sum_q);
      end
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

endmodule

`default_nettype wire
