// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Sum of a few products of a signed factor and an unsigned input, written for the multipliers of an FPGA: each product
/// and the addition of the one before can go into one of them, with the registers behind.
///
/// Latency: as many cycles as REGISTERS has ones. One sum a cycle while `enable` is high.
module mvtu_dsp_chain #(
    /// Products, >= 1.
    parameter int PRODUCTS = 2,
    /// Bits of a factor, two's complement, and of an input, unsigned.
    parameter int FACTOR_W = 25,
    parameter int INPUT_W = 4,
    /// Bit 0 puts a register behind every product, bit 1 behind the sum.
    parameter int REGISTERS = 0,
    localparam int SUM_W = FACTOR_W + INPUT_W + $clog2(PRODUCTS)
) (
    input  wire                          aclk,
    input  wire                          enable,
    input  wire  [PRODUCTS*FACTOR_W-1:0] factors,
    input  wire  [ PRODUCTS*INPUT_W-1:0] elements,
    output logic [            SUM_W-1:0] sum
);

  `FINN_CHECK(check_products, PRODUCTS >= 1, ("mvtu_dsp_chain: PRODUCTS=%0d must be at least 1", PRODUCTS))

  for (genvar i = 0; i < PRODUCTS; i++) begin : g_product
    logic signed [FACTOR_W-1:0] factor;
    logic signed [INPUT_W:0] element;
    (* use_dsp = "yes" *)
    logic signed [FACTOR_W+INPUT_W-1:0] product;
    logic signed [FACTOR_W+INPUT_W-1:0] product_d;
    logic signed [SUM_W-1:0] total;

    assign factor = $signed(factors[i*FACTOR_W+:FACTOR_W]);
    assign element = $signed({1'b0, elements[i*INPUT_W+:INPUT_W]});
    assign product_d = factor * element;

    if (REGISTERS % 2 == 1) begin : g_register
      always_ff @(posedge aclk) begin
        if (enable) product <= product_d;
      end
    end else begin : g_wire
      assign product = product_d;
    end

    if (i == 0) begin : g_first
      assign total = SUM_W'(product);
    end else begin : g_add
      assign total = g_product[i-1].total + SUM_W'(product);
    end
  end

  if (REGISTERS / 2 % 2 == 1) begin : g_sum_register
    always_ff @(posedge aclk) begin
      if (enable) sum <= $unsigned(g_product[PRODUCTS-1].total);
    end
  end else begin : g_sum_wire
    assign sum = $unsigned(g_product[PRODUCTS-1].total);
  end

endmodule

`default_nettype wire
