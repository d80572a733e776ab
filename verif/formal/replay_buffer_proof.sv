// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// replay_buffer: every vector leaves REPEATS times, whole and in order, and while it leaves the next one fits in.
///
/// `m_take` is the ready of a stream here, as far as there is a beat to take.
module replay_buffer_proof #(
    parameter int WIDTH = 1,
    parameter int LENGTH = 2,
    parameter int REPEATS = 2,
    parameter bit USE_BLOCK = 0,
    parameter bit USE_BANKS = 0
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The beat of the vector that is followed.
    input wire [7:0] place,

    input wire [WIDTH-1:0] s_axis_tdata,
    input wire             s_axis_tvalid,
    input wire             m_ready
);

  // In a vector's last pass its beats make room for the vector after the next, and read ahead before they leave.
  localparam bit IsAhead = USE_BLOCK || USE_BANKS;
  localparam int Frames = (LENGTH > 1 || IsAhead) ? 3 : 2;
  localparam int HeldW = finn_pkg::count_width(Frames + 1);

  logic s_axis_tready;
  logic [WIDTH-1:0] m_data;
  logic m_valid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(LENGTH)-1:0] in_beat;
  logic [finn_pkg::index_width(LENGTH*REPEATS)-1:0] out_beat;
  logic [HeldW-1:0] held;

  replay_buffer #(
      .WIDTH(WIDTH),
      .LENGTH(LENGTH),
      .REPEATS(REPEATS),
      .USE_BLOCK(USE_BLOCK),
      .USE_BANKS(USE_BANKS)
  ) dut (
      .*,
      .m_take(m_valid && m_ready)
  );

  stream_properties #(
      .S_WIDTH(WIDTH),
      .M_WIDTH(WIDTH),
      .BEATS_IN(LENGTH),
      .BEATS_OUT(LENGTH * REPEATS),
      .FRAMES(Frames),
      .CYCLES(2 + int'(IsAhead)),
      .USE_TLAST(0)
  ) u_properties (
      .*,
      .s_axis_tlast (1'b0),
      .m_axis_tdata (m_data),
      .m_axis_tlast (1'b0),
      .m_axis_tvalid(m_valid),
      .m_axis_tready(m_ready)
  );

  logic [7:0] place_q;
  logic [WIDTH-1:0] beat_q;
  logic is_place;

  always_comb begin
    is_place = 1'b0;
    for (int i = 0; i < REPEATS; i++) if (32'(out_beat) == i * LENGTH + 32'(place_q)) is_place = 1'b1;
  end

  always_ff @(posedge aclk) begin
    if (record && 8'(in_beat) == place_q) beat_q <= s_axis_tdata;
    if (!aresetn) place_q <= 32'(place) < LENGTH ? place : '0;
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (compare && is_place) assert (m_data == beat_q);
      if (32'(held) < 2) assert (s_axis_tready);
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

endmodule

`default_nettype wire
