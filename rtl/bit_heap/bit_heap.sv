// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Sum of a heap of bits: of any number of bits in every column, where a bit in column c weighs 2^c. Sums of bits (a
/// popcount), of numbers, or of both, in about 0.7 6-input LUTs a bit.
///
/// Levels of carry-chain adders whose other operand is a small sum in the same LUTs (bit_heap_level); the idea of
/// compressing with such adders is that of Preusser, "Generic and universal parallel matrix summation with a flexible
/// compression goal for Xilinx FPGAs", FPL 2017.
///
/// Latency: as many cycles as REGISTERS has ones below bit LEVELS. One sum a cycle while `enable` is high.
module bit_heap #(
    /// Bits in every column, 12 bits a column and column 0 lowest: bit_heap_pkg::filled(n, w) for n numbers of w bits.
    /// Those from column WIDTH on are not looked at; there must be one below.
    parameter logic [bit_heap_pkg::COLUMNS_W-1:0] HEIGHTS = bit_heap_pkg::filled(16, 1),
    /// Bits of the sum, 1 to bit_heap_pkg::COLUMNS; it is taken modulo 2^WIDTH.
    parameter int WIDTH = 5,
    /// Levels of adders, at least bit_heap_pkg::levels(HEIGHTS, WIDTH).
    parameter int LEVELS = bit_heap_pkg::levels(HEIGHTS, WIDTH),
    /// Bit l puts a register behind level l, the first being 0; bits from LEVELS on mean nothing.
    parameter int REGISTERS = 0,
    localparam int BITS = bit_heap_pkg::offset(HEIGHTS, bit_heap_pkg::COLUMNS)
) (
    input  wire              aclk,
    input  wire              enable,
    /// The columns one behind the other, column 0 in the least significant bits.
    input  wire  [ BITS-1:0] bits,
    output logic [WIDTH-1:0] sum
);

  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heights = bit_heap_pkg::cut(HEIGHTS, WIDTH);

  `FINN_CHECK(check_width, WIDTH >= 1 && WIDTH <= bit_heap_pkg::COLUMNS,
              ("bit_heap: WIDTH=%0d must be 1 to %0d", WIDTH, bit_heap_pkg::COLUMNS))
  `FINN_CHECK(check_heights, bit_heap_pkg::lowest(HEIGHTS) < WIDTH,
              ("bit_heap: HEIGHTS=%0h must have a bit below column WIDTH=%0d", HEIGHTS, WIDTH))
  `FINN_CHECK(check_levels, LEVELS < 31 && (LEVELS > 0 || bit_heap_pkg::is_number(Heights)),
              ("bit_heap: LEVELS must be 0 to 30, and not fewer than the heap needs"))
  `FINN_CHECK(check_registers, REGISTERS >= 0, ("bit_heap: REGISTERS=%0d must not be negative", REGISTERS))

`ifdef FINN_PLAIN_SUMS
  // The same sums and latency in plain arithmetic, for simulation: the adders are slow to compile and to run. Tests and
  // proofs compare the two. Synthesis must not see it.
  localparam int Delays = $countones(REGISTERS & (2 ** LEVELS - 1));

  for (genvar c = 0; c < WIDTH; c++) begin : g_column
    localparam int Height = bit_heap_pkg::at(Heights, c);
    logic [WIDTH-1:0] lower;
    logic [WIDTH-1:0] total;
    if (c == 0) begin : g_first
      assign lower = '0;
    end else begin : g_next
      assign lower = g_column[c-1].total;
    end
    if (Height > 0) begin : g_bits
      assign total = lower + (WIDTH'($unsigned($countones(bits[bit_heap_pkg::offset(Heights, c)+:Height]))) << c);
    end else begin : g_empty
      assign total = lower;
    end
  end

  for (genvar d = 0; d <= Delays; d++) begin : g_delay
    logic [WIDTH-1:0] value;
    if (d == 0) begin : g_now
      assign value = g_column[WIDTH-1].total;
    end else begin : g_register
      always_ff @(posedge aclk) begin
        if (enable) value <= g_delay[d-1].value;
      end
    end
  end

  assign sum = g_delay[Delays].value;
`else
  if (LEVELS == 0) begin : g_number
    for (genvar c = 0; c < WIDTH; c++) begin : g_bit
      if (bit_heap_pkg::at(Heights, c) > 0) begin : g_one
        assign sum[c] = bits[bit_heap_pkg::offset(Heights, c)];
      end else begin : g_none
        assign sum[c] = 1'b0;
      end
    end
  end else begin : g_level
    localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Next = bit_heap_pkg::is_number(Heights) ? Heights
        : bit_heap_pkg::cut(bit_heap_pkg::part(bit_heap_pkg::plan(Heights), bit_heap_pkg::NEXT), WIDTH);
    localparam int Here = bit_heap_pkg::offset(Heights, WIDTH);
    localparam int There = bit_heap_pkg::offset(Next, WIDTH);
    logic [There-1:0] sums;
    logic [There-1:0] heap;

    if (bit_heap_pkg::is_number(Heights)) begin : g_pass
      // A small heap beside larger ones: it only keeps step with their registers.
      assign sums = bits[Here-1:0];
    end else begin : g_add
      bit_heap_level #(
          .HEIGHTS(Heights),
          .WIDTH  (WIDTH)
      ) u_level (
          .bits(bits[Here-1:0]),
          .sums
      );
    end

    if (REGISTERS % 2 == 1) begin : g_register
      always_ff @(posedge aclk) begin
        if (enable) heap <= sums;
      end
    end else begin : g_wire
      assign heap = sums;
    end

    bit_heap #(
        .HEIGHTS  (Next),
        .WIDTH    (WIDTH),
        .LEVELS   (LEVELS - 1),
        .REGISTERS(REGISTERS / 2)
    ) u_rest (
        .aclk,
        .enable,
        .bits(heap),
        .sum
    );
  end
`endif

endmodule

`default_nettype wire
