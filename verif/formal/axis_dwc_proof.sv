// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// axis_dwc: bit i of a frame in is bit i of that frame out, for any i, and the bits behind the frame's last are zero.
module axis_dwc_proof #(
    parameter int S_WIDTH = 2,
    parameter int M_WIDTH = 4,
    parameter int FRAME_BITS = 0
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The bit that is followed.
    input wire [15:0] place,

    input wire [S_WIDTH-1:0] s_axis_tdata,
    input wire               s_axis_tvalid,
    input wire               m_axis_tready
);

  localparam int FrameBits = (FRAME_BITS == 0) ? S_WIDTH / finn_pkg::gcd(S_WIDTH, M_WIDTH) * M_WIDTH : FRAME_BITS;
  localparam int BeatsIn = finn_pkg::ceil_div(FrameBits, S_WIDTH);
  localparam int BeatsOut = finn_pkg::ceil_div(FrameBits, M_WIDTH);
  localparam bit Divides = FrameBits % S_WIDTH == 0 && FrameBits % M_WIDTH == 0 &&
                           (S_WIDTH % M_WIDTH == 0 || M_WIDTH % S_WIDTH == 0);
  localparam int MUnits = M_WIDTH / finn_pkg::gcd(finn_pkg::gcd(S_WIDTH, M_WIDTH), FrameBits);
  // Frames that fit between the two sides: short ones several.
  localparam int Frames = 2 + finn_pkg::ceil_div(4 * S_WIDTH + 2 * M_WIDTH, FrameBits);

  logic s_axis_tready;
  logic [M_WIDTH-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(BeatsIn)-1:0] in_beat;
  logic [finn_pkg::index_width(BeatsOut)-1:0] out_beat;
  logic [15:0] place_q;
  logic bit_q;

  axis_dwc #(
      .S_WIDTH(S_WIDTH),
      .M_WIDTH(M_WIDTH),
      .FRAME_BITS(FRAME_BITS)
  ) dut (
      .*
  );

  stream_properties #(
      .S_WIDTH(S_WIDTH),
      .M_WIDTH(M_WIDTH),
      .BEATS_IN(BeatsIn),
      .BEATS_OUT(BeatsOut),
      .FRAMES(Frames),
      .CYCLES(BeatsIn + (Divides ? 1 : MUnits > 4 && S_WIDTH % M_WIDTH != 0 ? 3 : 2))
  ) u_properties (
      .*,
      .s_axis_tlast(1'b0),
      .held()
  );

  always_ff @(posedge aclk) begin
    if (!aresetn) place_q <= 32'(place) < BeatsOut * M_WIDTH ? place : '0;
  end

  always_ff @(posedge aclk) begin
    for (int i = 0; i < S_WIDTH; i++) begin
      if (record && 32'(in_beat) * S_WIDTH + i == 32'(place_q)) bit_q <= s_axis_tdata[i];
    end
  end

  always_ff @(posedge aclk) begin
    for (int i = 0; i < M_WIDTH; i++) begin
      if (aresetn && compare && 32'(out_beat) * M_WIDTH + i == 32'(place_q)) begin
        assert (m_axis_tdata[i] == (32'(place_q) < FrameBits ? bit_q : 1'b0));
      end
    end
  end

  always_ff @(posedge aclk) if (aresetn) cover (s_axis_tvalid && !s_axis_tready);

endmodule

`default_nettype wire
