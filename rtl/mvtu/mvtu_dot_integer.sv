// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Dot product of SIMD integers with SIMD weights -1/+1, in ones' complement: the sum of all inputs, those with weight
/// bit 0 inverted. As -x = ~x + 1, it falls short of the true product by the number of weights -1.
///
/// A balanced tree of adders whose operands may stand inverted: a node is a number and a bit `flip` that says to invert
/// it. Where the lower operand is to be inverted, both are the other way round:
///   ~a + b = ~(a + ~b + 1).
/// So only the upper operand passes an XOR in front of an adder, which takes one LUT a bit. The first operand of all is
/// inverted itself: along the edge of the tree, down to `dot`, no bit is left to invert.
///
/// Latency STAGES cycles; one product a cycle while `enable` is high.
module mvtu_dot_integer #(
    /// Elements, >= 1.
    parameter int SIMD = 3,
    /// Registers inside, 0 to clog2(SIMD), each behind a level of adders; the last one behind the root.
    parameter int STAGES = 0,
    /// Bits of an input element, >= 1.
    parameter int INPUT_W = 8,
    /// 1: input elements are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUTS = 0,
    /// Bits of an operand, two's complement.
    localparam int OPERAND_W = INPUT_W + (SIGNED_INPUTS ? 0 : 1),
    localparam int DOT_W = OPERAND_W + $clog2(SIMD)
) (
    input  wire                            aclk,
    input  wire                            enable,
    input  wire         [SIMD*INPUT_W-1:0] inputs,
    input  wire         [        SIMD-1:0] weights,
    output logic signed [       DOT_W-1:0] dot
);

  localparam int Height = $clog2(SIMD);

  `FINN_CHECK(check_stages, STAGES >= 0 && STAGES <= Height,
              ("mvtu_dot_integer: STAGES=%0d must be 0 to %0d for SIMD=%0d", STAGES, Height, SIMD))

`ifdef FINN_PLAIN_SUMS
  // The same product and latency in plain arithmetic, for simulation: see bit_heap. Tests and proofs compare the two.
  for (genvar i = 0; i < SIMD; i++) begin : g_element
    logic [OPERAND_W-1:0] operand;
    logic signed [DOT_W-1:0] product;
    logic signed [DOT_W-1:0] total;

    assign operand = OPERAND_W'(inputs[i*INPUT_W+:INPUT_W]);
    assign product = DOT_W'($signed(operand ^ {OPERAND_W{!weights[i]}}));
    if (i == 0) begin : g_first
      assign total = product;
    end else begin : g_next
      assign total = g_element[i-1].total + product;
    end
  end

  if (STAGES == 0) begin : g_now
    assign dot = g_element[SIMD-1].total;
  end else begin : g_delay
    logic [STAGES*DOT_W-1:0] totals;
    always_ff @(posedge aclk) begin
      if (enable) totals <= (STAGES * DOT_W)'({totals, g_element[SIMD-1].total});
    end
    assign dot = $signed(totals[(STAGES-1)*DOT_W+:DOT_W]);
  end
`else
  localparam int Registers = finn_pkg::level_registers(Height, STAGES);

  for (genvar h = 0; h <= Height; h++) begin : g_level
    localparam int Nodes = finn_pkg::ceil_div(SIMD, 2 ** h);
    localparam int NodeW = OPERAND_W + h;
    logic [Nodes*NodeW-1:0] values;
    logic [Nodes-1:0] flips;

    if (h == 0) begin : g_operands
      for (genvar i = 0; i < SIMD; i++) begin : g_operand
        logic [OPERAND_W-1:0] operand;
        assign operand = OPERAND_W'(inputs[i*INPUT_W+:INPUT_W]);
        assign flips[i] = i != 0 && !weights[i];
        assign values[i*NodeW+:NodeW] = (i == 0 && !weights[0]) ? ~operand : operand;
      end
    end else begin : g_adders
      // Level below.
      localparam int LowerNodes = finn_pkg::ceil_div(SIMD, 2 ** (h - 1));
      localparam int LowerW = NodeW - 1;
      logic [Nodes*NodeW-1:0] sums;
      logic [Nodes-1:0] sum_flips;

      for (genvar i = 0; i < Nodes; i++) begin : g_node
        logic [LowerW-1:0] low;
        assign low = g_level[h-1].values[2*i*LowerW+:LowerW];
        assign sum_flips[i] = g_level[h-1].flips[2*i];

        if (2 * i + 1 < LowerNodes) begin : g_add
          // The carry into the sum comes out of one more bit below. Yosys puts the narrower operand of a signed sum
          // on the carry chain as it is: that must be `low`.
          logic [LowerW-1:0] high;
          logic [NodeW-1:0] turned;
          logic signed [LowerW:0] narrow;
          logic signed [NodeW:0] wide;
          logic signed [NodeW:0] sum;
          assign high = g_level[h-1].values[(2*i+1)*LowerW+:LowerW];
          assign turned = {high[LowerW-1], high} ^ {NodeW{sum_flips[i] ^ g_level[h-1].flips[2*i+1]}};
          assign narrow = $signed({low, sum_flips[i]});
          assign wide = $signed({turned, sum_flips[i]});
          assign sum = narrow + wide;
          assign sums[i*NodeW+:NodeW] = $unsigned(NodeW'(sum >>> 1));
        end else begin : g_pass
          assign sums[i*NodeW+:NodeW] = {low[LowerW-1], low};
        end
      end

      if ((Registers >> (h - 1)) % 2 == 1) begin : g_register
        always_ff @(posedge aclk) begin
          if (enable) begin
            values <= sums;
            flips  <= sum_flips;
          end
        end
      end else begin : g_wire
        assign values = sums;
        assign flips  = sum_flips;
      end
    end
  end

  assign dot = $signed(g_level[Height].values);
`endif

endmodule

`default_nettype wire
