// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// popcount: the count is the number of ones that came in LATENCY enabled cycles ago.
module popcount_proof #(
    parameter int WIDTH = 7,
    /// Where registers are, and how many one after the other.
    parameter int REGISTERS = 0,
    parameter int LATENCY = 0,
    localparam int COUNT_W = finn_pkg::count_width(WIDTH)
) (
    input wire aclk,
    input wire aresetn,
    input wire enable,

    input wire [WIDTH-1:0] bits
);

  logic [COUNT_W-1:0] count;
  // Index s: s enabled cycles ago; whether that was after the reset.
  logic [COUNT_W-1:0] expected[LATENCY+1];
  logic known[LATENCY+1];

  popcount #(
      .WIDTH(WIDTH),
      .REGISTERS(REGISTERS)
  ) dut (
      .*
  );

  reset_properties u_reset (.*);

  always_comb begin
    known[0] = aresetn;
    expected[0] = '0;
    for (int i = 0; i < WIDTH; i++) expected[0] = expected[0] + COUNT_W'(bits[i]);
  end

  for (genvar s = 1; s <= LATENCY; s++) begin : g_stage
    always_ff @(posedge aclk) begin
      if (enable) begin
        expected[s] <= expected[s-1];
        known[s] <= known[s-1];
      end
      if (!aresetn) known[s] <= 1'b0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn && known[LATENCY]) begin
      assert (count == expected[LATENCY]);
      cover (32'(count) == WIDTH);
    end
  end

endmodule

`default_nettype wire
