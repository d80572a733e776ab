// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// threshold: any element of any beat is the number of its channel's thresholds that its input reaches, or does not
/// reach where the channel falls, and tlast stays with its beat. LEVELS_FILE has all thresholds of a beat in a word,
/// ascending, FALLING_FILE the bits of falling channels.
module threshold_proof #(
    parameter int OUT_BITS = 2,
    parameter int INPUT_W = 3,
    parameter int THRESHOLD_W = INPUT_W,
    parameter bit SIGNED_INPUT = 0,
    parameter bit SIGNED_OUTPUT = 0,
    parameter bit FALLING = 0,
    parameter int CHANNELS = 2,
    parameter int PE = 1,
    parameter RAM_STYLE = "auto",
    parameter int LUT_DEPTH = 64,
    /// Cycles of latency, less that of the output register.
    parameter int REGISTERS = 2,
    parameter THRESHOLD_FILE = "",
    parameter LEVELS_FILE = "",
    parameter FALLING_FILE = ""
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The beat of the pixel and the element of it that are followed.
    input wire [7:0] place,
    input wire [7:0] lane,

    input wire [PE*INPUT_W-1:0] s_axis_tdata,
    input wire                  s_axis_tlast,
    input wire                  s_axis_tvalid,
    input wire                  m_axis_tready
);

  localparam int Count = 2 ** OUT_BITS - 1;
  localparam int NF = CHANNELS / PE;

  logic s_axis_tready;
  logic [PE*OUT_BITS-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(NF)-1:0] in_beat;
  logic [finn_pkg::index_width(NF)-1:0] out_beat;

  logic [finn_pkg::LOAD_W-1:0] unused_load;

  threshold #(
      .OUT_BITS(OUT_BITS),
      .INPUT_W(INPUT_W),
      .THRESHOLD_W(THRESHOLD_W),
      .SIGNED_INPUT(SIGNED_INPUT),
      .SIGNED_OUTPUT(SIGNED_OUTPUT),
      .FALLING(FALLING),
      .CHANNELS(CHANNELS),
      .PE(PE),
      .THRESHOLD_FILE(THRESHOLD_FILE),
      .RAM_STYLE(RAM_STYLE),
      .LUT_DEPTH(LUT_DEPTH)
  ) dut (
      .s_load('0),
      .m_load(unused_load),
      .*
  );

  stream_properties #(
      .S_WIDTH(PE * INPUT_W),
      .M_WIDTH(PE * OUT_BITS),
      .BEATS_IN(NF),
      .BEATS_OUT(NF),
      .FRAMES(1 + finn_pkg::ceil_div(REGISTERS + 2, NF)),
      .CYCLES(REGISTERS + 2),
      .USE_TLAST(0)
  ) u_properties (
      .*,
      .held()
  );

  logic [PE*Count*THRESHOLD_W-1:0] thresholds[NF];

  logic [PE-1:0] falling[NF];

  initial $readmemh(LEVELS_FILE, thresholds);
  initial $readmemh(FALLING_FILE, falling);

  // Whether a value reaches a threshold.
  function automatic logic reaches(input logic [INPUT_W-1:0] value, input logic [THRESHOLD_W-1:0] bound);
    reaches = SIGNED_INPUT ? $signed(value) >= $signed(bound) : THRESHOLD_W'(value) >= bound;
  endfunction

  logic [7:0] place_q;
  logic [7:0] lane_q;
  logic [OUT_BITS-1:0] level;
  logic [OUT_BITS-1:0] level_q;
  logic last_q;
  logic [OUT_BITS-1:0] result;

  always_comb begin
    level  = '0;
    result = '0;
    for (int p = 0; p < PE; p++) begin
      if (lane_q == 8'(p)) begin
        result = m_axis_tdata[p*OUT_BITS+:OUT_BITS];
        for (int i = 0; i < Count; i++) begin
          level = level + OUT_BITS'(reaches(s_axis_tdata[p*INPUT_W+:INPUT_W],
                                            thresholds[in_beat][(p*Count+i)*THRESHOLD_W+:THRESHOLD_W]));
        end
        if (falling[in_beat][p]) level = OUT_BITS'(Count) - level;
        if (SIGNED_OUTPUT) level = level - OUT_BITS'(2 ** (OUT_BITS - 1));
      end
    end
  end

  always_ff @(posedge aclk) begin
    if (record && 8'(in_beat) == place_q) begin
      level_q <= level;
      last_q  <= s_axis_tlast;
    end
    if (!aresetn) begin
      place_q <= 32'(place) < NF ? place : '0;
      lane_q  <= 32'(lane) < PE ? lane : '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (compare && 8'(out_beat) == place_q) begin
        assert (result == level_q);
        assert (m_axis_tlast == last_q);
        // The largest level may be out of reach where thresholds can be.
        cover (THRESHOLD_W > INPUT_W || result == OUT_BITS'(Count - (32'(SIGNED_OUTPUT) << (OUT_BITS - 1))));
      end
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

endmodule

`default_nettype wire
