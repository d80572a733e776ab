// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// ROWS sums of bits of one vector a cycle, each of the bits that count in it and of no others: rows of a matrix of
/// constant weights. A weight is a sum of powers of two with signs; a power adds the bits of its input so many columns
/// higher, inverted where the sign is negative, which is a constant off. A weight 0 is nothing.
///
/// With THRESHOLDS > 0 a row's level leaves, the number of its LIMITS that its sum reaches, with the bits of INVERT
/// turned over; constants of the row are in these limits. Else its sum leaves, modulo 2^RESULT_W, constants being bits
/// of the sum.
///
/// FIRST to INVERT follow from the weights and thresholds and hang together. Only the generator can set them
/// (finn_rtl.ips.terms); nothing here sees whether they agree.
///
/// Latency: as many cycles as REGISTERS has ones below bit LEVELS; one vector a cycle while `enable` is high.
module mvtu_unfolded_terms #(
    /// Bits of the vector, 1 to 65,535.
    parameter int INPUTS = 3,
    /// Rows, 1 to 255.
    parameter int ROWS = 2,
    /// Bits that the rows add up, all together, 1 to 4095.
    parameter int TERMS = 5,
    /// 2^RESULT_W - 1: a level of RESULT_W bits leaves. 0: the sum leaves.
    parameter int THRESHOLDS = 1,
    /// Bits of a sum: RESULT_W of one that leaves, else as many as the largest needs.
    parameter int SUM_W = 2,
    /// Bits of a result.
    parameter int RESULT_W = 1,
    /// Levels of adders, those of the deepest row or more.
    parameter int LEVELS = 1,
    /// Bit l puts a register behind level l, the first being 0; bits from LEVELS on mean nothing.
    parameter int REGISTERS = 0,
    /// Place of each row's first bit among all, 16 bits each.
    parameter logic [16*ROWS-1:0] FIRST = {16'd3, 16'd0},
    /// Bits in every column of each row's sum, as for bit_heap.
    parameter logic [bit_heap_pkg::COLUMNS_W*ROWS-1:0] HEIGHTS = {
      bit_heap_pkg::filled(1, 2), bit_heap_pkg::filled(3, 1)
    },
    /// Which bits of the vector they are, 16 bits each, row by row and column by column; INPUTS is the constant 1.
    parameter logic [16*TERMS-1:0] PICKS = {16'd1, 16'd0, 16'd2, 16'd1, 16'd0},
    /// Which of them are inverted.
    parameter logic [TERMS-1:0] FLIPS = '0,
    /// Least sums of each level above the lowest, SUM_W + 1 bits each, of row 0 first.
    parameter logic [finn_pkg::max(1, THRESHOLDS)*(SUM_W+1)*ROWS-1:0] LIMITS = {3'd1, 3'd2},
    /// Bits of the results that are turned over, row 0 in the least significant ones.
    parameter logic [ROWS*RESULT_W-1:0] INVERT = '0
) (
    input  wire                      aclk,
    input  wire                      enable,
    input  wire  [       INPUTS-1:0] inputs,
    output logic [ROWS*RESULT_W-1:0] results
);

  `FINN_CHECK(check_inputs, INPUTS >= 1 && INPUTS <= 65535,
              ("mvtu_unfolded_terms: INPUTS=%0d must be 1 to 65535", INPUTS))
  `FINN_CHECK(check_rows, ROWS >= 1 && ROWS <= 255, ("mvtu_unfolded_terms: ROWS=%0d must be 1 to 255", ROWS))
  `FINN_CHECK(check_terms, TERMS >= 1 && TERMS <= 4095, ("mvtu_unfolded_terms: TERMS=%0d must be 1 to 4095", TERMS))
  `FINN_CHECK(check_result, THRESHOLDS == 0 ? RESULT_W == SUM_W : THRESHOLDS == 2 ** RESULT_W - 1,
              ("mvtu_unfolded_terms: RESULT_W=%0d must be SUM_W=%0d, or have 2^RESULT_W - 1 = THRESHOLDS=%0d", RESULT_W,
               SUM_W, THRESHOLDS))

  /// Whether a sum is at least `least`; without a carry chain, for it meets its few bits in LUTs.
  function automatic logic reached(input logic [SUM_W-1:0] sum, input logic [SUM_W:0] least);
    int i;
    reached = 1'b1;
    for (i = 0; i < SUM_W; i = i + 1) begin
      reached = least[i] ? sum[i] && reached : sum[i] || reached;
    end
    reached = reached && !least[SUM_W];
  endfunction

  // The constant 1 stands above the vector.
  logic [INPUTS:0] picked;
  assign picked = {1'b1, inputs};

  for (genvar r = 0; r < ROWS; r++) begin : g_row
    localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heights =
        HEIGHTS[bit_heap_pkg::COLUMNS_W*r+:bit_heap_pkg::COLUMNS_W];
    localparam int Bits = bit_heap_pkg::offset(Heights, bit_heap_pkg::COLUMNS);
    localparam int First = int'(FIRST[16*r+:16]);
    logic [SUM_W-1:0] sum;

    if (Bits == 0) begin : g_empty
      assign sum = '0;
    end else begin : g_sum
      logic [Bits-1:0] bits;

      for (genvar i = 0; i < Bits; i++) begin : g_bit
        localparam int Pick = int'(PICKS[16*(First+i)+:16]);
        assign bits[i] = picked[Pick] ^ FLIPS[First+i];
      end

      bit_heap #(
          .HEIGHTS(Heights),
          .WIDTH(SUM_W),
          .LEVELS(LEVELS),
          .REGISTERS(REGISTERS)
      ) u_sum (
          .aclk,
          .enable,
          .bits,
          .sum
      );
    end

    if (THRESHOLDS == 0) begin : g_number
      assign results[r*RESULT_W+:RESULT_W] = sum ^ INVERT[r*RESULT_W+:RESULT_W];
    end else begin : g_level
      logic [THRESHOLDS-1:0] reaches;

      for (genvar t = 0; t < THRESHOLDS; t++) begin : g_limit
        assign reaches[t] = reached(sum, LIMITS[(SUM_W+1)*(THRESHOLDS*r+t)+:SUM_W+1]);
      end
      // Bit b of a level is whether an odd number of the multiples of 2^b are reached.
      for (genvar b = 0; b < RESULT_W; b++) begin : g_bit
        logic [2**(RESULT_W-b)-2:0] multiples;
        for (genvar m = 1; m < 2 ** (RESULT_W - b); m++) begin : g_multiple
          assign multiples[m-1] = reaches[m*2**b-1];
        end
        assign results[r*RESULT_W+b] = ^multiples ^ INVERT[r*RESULT_W+b];
      end
    end
  end

endmodule

`default_nettype wire
