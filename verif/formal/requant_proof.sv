// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// requant: any element of any beat is what integers say of its input, and tlast stays with its beat. The scales and
/// offsets are those of a file.
module requant_proof #(
    parameter int OUT_BITS = 2,
    parameter bit SIGNED_OUTPUT = 0,
    parameter int LOW = 0,
    parameter int HIGH = 3,
    parameter int INPUT_W = 3,
    parameter bit SIGNED_INPUT = 0,
    parameter int SCALE_W = 3,
    parameter int OFFSET_W = 4,
    parameter int SHIFT = 1,
    parameter int CHANNELS = 2,
    parameter int PE = 1,
    parameter USE_DSP = "auto",
    parameter int STAGES = 1,
    parameter SCALE_FILE = "",
    parameter OFFSET_FILE = ""
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

  localparam int NF = CHANNELS / PE;
  // Registers, that of the output not counted.
  localparam int Registers = 2 + STAGES;

  logic s_axis_tready;
  logic [PE*OUT_BITS-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(NF)-1:0] in_beat;
  logic [finn_pkg::index_width(NF)-1:0] out_beat;

  requant #(
      .OUT_BITS(OUT_BITS),
      .SIGNED_OUTPUT(SIGNED_OUTPUT),
      .LOW(LOW),
      .HIGH(HIGH),
      .INPUT_W(INPUT_W),
      .SIGNED_INPUT(SIGNED_INPUT),
      .SCALE_W(SCALE_W),
      .OFFSET_W(OFFSET_W),
      .SHIFT(SHIFT),
      .CHANNELS(CHANNELS),
      .PE(PE),
      .SCALE_FILE(SCALE_FILE),
      .OFFSET_FILE(OFFSET_FILE),
      .USE_DSP(USE_DSP),
      .STAGES(STAGES)
  ) dut (
      .*
  );

  stream_properties #(
      .S_WIDTH(PE * INPUT_W),
      .M_WIDTH(PE * OUT_BITS),
      .BEATS_IN(NF),
      .BEATS_OUT(NF),
      .FRAMES(1 + finn_pkg::ceil_div(Registers + 2, NF)),
      .CYCLES(Registers + 2),
      .USE_TLAST(0)
  ) u_properties (
      .*,
      .held()
  );

  logic [PE*SCALE_W-1:0] scales[NF];
  logic [PE*OFFSET_W-1:0] offsets[NF];

  initial $readmemh(SCALE_FILE, scales);
  initial $readmemh(OFFSET_FILE, offsets);

  logic [7:0] place_q;
  logic [7:0] lane_q;
  logic signed [31:0] value;
  logic signed [31:0] scale;
  logic signed [31:0] offset;
  logic signed [31:0] wanted;
  logic [OUT_BITS-1:0] wanted_q;
  logic last_q;
  logic [OUT_BITS-1:0] result;

  always_comb begin
    value  = '0;
    scale  = '0;
    offset = '0;
    result = '0;
    for (int p = 0; p < PE; p++) begin
      if (lane_q == 8'(p)) begin
        result = m_axis_tdata[p*OUT_BITS+:OUT_BITS];
        value  = SIGNED_INPUT ? 32'($signed(s_axis_tdata[p*INPUT_W+:INPUT_W]))
                              : $signed(32'(s_axis_tdata[p*INPUT_W+:INPUT_W]));
        scale  = 32'($signed(scales[in_beat][p*SCALE_W+:SCALE_W]));
        offset = 32'($signed(offsets[in_beat][p*OFFSET_W+:OFFSET_W]));
      end
    end
    // Plain 32-bit arithmetic, which is wide enough for the small numbers here.
    wanted = value * scale + offset;
    wanted = wanted >>> SHIFT;
    if (wanted < LOW) wanted = LOW;
    if (wanted > HIGH) wanted = HIGH;
  end

  always_ff @(posedge aclk) begin
    if (record && 8'(in_beat) == place_q) begin
      wanted_q <= wanted[OUT_BITS-1:0];
      last_q   <= s_axis_tlast;
    end
    if (!aresetn) begin
      place_q <= 32'(place) < NF ? place : '0;
      lane_q  <= 32'(lane) < PE ? lane : '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (compare && 8'(out_beat) == place_q) begin
        assert (result == wanted_q);
        assert (m_axis_tlast == last_q);
        cover (result == OUT_BITS'(HIGH));
        cover (result == OUT_BITS'(LOW));
      end
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

endmodule

`default_nettype wire
