// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Running parities of the inputs of an operand, plane by plane, as mvtu_dot_parities wants them: in runs of RUN lanes
/// every second lane but the first, of those that begin at 0, is replaced by the parity of all lanes of its run up to
/// itself. The weights in memory are recoded likewise (finn_rtl.ips.parities). Combinational.
module mvtu_parities #(
    /// Lanes, >= 1, and bits of each.
    parameter int SIMD = 16,
    parameter int INPUT_W = 1,
    /// Lanes of a run but the last, odd, >= 3.
    parameter int RUN = 15
) (
    input  wire  [SIMD*INPUT_W-1:0] plain,
    output logic [SIMD*INPUT_W-1:0] recoded
);

  `FINN_CHECK(check_run, RUN >= 3 && RUN % 2 == 1, ("mvtu_parities: RUN=%0d must be odd, and at least 3", RUN))

  // Each lane has a signal of its own: simulators would take a vector that is read where it is driven for a loop.
  for (genvar i = 0; i < SIMD; i++) begin : g_lane
    localparam int Place = i % RUN;
    logic [INPUT_W-1:0] lane;
    if (Place > 0 && Place % 2 == 0) begin : g_parity
      assign lane = plain[i*INPUT_W+:INPUT_W] ^ plain[(i-1)*INPUT_W+:INPUT_W] ^ g_lane[i-2].lane;
    end else begin : g_same
      assign lane = plain[i*INPUT_W+:INPUT_W];
    end
    assign recoded[i*INPUT_W+:INPUT_W] = lane;
  end

endmodule

`default_nettype wire
