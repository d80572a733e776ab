// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Converts between widths that do not divide each other, or whose frame ends inside a beat; part of axis_dwc.
///
/// Bits are counted in units. A buffer long enough for the slower side never to wait takes each beat behind the
/// bits that it holds and gives its first bits away.
/// Latency 1 cycle from the beat that completes an output beat; max(beats in, beats out) cycles a frame.
module axis_dwc_gearbox #(
    /// Bits of a unit, >= 1.
    parameter int UNIT = 2,
    /// Units of an input beat, >= 1.
    parameter int S_UNITS = 3,
    /// Units of an output beat, >= 1.
    parameter int M_UNITS = 2,
    /// Input beats of a frame, >= 1.
    parameter int BEATS_IN = 2,
    /// Units of the frame in its last input beat, 1 to S_UNITS.
    parameter int LAST_IN = 3,
    /// Units of the frame in its last output beat, 1 to M_UNITS.
    parameter int LAST_OUT = 2
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [S_UNITS*UNIT-1:0] s_axis_tdata,
    input  wire                     s_axis_tvalid,
    output logic                    s_axis_tready,

    output logic [M_UNITS*UNIT-1:0] m_axis_tdata,
    output logic                    m_axis_tvalid,
    input  wire                     m_axis_tready,
    /// High while the output beat is the last of its frame.
    input  wire                     m_axis_is_last
);

  `FINN_CHECK(check_last_in, LAST_IN >= 1 && LAST_IN <= S_UNITS,
              ("axis_dwc_gearbox: LAST_IN=%0d must be 1 to S_UNITS=%0d", LAST_IN, S_UNITS))
  `FINN_CHECK(check_last_out, LAST_OUT >= 1 && LAST_OUT <= M_UNITS,
              ("axis_dwc_gearbox: LAST_OUT=%0d must be 1 to M_UNITS=%0d", LAST_OUT, M_UNITS))

  // At least 1, so that axis_dwc can refuse a width of 0.
  localparam int Narrower = finn_pkg::max(1, (S_UNITS < M_UNITS) ? S_UNITS : M_UNITS);
  localparam int Capacity = S_UNITS + M_UNITS + Narrower - 1;
  localparam int LevelW = finn_pkg::count_width(Capacity);
  // A beat is taken while it fits, so behind at most so many units.
  localparam int Behind = Capacity - S_UNITS;
  localparam int ShiftW = finn_pkg::count_width(Behind);
  localparam int InW = finn_pkg::index_width(BEATS_IN);

  logic [Capacity*UNIT-1:0] buffer_q;
  logic [Capacity*UNIT-1:0] kept;
  logic [S_UNITS*UNIT-1:0] taken;
  logic [Capacity*UNIT-1:0] placed;
  logic [LevelW-1:0] level_q;
  logic [LevelW-1:0] kept_level;
  logic [LevelW-1:0] give;
  logic [InW-1:0] in_beat_q;
  logic in_is_last;
  logic push;
  logic pop;

  assign in_is_last = in_beat_q == InW'(BEATS_IN - 1);
  assign give = $unsigned(LevelW'(m_axis_is_last ? LAST_OUT : M_UNITS));
  assign s_axis_tready = level_q <= LevelW'(Behind);
  assign m_axis_tvalid = level_q >= give;
  assign push = s_axis_tvalid && s_axis_tready;
  assign pop = m_axis_tvalid && m_axis_tready;
  assign kept_level = pop ? level_q - give : level_q;

  // The bits beyond the frame's end are cleared on both sides, so that the buffer holds zeros beyond its level.
  if (LAST_OUT == M_UNITS) begin : g_whole_out
    assign m_axis_tdata = buffer_q[M_UNITS*UNIT-1:0];
    assign kept = pop ? buffer_q >> (M_UNITS * UNIT) : buffer_q;
  end else begin : g_part_out
    assign m_axis_tdata = m_axis_is_last ? {{((M_UNITS - LAST_OUT) * UNIT) {1'b0}}, buffer_q[LAST_OUT*UNIT-1:0]}
                                         : buffer_q[M_UNITS*UNIT-1:0];
    assign kept = !pop ? buffer_q
                : m_axis_is_last ? buffer_q >> (LAST_OUT * UNIT) : buffer_q >> (M_UNITS * UNIT);
  end

  if (LAST_IN == S_UNITS) begin : g_whole_in
    assign taken = s_axis_tdata;
  end else begin : g_part_in
    assign taken = in_is_last ? {{((S_UNITS - LAST_IN) * UNIT) {1'b0}}, s_axis_tdata[LAST_IN*UNIT-1:0]}
                              : s_axis_tdata;
  end

  // The beat behind what is kept; bit for bit of a unit, so that the shifter counts units.
  for (genvar b = 0; b < UNIT; b++) begin : g_bit
    logic [S_UNITS-1:0] unit_bits;
    logic [Capacity-1:0] placed_bits;

    for (genvar u = 0; u < S_UNITS; u++) begin : g_taken
      assign unit_bits[u] = taken[u*UNIT+b];
    end
    assign placed_bits = Capacity'(unit_bits) << kept_level[ShiftW-1:0];
    for (genvar u = 0; u < Capacity; u++) begin : g_placed
      assign placed[u*UNIT+b] = placed_bits[u];
    end
  end

  always_ff @(posedge aclk) begin
    buffer_q <= kept;
    level_q  <= kept_level;
    if (push) begin
      buffer_q <= kept | placed;
      level_q <= kept_level + (in_is_last ? LevelW'(LAST_IN) : LevelW'(S_UNITS));
      in_beat_q <= in_is_last ? '0 : in_beat_q + 1'b1;
    end
    if (!aresetn) begin
      buffer_q  <= '0;
      level_q   <= '0;
      in_beat_q <= '0;
    end
  end

endmodule

`default_nettype wire
