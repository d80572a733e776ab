// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Dot product of SIMD binary inputs with SIMD binary weights as the popcount of their XNOR: the number of places
/// where they agree. The operand arithmetic of the MVTU; another one with the same ports can take its place.
///
/// Latency STAGES cycles; one product a cycle while `enable` is high.
module mvtu_dot_binary #(
    /// Elements, >= 1.
    parameter int SIMD = 16,
    /// Registers inside, 0 to popcount_height(SIMD) + 1.
    parameter int STAGES = 0,
    localparam int DOT_W = finn_pkg::count_width(SIMD)
) (
    input  wire              aclk,
    input  wire              enable,
    input  wire  [ SIMD-1:0] inputs,
    input  wire  [ SIMD-1:0] weights,
    output logic [DOT_W-1:0] dot
);

  `FINN_CHECK(check_stages, STAGES >= 0 && STAGES <= finn_pkg::popcount_height(SIMD) + 1,
              ("mvtu_dot_binary: STAGES=%0d must be 0 to %0d for SIMD=%0d", STAGES,
               finn_pkg::popcount_height(SIMD) + 1, SIMD))

  popcount #(
      .WIDTH(SIMD),
      .REGISTERS(finn_pkg::popcount_registers(SIMD, STAGES))
  ) u_popcount (
      .aclk,
      .enable,
      .bits (inputs ~^ weights),
      .count(dot)
  );

endmodule

`default_nettype wire
