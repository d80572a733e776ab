// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// bit_heap, of every heap with LEAST to MOST bits in its first column and so many in the next two: the sum is that of
/// the bits of some enabled cycles ago, modulo 2^WIDTH.
module bit_heap_proof #(
    parameter int LEAST = 1,
    parameter int MOST = 7,
    parameter int COLUMN1 = 0,
    parameter int COLUMN2 = 0,
    parameter int WIDTH = 6,
    /// Levels beyond those that the heap needs, and where registers are.
    parameter int MORE_LEVELS = 0,
    parameter int REGISTERS = 0
) (
    input wire aclk,
    input wire aresetn,
    input wire enable,

    input wire [MOST+COLUMN1+COLUMN2-1:0] bits
);

  reset_properties u_reset (.*);

  for (genvar n = LEAST; n <= MOST; n++) begin : g_size
    localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heights = bit_heap_pkg::heap(n, COLUMN1, COLUMN2);
    localparam int Levels = bit_heap_pkg::levels(Heights, WIDTH) + MORE_LEVELS;
    logic [WIDTH-1:0] sum;
    logic [WIDTH-1:0] expected;

    bit_heap #(
        .HEIGHTS(Heights),
        .WIDTH(WIDTH),
        .LEVELS(Levels),
        .REGISTERS(REGISTERS)
    ) dut (
        .aclk,
        .enable,
        .bits(bits[n+COLUMN1+COLUMN2-1:0]),
        .sum
    );

    always_comb begin
      expected = '0;
      for (int i = 0; i < n; i++) expected = expected + WIDTH'(bits[i]);
      for (int i = 0; i < COLUMN1; i++) expected = expected + WIDTH'({bits[n+i], 1'b0});
      for (int i = 0; i < COLUMN2; i++) expected = expected + WIDTH'({bits[n+COLUMN1+i], 2'b0});
    end

    pipeline_properties #(
        .WIDTH  (WIDTH),
        .LATENCY($countones(REGISTERS & (2 ** Levels - 1)))
    ) u_properties (
        .*,
        .result(sum)
    );
  end

endmodule

`default_nettype wire
