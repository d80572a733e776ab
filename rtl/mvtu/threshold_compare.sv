// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Multi-threshold activation of one value: the number of thresholds t with value >= t.
///
/// Combinational. Thresholds are ascending, the smallest in the least significant bits, so that the comparisons form
/// a thermometer code.
module threshold_compare #(
    /// Number of thresholds, >= 1.
    parameter int COUNT = 3,
    /// Bits of the value and of a threshold, >= 1.
    parameter int WIDTH = 8,
    /// 1: value and thresholds are two's complement; 0: unsigned.
    parameter bit SIGNED_VALUES = 0,
    localparam int OUT_W = finn_pkg::count_width(COUNT)
) (
    input  wire  [      WIDTH-1:0] value,
    input  wire  [COUNT*WIDTH-1:0] thresholds,
    output logic [      OUT_W-1:0] level
);

  `FINN_CHECK(check_count, COUNT >= 1, ("threshold_compare: COUNT=%0d must be at least 1", COUNT))

  // Flipping the sign bit turns the order of two's complement numbers into that of unsigned ones.
  localparam bit [WIDTH-1:0] Flip = WIDTH'(SIGNED_VALUES) << (WIDTH - 1);

  // How many of the first thresholds the value reaches. No loop in a process: Icarus runs those in every cycle.
  for (genvar i = 0; i <= COUNT; i++) begin : g_first
    logic [OUT_W-1:0] reached;

    if (i == 0) begin : g_none
      assign reached = '0;
    end else begin : g_more
      assign reached = g_first[i-1].reached + OUT_W'((value ^ Flip) >= (thresholds[(i-1)*WIDTH+:WIDTH] ^ Flip));
    end
  end

  assign level = g_first[COUNT].reached;

endmodule

`default_nettype wire
