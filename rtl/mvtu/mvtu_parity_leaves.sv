// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// First bits of a binary dot product of running parities (mvtu_parities): of every two synapses but a run's first a
/// bit that weighs two, one 6-input LUT, and of every run the parity of all its products, of one of even length without
/// the last product, which comes beside it.
///
/// Places are products of the recoded bits. As the recoding is linear, a place with a parity of inputs and one of
/// weights has the parity of the products, and that is the lower bit of their sum already: what an adder of three bits
/// would compute in a LUT of its own stands in the memory of the weights. Combinational.
///
/// A level of hierarchy of its own, kept in synthesis, as mvtu_leaves.
(* keep_hierarchy = "yes" *)
module mvtu_parity_leaves #(
    /// Synapses, >= 1.
    parameter int SYNAPSES = 16,
    /// Synapses of a run but the last, odd, >= 3.
    parameter int RUN = 15,
    /// 1: places where the recoded bits differ are products that count; 0: where they agree.
    parameter bit IS_INVERTED = 0,
    localparam int CARRIES = mvtu_parity_pkg::carries(SYNAPSES, RUN),
    localparam int RESTS = SYNAPSES - 2 * CARRIES
) (
    /// Recoded by mvtu_parities, both.
    input  wire  [SYNAPSES-1:0] inputs,
    input  wire  [SYNAPSES-1:0] weights,
    output logic [   RESTS-1:0] rests,
    /// Bits that weigh two; one more than there are, 0, so that there is one.
    output logic [   CARRIES:0] carries
);

  logic [SYNAPSES-1:0] places;

  assign places = inputs ^ weights ^ {SYNAPSES{!IS_INVERTED}};
  assign carries[CARRIES] = 1'b0;

  for (genvar r = 0; r * RUN < SYNAPSES; r++) begin : g_run
    localparam int Size = finn_pkg::min(RUN, SYNAPSES - r * RUN);
    localparam int Pairs = (Size - 1) / 2;
    localparam int Alone = Size - 2 * Pairs;
    localparam int Before = r * ((RUN - 1) / 2);

    for (genvar k = 0; k < Pairs; k++) begin : g_pair
      localparam int From = r * RUN + 2 * k;
      // The parity before the pair, its first product, and the parity behind it: the second product is the sum of all.
      assign carries[Before+k] = (places[From] == places[From+1]) ? places[From] : !places[From+2];
    end
    assign rests[r+:Alone] = places[r*RUN+2*Pairs+:Alone];
  end

endmodule

`default_nettype wire
