// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// upsample: any beat of any output frame is that of its pixel of the input frame, in its group of channels, or has its
/// share of them.
module upsample_proof #(
    parameter int IFM_H = 2,
    parameter int IFM_W = 2,
    parameter int CHANNELS = 1,
    parameter int PE = 1,
    parameter int ELEMENT_W = 1,
    parameter int SCALE_H = 2,
    parameter int SCALE_W = 2,
    parameter int SPREAD = 0,
    parameter RAM_STYLE = "auto",
    localparam int BEAT_W = PE * ELEMENT_W,
    localparam int OUT_W = (SPREAD == 0) ? BEAT_W : BEAT_W / (SCALE_H * SCALE_W)
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The output beat that is followed.
    input wire [15:0] place,

    input wire [BEAT_W-1:0] s_axis_tdata,
    input wire              s_axis_tvalid,
    input wire              m_axis_tready
);

  localparam int Groups = CHANNELS / PE;
  localparam int BeatsIn = IFM_H * IFM_W * Groups;
  localparam int BeatsOut = BeatsIn * SCALE_H * SCALE_W;
  localparam int OutW = IFM_W * SCALE_W;
  // Cycles from side to side, and beats that wait between.
  localparam int RowsLatency = (SCALE_H > 1) ? ((RAM_STYLE == "block" || 2 * IFM_W * Groups > 64) ? 2 : 1) : 0;
  localparam int Latency = finn_pkg::max(1, RowsLatency + ((SCALE_W > 1) ? 1 : 0));
  localparam int Stored = ((SCALE_H > 1) ? 2 * IFM_W * Groups : 0) + ((SCALE_W > 1) ? 2 * Groups : 0);
  localparam int Held = finn_pkg::max(2, Stored + Latency);

  logic s_axis_tready;
  logic [OUT_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(BeatsIn)-1:0] in_beat;
  logic [finn_pkg::index_width(BeatsOut)-1:0] out_beat;

  upsample #(
      .IFM_H(IFM_H),
      .IFM_W(IFM_W),
      .CHANNELS(CHANNELS),
      .PE(PE),
      .ELEMENT_W(ELEMENT_W),
      .SCALE_H(SCALE_H),
      .SCALE_W(SCALE_W),
      .SPREAD(SPREAD),
      .RAM_STYLE(RAM_STYLE)
  ) dut (
      .*
  );

  stream_properties #(
      .S_WIDTH(BEAT_W),
      .M_WIDTH(OUT_W),
      .BEATS_IN(BeatsIn),
      .BEATS_OUT(BeatsOut),
      .FRAMES(1 + finn_pkg::ceil_div(Held, BeatsIn)),
      .CYCLES(Latency + 1)
  ) u_properties (
      .*,
      .s_axis_tlast(1'b0),
      .held()
  );

  /// The input beat that an output beat is a copy of.
  function automatic int source(input int beat);
    source = (beat / Groups / OutW / SCALE_H * IFM_W + beat / Groups % OutW / SCALE_W) * Groups + beat % Groups;
  endfunction

  /// The first element of an input beat that an output beat has, and how far apart those are.
  localparam int Parts = (SPREAD == 0) ? 1 : SCALE_H * SCALE_W;
  localparam int Apart = (SPREAD == 2) ? Parts : 1;

  function automatic int begins(input int beat);
    begins = (beat / OutW % SCALE_H * SCALE_W + beat % OutW % SCALE_W) * ((SPREAD == 1) ? PE / Parts : 1);
  endfunction

  logic [15:0] place_q;
  logic [BEAT_W-1:0] beat_q;
  logic is_source;
  logic [OUT_W-1:0] expected;

  always_comb begin
    is_source = 1'b0;
    expected = OUT_W'(beat_q);
    for (int k = 0; k < BeatsOut; k++) begin
      for (int c = 0; c < PE / Parts; c++) begin
        if (SPREAD > 0 && 32'(place_q) == k) begin
          expected[c*ELEMENT_W+:ELEMENT_W] = beat_q[(begins(k)+c*Apart)*ELEMENT_W+:ELEMENT_W];
        end
      end
    end
    for (int k = 0; k < BeatsOut; k++) begin
      if (32'(place_q) == k && 32'(in_beat) == source(k)) is_source = record;
    end
  end

  always_ff @(posedge aclk) begin
    if (is_source) beat_q <= s_axis_tdata;
    if (!aresetn) place_q <= 32'(place) < BeatsOut ? place : '0;
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (compare && 16'(out_beat) == place_q) assert (m_axis_tdata == expected);
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

endmodule

`default_nettype wire
