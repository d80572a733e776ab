// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// maxpool: any element of any output frame is the maximum of its channel in its window, whole.
module maxpool_proof #(
    parameter int IFM_H = 2,
    parameter int IFM_W = 4,
    parameter int PIXELS = 1,
    parameter int CHANNELS = 2,
    parameter int PE = 1,
    parameter int ELEMENT_W = 1,
    parameter bit SIGNED_ELEMENTS = 0,
    parameter int KERNEL_H = 2,
    parameter int KERNEL_W = 2,
    parameter RAM_STYLE = "auto",
    localparam int LANES = (PIXELS == 1) ? 1 : PIXELS / KERNEL_W,
    localparam int BEAT_W = PIXELS * PE * ELEMENT_W,
    localparam int RESULT_W = LANES * PE * ELEMENT_W
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The output beat and the element of it, of all its pixels, that are followed.
    input wire [15:0] place,
    input wire [7:0] lane,

    input wire [BEAT_W-1:0] s_axis_tdata,
    input wire              s_axis_tvalid,
    input wire              m_axis_tready
);

  localparam int Groups = CHANNELS / PE;
  localparam int OutH = IFM_H / KERNEL_H;
  localparam int OutW = IFM_W / KERNEL_W;
  localparam int RowIn = (IFM_W + PIXELS - 1) / PIXELS;
  localparam int RowOut = (OutW + LANES - 1) / LANES;
  localparam int BeatsIn = IFM_H * RowIn * Groups;
  localparam int BeatsOut = OutH * RowOut * Groups;
  // Pixels of a window in a beat.
  localparam int Together = (PIXELS == 1) ? 1 : KERNEL_W;

  logic s_axis_tready;
  logic [RESULT_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(BeatsIn)-1:0] in_beat;
  logic [finn_pkg::index_width(BeatsOut)-1:0] out_beat;

  maxpool #(
      .IFM_H(IFM_H),
      .IFM_W(IFM_W),
      .PIXELS(PIXELS),
      .CHANNELS(CHANNELS),
      .PE(PE),
      .ELEMENT_W(ELEMENT_W),
      .SIGNED_ELEMENTS(SIGNED_ELEMENTS),
      .KERNEL_H(KERNEL_H),
      .KERNEL_W(KERNEL_W),
      .RAM_STYLE(RAM_STYLE)
  ) dut (
      .*
  );

  stream_properties #(
      .S_WIDTH(BEAT_W),
      .M_WIDTH(RESULT_W),
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
    row = beat / Groups / RowIn / KERNEL_H;
    column = beat / Groups % RowIn / (KERNEL_W / Together);
    target = (row < OutH && column < RowOut) ? (row * RowOut + column) * Groups + beat % Groups : -1;
  endfunction

  // A number that compares like the element, if both are taken as unsigned.
  function automatic logic [ELEMENT_W-1:0] rank(input logic [ELEMENT_W-1:0] element);
    rank = (SIGNED_ELEMENTS && ELEMENT_W > 1) ? element + (ELEMENT_W'(1) << (ELEMENT_W - 1)) : element;
  endfunction

  logic [15:0] place_q;
  logic [7:0] lane_q;
  // The largest of the elements that have come, and their number.
  logic [ELEMENT_W-1:0] largest_q;
  logic [7:0] count_q;
  logic [ELEMENT_W-1:0] element;
  logic [ELEMENT_W-1:0] result;
  logic takes_part;
  logic is_window;

  always_comb begin
    element = '0;
    result = '0;
    is_window = 1'b0;
    for (int p = 0; p < LANES * PE; p++) begin
      if (lane_q == 8'(p)) begin
        result = m_axis_tdata[p*ELEMENT_W+:ELEMENT_W];
        is_window = 32'(out_beat) / Groups % RowOut * LANES + p / PE < OutW;
        element = s_axis_tdata[(p/PE*Together*PE+p%PE)*ELEMENT_W+:ELEMENT_W];
        for (int x = 1; x < Together; x++) begin
          if (rank(s_axis_tdata[((p/PE*Together+x)*PE+p%PE)*ELEMENT_W+:ELEMENT_W]) > rank(element))
            element = s_axis_tdata[((p/PE*Together+x)*PE+p%PE)*ELEMENT_W+:ELEMENT_W];
        end
      end
    end
    takes_part = 1'b0;
    for (int k = 0; k < BeatsIn; k++) begin
      if (32'(in_beat) == k && target(k) == 32'(place_q)) takes_part = record;
    end
  end

  always_ff @(posedge aclk) begin
    if (record && in_beat == '0) count_q <= '0;
    if (takes_part) begin
      count_q <= (in_beat == '0) ? 8'd1 : count_q + 1'b1;
      if (in_beat == '0 || count_q == '0 || rank(element) > rank(largest_q)) largest_q <= element;
    end
    if (!aresetn) begin
      place_q <= 32'(place) < BeatsOut ? place : '0;
      lane_q  <= 32'(lane) < LANES * PE ? lane : '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (compare && 16'(out_beat) == place_q && is_window) begin
        assert (32'(count_q) == KERNEL_H * KERNEL_W / Together);
        assert (result == largest_q);
      end
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

endmodule

`default_nettype wire
