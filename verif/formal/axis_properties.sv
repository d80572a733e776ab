// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// The rules of AXI4-Stream for one stream: a beat that is offered stays as it is until it is taken.
///
/// Both rules look at two cycles in a row without a reset. In a simulation an unknown tvalid breaks them too. Only
/// plain registers and immediate assertions: proofs, with FORMAL defined, and simulations, whose testbench reads
/// `is_broken`, use the same module.
module axis_properties #(
    /// Bits of tdata, >= 1.
    parameter int WIDTH = 8,
    /// 1: the rules are assumed (the stream enters the design under proof); 0: they are asserted (it leaves it).
    parameter bit ASSUMED = 0
) (
    input wire aclk,
    input wire aresetn,

    input wire [WIDTH-1:0] tdata,
    input wire             tlast,
    input wire             tvalid,
    input wire             tready,

    /// A rule was broken since the last reset.
    output logic is_broken,
    /// Seen so far: two beats in a row; a beat after 7 cycles without one while the sink was ready; a beat that waited
    /// 7 cycles; a reset while a beat waited.
    output logic [3:0] shown
);

  // A beat was offered in the cycle before and not taken.
  logic waits_q;
  logic [WIDTH:0] beat_q;
  logic is_kept;

  initial waits_q = 1'b0;

  // Unknown bits, of a simulation, stay as they are too.
  assign is_kept = {tlast, tdata} === beat_q;

  always_ff @(posedge aclk) begin
    waits_q <= aresetn && tvalid && !tready;
    beat_q  <= {tlast, tdata};
  end

  initial is_broken = 1'b0;

  always_ff @(posedge aclk) begin
    if (!aresetn) is_broken <= 1'b0;
    else if (tvalid === 1'bx || (waits_q && (tvalid && is_kept) !== 1'b1)) is_broken <= 1'b1;
  end

  // Cycles without a beat while the sink is ready, cycles that a beat has waited, up to 7.
  logic taken_q;
  logic [2:0] idle_q;
  logic [2:0] wait_q;

  initial {taken_q, idle_q, wait_q, shown} = '0;

  always_ff @(posedge aclk) begin
    taken_q <= aresetn && tvalid && tready;
    idle_q  <= !aresetn || tvalid || !tready ? '0 : idle_q + 3'(idle_q != '1);
    wait_q  <= !aresetn || !tvalid || tready ? '0 : wait_q + 3'(wait_q != '1);
    if (aresetn && tvalid && tready) begin
      shown[2:0] <= shown[2:0] | {wait_q == '1, idle_q == '1, taken_q};
    end
    if (!aresetn && waits_q) shown[3] <= 1'b1;
  end

`ifdef FORMAL
  if (ASSUMED) begin : g_assume
    always_ff @(posedge aclk) begin
      if (aresetn && waits_q) begin
        assume (tvalid);
        assume (is_kept);
      end
    end
  end else begin : g_assert
    always_ff @(posedge aclk) begin
      if (aresetn && waits_q) begin
        assert (tvalid);
        assert (is_kept);
      end
    end
  end
`endif

endmodule

`default_nettype wire
