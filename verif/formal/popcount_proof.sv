// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// popcount, of every width from LEAST to WIDTH: the count is the number of ones that came in some enabled cycles ago.
module popcount_proof #(
    parameter int LEAST = 1,
    parameter int WIDTH = 7,
    /// Where registers are.
    parameter int REGISTERS = 0
) (
    input wire aclk,
    input wire aresetn,
    input wire enable,

    input wire [WIDTH-1:0] bits
);

  reset_properties u_reset (.*);

  for (genvar w = LEAST; w <= WIDTH; w++) begin : g_width
    localparam int CountW = finn_pkg::count_width(w);
    localparam int Levels = bit_heap_pkg::levels(bit_heap_pkg::filled(w, 1), CountW);
    logic [CountW-1:0] count;
    logic [CountW-1:0] expected;

    popcount #(
        .WIDTH(w),
        .REGISTERS(REGISTERS)
    ) dut (
        .aclk,
        .enable,
        .bits(bits[w-1:0]),
        .count
    );

    always_comb begin
      expected = '0;
      for (int i = 0; i < w; i++) expected = expected + CountW'(bits[i]);
    end

    pipeline_properties #(
        .WIDTH  (CountW),
        .LATENCY($countones(REGISTERS & (2 ** Levels - 1)))
    ) u_properties (
        .*,
        .result(count)
    );
  end

endmodule

`default_nettype wire
