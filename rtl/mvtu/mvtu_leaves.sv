// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// First numbers of a binary dot product: for every three synapses the number of places where input and weight agree,
/// or are both 1, two bits of two 6-input LUTs, XNOR or AND included. The last number may be of one or two synapses.
/// Combinational.
///
/// A level of hierarchy of its own, kept in synthesis: merged with the adders behind it, Yosys' ABC takes the numbers
/// apart again and needs half as many LUTs more.
(* keep_hierarchy = "yes" *)
module mvtu_leaves #(
    /// Synapses, >= 1.
    parameter int SYNAPSES = 12,
    /// 1: places where both are 1 count; 0: where they agree.
    parameter bit IS_AND = 0,
    /// Numbers, and those of at least two synapses: only they have an upper bit.
    localparam int LEAVES = (SYNAPSES + 2) / 3,
    localparam int UPPERS = (SYNAPSES + 1) / 3
) (
    input  wire  [SYNAPSES-1:0] inputs,
    input  wire  [SYNAPSES-1:0] weights,
    output logic [  LEAVES-1:0] lower,
    /// Bits that weigh two; one more than there are, 0, so that there is one.
    output logic [    UPPERS:0] upper
);

  `FINN_CHECK(check_synapses, SYNAPSES >= 1, ("mvtu_leaves: SYNAPSES=%0d must be at least 1", SYNAPSES))

  logic [SYNAPSES-1:0] counted;

  assign counted = IS_AND ? inputs & weights : inputs ~^ weights;
  assign upper[UPPERS] = 1'b0;

  for (genvar i = 0; i < LEAVES; i++) begin : g_leaf
    localparam int Size = finn_pkg::min(3, SYNAPSES - 3 * i);
    logic [2:0] three;
    assign three = 3'(counted[3*i+:Size]);
    assign lower[i] = ^three;
    if (Size > 1) begin : g_upper
      assign upper[i] = (three[0] & three[1]) | (three[2] & (three[0] | three[1]));
    end
  end

endmodule

`default_nettype wire
