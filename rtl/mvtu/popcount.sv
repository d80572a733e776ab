// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Number of ones among WIDTH bits: leaves of three bits (one 6-input LUT a result bit, together with the XNOR in
/// front of them), then a balanced tree of adders.
///
/// Latency: as many cycles as REGISTERS has ones. One result a cycle while `enable` is high.
module popcount #(
    /// Bits to count, >= 1.
    parameter int WIDTH = 16,
    /// Levels of adders above the leaves, at least clog2(ceil(WIDTH / 3)).
    parameter int HEIGHT = finn_pkg::popcount_height(WIDTH),
    /// Bit h puts a register behind level h; the leaves are level 0.
    parameter int REGISTERS = 0,
    localparam int COUNT_W = finn_pkg::count_width(WIDTH)
) (
    input  wire                aclk,
    input  wire                enable,
    input  wire  [  WIDTH-1:0] bits,
    output logic [COUNT_W-1:0] count
);

  `FINN_CHECK(check_width, WIDTH >= 1, ("popcount: WIDTH=%0d must be at least 1", WIDTH))
  `FINN_CHECK(check_height, HEIGHT >= finn_pkg::popcount_height(WIDTH) && HEIGHT < 31,
              ("popcount: HEIGHT=%0d must be %0d to 30 for WIDTH=%0d", HEIGHT, finn_pkg::popcount_height(WIDTH), WIDTH))

  logic [COUNT_W-1:0] sum;

  if (HEIGHT == 0) begin : g_leaf
    always_comb begin
      sum = '0;
      for (int i = 0; i < WIDTH; i++) sum = sum + COUNT_W'(bits[i]);
    end
  end else if (WIDTH <= 3) begin : g_pass
    // A short branch beside longer ones: it only keeps step with their registers.
    popcount #(
        .WIDTH(WIDTH),
        .HEIGHT(HEIGHT - 1),
        .REGISTERS(REGISTERS)
    ) u_lower (
        .aclk,
        .enable,
        .bits,
        .count(sum)
    );
  end else begin : g_node
    // Whole leaves to the lower half.
    localparam int LowW = finn_pkg::ceil_div(WIDTH, 6) * 3;
    localparam int HighW = WIDTH - LowW;
    logic [finn_pkg::count_width(LowW)-1:0] low;
    logic [finn_pkg::count_width(HighW)-1:0] high;

    popcount #(
        .WIDTH(LowW),
        .HEIGHT(HEIGHT - 1),
        .REGISTERS(REGISTERS)
    ) u_low (
        .aclk,
        .enable,
        .bits (bits[LowW-1:0]),
        .count(low)
    );

    popcount #(
        .WIDTH(HighW),
        .HEIGHT(HEIGHT - 1),
        .REGISTERS(REGISTERS)
    ) u_high (
        .aclk,
        .enable,
        .bits (bits[WIDTH-1:LowW]),
        .count(high)
    );

    assign sum = COUNT_W'(low) + COUNT_W'(high);
  end

  if ((REGISTERS >> HEIGHT) % 2 == 1) begin : g_register
    always_ff @(posedge aclk) begin
      if (enable) count <= sum;
    end
  end else begin : g_wire
    assign count = sum;
  end

endmodule

`default_nettype wire
