// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Number of ones among WIDTH bits, in about 0.7 6-input LUTs a bit.
///
/// Latency: as many cycles as REGISTERS has ones below the number of levels. One result a cycle while `enable` is high.
module popcount #(
    /// Bits to count, 1 to 4095.
    parameter int WIDTH = 16,
    /// Bit l puts a register behind level l of the bit_heap, of which there are
    /// bit_heap_pkg::levels(bit_heap_pkg::filled(WIDTH, 1), COUNT_W).
    parameter int REGISTERS = 0,
    localparam int COUNT_W = finn_pkg::count_width(WIDTH)
) (
    input  wire                aclk,
    input  wire                enable,
    input  wire  [  WIDTH-1:0] bits,
    output logic [COUNT_W-1:0] count
);

  `FINN_CHECK(check_width, WIDTH >= 1 && WIDTH <= 4095, ("popcount: WIDTH=%0d must be 1 to 4095", WIDTH))

  bit_heap #(
      .HEIGHTS  (bit_heap_pkg::filled(WIDTH, 1)),
      .WIDTH    (COUNT_W),
      .REGISTERS(REGISTERS)
  ) u_heap (
      .aclk,
      .enable,
      .bits,
      .sum(count)
  );

endmodule

`default_nettype wire
