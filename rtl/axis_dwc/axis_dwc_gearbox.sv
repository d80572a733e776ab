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

  // ---- An input beat in its place ----
  logic [S_UNITS*UNIT-1:0] spare_q;
  logic spare_valid_q;
  logic [S_UNITS*UNIT-1:0] beat;
  logic [S_UNITS*UNIT-1:0] taken;
  logic beat_valid;
  logic [InW-1:0] in_beat_q;
  logic in_is_last_q;
  logic [BeatsW-1:0] beats;
  logic wraps;
  // A beat begins to move; it is in its place.
  logic begins;
  logic move;
  logic load;
  logic [Placed*UNIT-1:0] placed;
  logic [Placed*UNIT-1:0] placed_q;
  logic [BeatsW-1:0] placed_beats;
  logic [BeatsW-1:0] placed_beats_q;
  logic placed_valid_q;
  logic placed_ready;

  assign s_axis_tready = !spare_valid_q;
  assign beat = spare_valid_q ? spare_q : s_axis_tdata;
  assign beat_valid = spare_valid_q || s_axis_tvalid;
  assign beats = in_is_last_q ? BeatsW'(LastBeats) : BeatsW'(Beats) + BeatsW'(wraps);
  assign placed_ready = load || !placed_valid_q;

  // Bits beyond the frame's end are zeros from here on.
  if (LastIn == SUnits) begin : g_whole
    assign taken = beat;
  end else begin : g_part
    assign taken = in_is_last_q ? {{((S_UNITS - LastIn) * UNIT) {1'b0}}, beat[LastIn*UNIT-1:0]} : beat;
  end

  if (Step == 0) begin : g_still
    assign wraps = 1'b0;
    assign begins = beat_valid && placed_ready;
    assign move = begins;
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
      assign begins = beat_valid && placed_ready;
      assign move = begins;
      assign placed = turned;
      assign placed_beats = beats;
    end else begin : g_two_steps
      logic [Turned*UNIT-1:0] turned_q;
      logic [Fine-1:0] turned_place_q;
      logic [BeatsW-1:0] turned_beats_q;
      logic turned_valid_q;

      assign begins = beat_valid && (placed_ready || !turned_valid_q);
      assign move = turned_valid_q && placed_ready;
      assign placed_beats = turned_beats_q;

      always_ff @(posedge aclk) begin
        if (begins) begin
          turned_q <= turned;
          turned_place_q <= place_q[Fine-1:0];
          turned_beats_q <= beats;
        end
        turned_valid_q <= begins || (turned_valid_q && !move);
        if (!aresetn) turned_valid_q <= 1'b0;
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
    if (!spare_valid_q) spare_q <= s_axis_tdata;
    spare_valid_q <= beat_valid && !begins;
    if (begins) begin
      in_beat_q <= in_is_last_q ? '0 : in_beat_q + 1'b1;
      in_is_last_q <= BeatsIn == 1 || (!in_is_last_q && in_beat_q == InW'(finn_pkg::max(BeatsIn, 2) - 2));
    end
    if (move) begin
      placed_q <= placed;
      placed_beats_q <= placed_beats;
    end
    placed_valid_q <= move || (placed_valid_q && !load);
    if (!aresetn) begin
      spare_valid_q <= 1'b0;
      in_beat_q <= '0;
      in_is_last_q <= BeatsIn == 1;
      placed_valid_q <= 1'b0;
    end
  end

  // ---- Output beats ----
  logic [Merged*UNIT-1:0] merged_q;
  logic [Merged*UNIT-1:0] kept;
  logic [Merged*UNIT-1:0] added;
  // Those that are complete.
  logic [BeatsW-1:0] beats_q;
  logic pop;
  logic is_clear;

  assign m_axis_tdata = merged_q[M_UNITS*UNIT-1:0];
  assign m_axis_tvalid = beats_q != '0;
  assign pop = m_axis_tvalid && m_axis_tready;
  assign is_clear = beats_q == '0 || (beats_q == BeatsW'(1) && m_axis_tready);

  if (Merged > MUnits) begin : g_rest
    assign kept = pop ? (Merged * UNIT)'(merged_q[Merged*UNIT-1:M_UNITS*UNIT]) : merged_q;
  end else begin : g_no_rest
    assign kept = pop ? '0 : merged_q;
  end

  if (Overlaps) begin : g_overlaps
    logic is_behind;

    assign is_behind = beats_q == BeatsW'(2) && m_axis_tready;
    assign load = placed_valid_q && (is_clear || is_behind);
    always_comb begin
      added = '0;
      if (placed_valid_q && is_clear) added[Placed*UNIT-1:0] = placed_q;
      if (placed_valid_q && is_behind) added[Merged*UNIT-1:M_UNITS*UNIT] = placed_q[S_UNITS*UNIT-1:0];
    end
  end else begin : g_plain
    assign load  = placed_valid_q && is_clear;
    assign added = load ? placed_q : '0;
  end

  always_ff @(posedge aclk) begin
    merged_q <= kept | added;
    beats_q  <= (placed_valid_q && is_clear) ? placed_beats_q : beats_q - BeatsW'(pop);
    if (!aresetn) begin
      merged_q <= '0;
      beats_q  <= '0;
    end
  end

endmodule

`default_nettype wire
