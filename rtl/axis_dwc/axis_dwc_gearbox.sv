// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Converts between widths that do not divide each other, or whose frame ends inside a beat; part of axis_dwc.
///
/// Bits are counted in units. Each input beat has its place in the output beats, whatever the traffic: it is moved
/// there first, in one step or, where there are more than four places, in two, and then merged with what is left of the
/// beats before. A spare register takes the beat that comes while none of these can go on.
/// Latency 2 cycles from the beat that completes an output beat, 3 with two steps; max(beats in, beats out) cycles a
/// frame.
module axis_dwc_gearbox #(
    /// Bits of a unit, >= 1.
    parameter int UNIT = 2,
    /// Units of an input beat, >= 1.
    parameter int S_UNITS = 3,
    /// Units of an output beat, >= 1.
    parameter int M_UNITS = 2,
    /// Units of a frame, >= 1.
    parameter int FRAME = 6
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [S_UNITS*UNIT-1:0] s_axis_tdata,
    input  wire                     s_axis_tvalid,
    output logic                    s_axis_tready,

    output logic [M_UNITS*UNIT-1:0] m_axis_tdata,
    output logic                    m_axis_tvalid,
    input  wire                     m_axis_tready
);

  `FINN_CHECK(check_frame, FRAME >= 1, ("axis_dwc_gearbox: FRAME=%0d must be at least 1", FRAME))

  // At least 1, so that axis_dwc can refuse widths of 0.
  localparam int SUnits = finn_pkg::max(1, S_UNITS);
  localparam int MUnits = finn_pkg::max(1, M_UNITS);
  localparam int BeatsIn = finn_pkg::ceil_div(FRAME, SUnits);
  localparam int InW = finn_pkg::index_width(BeatsIn);
  // The last input beat: units of the frame in it, its place in an output beat, and the output beats that it completes.
  localparam int LastIn = FRAME - (BeatsIn - 1) * SUnits;
  localparam int LastPlace = (FRAME - LastIn) % MUnits;
  localparam int LastBeats = finn_pkg::ceil_div(LastPlace + LastIn, MUnits);
  // Any other completes so many or one more, and the next one's place is so much further.
  localparam int Beats = SUnits / MUnits;
  localparam int Step = SUnits % MUnits;
  localparam int MostBeats = finn_pkg::max(LastBeats, Beats + 1);
  localparam int BeatsW = finn_pkg::count_width(MostBeats);
  localparam int PlaceW = finn_pkg::index_width(MUnits);
  // Where output beats are the wider ones and the last input beat completes two, the next frame begins while the second
  // of them stands at the output.
  localparam bit Overlaps = SUnits < MUnits && LastBeats == 2;
  localparam int Placed = finn_pkg::max(MUnits, SUnits + (Step == 0 ? 0 : MUnits - 1));
  localparam int Merged = Overlaps ? SUnits + MUnits : Placed;
  // Bits of the widest register, and slices of them that know for themselves when to move: what says so is known late,
  // and wires to all bits are long.
  localparam int Widest = Merged * UNIT;
  localparam int Slices = finn_pkg::ceil_div(Widest, 32);
  localparam int SpareSlices = finn_pkg::ceil_div(S_UNITS * UNIT, 32);
  // What there is one of moves with the slice of this number, which has no bits where there are several.
  localparam int Steer = (Slices == 1) ? 0 : Slices;
  localparam int SpareSteer = (SpareSlices == 1) ? 0 : SpareSlices;

  // ---- An input beat in its place ----
  logic [S_UNITS*UNIT-1:0] spare_q;
  logic [SpareSteer:0] spare_valid_q;
  logic [S_UNITS*UNIT-1:0] beat;
  logic [S_UNITS*UNIT-1:0] taken;
  logic beat_valid;
  logic [InW-1:0] in_beat_q;
  logic in_is_last_q;
  logic [BeatsW-1:0] beats;
  logic wraps;
  // A beat begins to move.
  logic begins;
  logic [Placed*UNIT-1:0] placed;
  logic [Placed*UNIT-1:0] placed_q;
  logic [BeatsW-1:0] placed_beats;
  logic [BeatsW-1:0] placed_beats_q;
  // The beat that will be in its place is there; its place is free.
  logic [Steer:0] coming;
  logic [Steer:0] placed_ready;

  assign s_axis_tready = !spare_valid_q[SpareSteer];
  assign beat_valid = spare_valid_q[SpareSteer] || s_axis_tvalid;

  for (genvar s = 0; s < SpareSlices; s++) begin : g_spare
    localparam int Low = 32 * s;
    localparam int Bits = finn_pkg::min(32, S_UNITS * UNIT - Low);

    assign beat[Low+:Bits] = spare_valid_q[s] ? spare_q[Low+:Bits] : s_axis_tdata[Low+:Bits];

    always_ff @(posedge aclk) if (!spare_valid_q[s]) spare_q[Low+:Bits] <= s_axis_tdata[Low+:Bits];
  end

  assign beats = in_is_last_q ? BeatsW'(LastBeats) : BeatsW'(Beats) + BeatsW'(wraps);

  // Bits beyond the frame's end are zeros from here on.
  if (LastIn == SUnits) begin : g_whole
    assign taken = beat;
  end else begin : g_part
    assign taken = in_is_last_q ? {{((S_UNITS - LastIn) * UNIT) {1'b0}}, beat[LastIn*UNIT-1:0]} : beat;
  end

  if (Step == 0) begin : g_still
    assign wraps = 1'b0;
    assign begins = beat_valid && placed_ready[Steer];
    assign coming = {(Steer + 1) {beat_valid}};
    assign placed = (Placed * UNIT)'(taken);
    assign placed_beats = beats;
  end else begin : g_moving
    // Where there are many places, a register parts the shifter in two.
    localparam int Fine = (MUnits > 4) ? PlaceW / 2 : 0;
    localparam int Turned = SUnits + (((MUnits - 1) >> Fine) << Fine);
    logic [PlaceW-1:0] place_q;
    logic [Turned*UNIT-1:0] turned;

    assign wraps = place_q >= PlaceW'(MUnits - Step);

    always_ff @(posedge aclk) begin
      if (begins) begin
        place_q <= in_is_last_q ? '0 : wraps ? place_q - PlaceW'(MUnits - Step) : place_q + PlaceW'(Step);
      end
      if (!aresetn) place_q <= '0;
    end

    // Bit for bit of a unit, so that the shifter counts units.
    for (genvar b = 0; b < UNIT; b++) begin : g_coarse
      logic [S_UNITS-1:0] unit_bits;
      logic [ Turned-1:0] turned_bits;

      for (genvar u = 0; u < S_UNITS; u++) begin : g_taken
        assign unit_bits[u] = taken[u*UNIT+b];
      end
      assign turned_bits = Turned'(unit_bits) << (PlaceW'(place_q >> Fine) << Fine);
      for (genvar u = 0; u < Turned; u++) begin : g_turned
        assign turned[u*UNIT+b] = turned_bits[u];
      end
    end

    if (Fine == 0) begin : g_one_step
      assign begins = beat_valid && placed_ready[Steer];
      assign coming = {(Steer + 1) {beat_valid}};
      assign placed = turned;
      assign placed_beats = beats;
    end else begin : g_two_steps
      logic [Turned*UNIT-1:0] turned_q;
      logic [Fine-1:0] turned_place_q;
      logic [BeatsW-1:0] turned_beats_q;
      logic [Steer:0] turned_valid_q;
      logic [Steer:0] turned_ready;

      assign turned_ready = placed_ready | ~turned_valid_q;
      assign begins = beat_valid && turned_ready[Steer];
      assign coming = turned_valid_q;
      assign placed_beats = turned_beats_q;

      always_ff @(posedge aclk) begin
        turned_valid_q <= {(Steer + 1) {beat_valid}} | ~turned_ready;
        if (turned_ready[Steer]) begin
          turned_place_q <= place_q[Fine-1:0];
          turned_beats_q <= beats;
        end
        if (!aresetn) turned_valid_q <= '0;
      end

      for (genvar s = 0; s < Slices; s++) begin : g_turned_slice
        localparam int Low = 32 * s;
        localparam int Bits = finn_pkg::min(32, Turned * UNIT - Low);

        if (Bits > 0) begin : g_bits
          always_ff @(posedge aclk) if (turned_ready[s]) turned_q[Low+:Bits] <= turned[Low+:Bits];
        end
      end

      for (genvar b = 0; b < UNIT; b++) begin : g_fine
        logic [Turned-1:0] turned_bits;
        logic [Placed-1:0] placed_bits;

        for (genvar u = 0; u < Turned; u++) begin : g_turned
          assign turned_bits[u] = turned_q[u*UNIT+b];
        end
        assign placed_bits = Placed'(turned_bits) << turned_place_q;
        for (genvar u = 0; u < Placed; u++) begin : g_placed
          assign placed[u*UNIT+b] = placed_bits[u];
        end
      end
    end
  end

  always_ff @(posedge aclk) begin
    spare_valid_q <= begins ? '0 : spare_valid_q | {(SpareSteer + 1) {s_axis_tvalid}};
    if (begins) begin
      in_beat_q <= in_is_last_q ? '0 : in_beat_q + 1'b1;
      in_is_last_q <= BeatsIn == 1 || (!in_is_last_q && in_beat_q == InW'(finn_pkg::max(BeatsIn, 2) - 2));
    end
    if (placed_ready[Steer]) placed_beats_q <= placed_beats;
    if (!aresetn) begin
      spare_valid_q <= '0;
      in_beat_q <= '0;
      in_is_last_q <= BeatsIn == 1;
    end
  end

  // ---- Output beats ----
  logic [Merged*UNIT-1:0] merged_q;
  logic [Merged*UNIT-1:0] rest;
  // Where the beat in its place goes when nothing is left of the ones before, or behind an output beat.
  logic [Merged*UNIT-1:0] alone;
  logic [Merged*UNIT-1:0] behind;
  // Output beats that are complete.
  logic [BeatsW-1:0] beats_q;
  logic is_behind;

  assign m_axis_tdata = merged_q[M_UNITS*UNIT-1:0];
  assign is_behind = Overlaps && beats_q == BeatsW'(2) && m_axis_tready;
  assign rest = (Merged * UNIT)'({1'b0, merged_q} >> M_UNITS * UNIT);
  assign alone = (Merged * UNIT)'(placed_q);
  assign behind = Overlaps ? (Merged * UNIT)'({placed_q, {(M_UNITS * UNIT) {1'b0}}}) : '0;

  // Each slice's registers follow from themselves, so that synthesis does not take those of all slices for one.
  for (genvar s = 0; s <= Steer; s++) begin : g_slice
    logic placed_valid_q;
    // No output beat is complete; one is.
    logic is_none_q;
    logic is_one_q;
    logic clear;

    assign clear = is_none_q || (is_one_q && m_axis_tready);
    assign placed_ready[s] = !placed_valid_q || clear || is_behind;

    always_ff @(posedge aclk) begin
      placed_valid_q <= coming[s] || !placed_ready[s];
      is_none_q <= clear && !(placed_valid_q && placed_beats_q != '0);
      is_one_q <= clear ? placed_valid_q && placed_beats_q == BeatsW'(1) :
                  is_one_q || (m_axis_tready && 32'(beats_q) == 2);
      if (!aresetn) begin
        placed_valid_q <= 1'b0;
        is_none_q <= 1'b1;
        is_one_q <= 1'b0;
      end
    end

    if (s < Slices) begin : g_bits
      localparam int Low = 32 * s;
      localparam int Bits = finn_pkg::min(32, Widest - Low);
      localparam int PlacedBits = finn_pkg::min(32, Placed * UNIT - Low);
      logic [Bits-1:0] kept;
      logic [Bits-1:0] added;

      assign kept = (!is_none_q && m_axis_tready) ? rest[Low+:Bits] : merged_q[Low+:Bits];
      assign added = (placed_valid_q && clear ? alone[Low+:Bits] : '0) |
                     (placed_valid_q && is_behind ? behind[Low+:Bits] : '0);

      always_ff @(posedge aclk) begin
        merged_q[Low+:Bits] <= kept | added;
        if (!aresetn) merged_q[Low+:Bits] <= '0;
      end

      if (PlacedBits > 0) begin : g_placed
        always_ff @(posedge aclk) if (placed_ready[s]) placed_q[Low+:PlacedBits] <= placed[Low+:PlacedBits];
      end
    end

    if (s == Steer) begin : g_steer
      assign m_axis_tvalid = !is_none_q;

      always_ff @(posedge aclk) begin
        if (placed_valid_q && clear) beats_q <= placed_beats_q;
        else if (m_axis_tvalid && m_axis_tready) beats_q <= beats_q - 1'b1;
        if (!aresetn) beats_q <= '0;
      end
    end
  end

endmodule

`default_nettype wire
