// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Dot product of SIMD binary inputs with SIMD binary weights as the popcount of their XNOR, the number of places where
/// they agree, or with IS_AND of their AND. The operand arithmetic of the MVTU; another one with the same ports can
/// take its place.
///
/// Neither takes a LUT of its own. Three synapses make a number of two bits in two 6-input LUTs (mvtu_leaves). For
/// every eleven synapses there is an adder, which takes two of them in the two LUTs of its carry chain, together with
/// the number that three others make and the lower bits of two more such numbers. What remains is a bit_heap.
///
/// Latency STAGES cycles; one product a cycle while `enable` is high.
module mvtu_dot_binary #(
    /// Elements, 1 to 8190.
    parameter int SIMD = 16,
    /// Registers inside, 0 to the levels of logic: 2 and those of the heap. Only with all of them is there one behind
    /// the first level.
    parameter int STAGES = 0,
    /// 1: places where input and weight are both 1 count; 0: where they agree.
    parameter bit IS_AND = 0,
    localparam int DOT_W = finn_pkg::count_width(SIMD)
) (
    input  wire              aclk,
    input  wire              enable,
    input  wire  [ SIMD-1:0] inputs,
    input  wire  [ SIMD-1:0] weights,
    output logic [DOT_W-1:0] dot
);

  `FINN_CHECK(check_simd, SIMD >= 1 && SIMD <= 8190, ("mvtu_dot_binary: SIMD=%0d must be 1 to 8190", SIMD))
  // Adders that take two synapses each; 4 to 6 synapses have one too, because it leaves the heap nothing to add. Leaves
  // of up to three synapses, and those of at least two, which have an upper bit.
  localparam int Adders = (SIMD >= 4 && SIMD <= 6) ? 1 : SIMD / 11;
  localparam int Leaves = (SIMD - 2 * Adders + 2) / 3;
  localparam int Uppers = (SIMD - 2 * Adders + 1) / 3;
  // Lower bits of the leaves that the adders take; of the upper bits each takes one.
  localparam int LowersTaken = finn_pkg::min(3 * Adders, Leaves);
  // The heap is what they leave, and the adders' sums.
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heights =
      bit_heap_pkg::cut(bit_heap_pkg::heap(Leaves - LowersTaken + Adders, Uppers, Adders), DOT_W);
  localparam int Levels = 2 + bit_heap_pkg::levels(Heights, DOT_W);

  `FINN_CHECK(check_stages, STAGES >= 0 && STAGES <= Levels,
              ("mvtu_dot_binary: STAGES=%0d must be 0 to %0d for SIMD=%0d", STAGES, Levels, SIMD))

`ifdef FINN_PLAIN_SUMS
  // The same product and latency in plain arithmetic, for simulation: see bit_heap. Tests and proofs compare the two.
  logic [DOT_W-1:0] count;

  assign count = DOT_W'($unsigned($countones(IS_AND ? inputs & weights : inputs ~^ weights)));

  if (STAGES == 0) begin : g_now
    assign dot = count;
  end else begin : g_delay
    logic [STAGES*DOT_W-1:0] counts;
    always_ff @(posedge aclk) begin
      if (enable) counts <= (STAGES * DOT_W)'({counts, count});
    end
    assign dot = counts[(STAGES-1)*DOT_W+:DOT_W];
  end
`else
  localparam int Bits = bit_heap_pkg::offset(Heights, bit_heap_pkg::COLUMNS);
  // Bit 0 puts a register in front of the heap, where two levels lie behind; bit l behind the heap's level l - 1.
  localparam int Registers = finn_pkg::cut_registers(Levels + 1, finn_pkg::min(STAGES, Levels - 1));

  // Of the leaves: as they come and behind the first register. Of upper bits there is one more than there are, so that
  // there is one.
  logic [Leaves-1:0] leaf_lower;
  logic [Uppers:0] leaf_upper;
  logic [Leaves-1:0] lower;
  logic [Uppers:0] upper;
  logic [Adders*3:0] sums;

  mvtu_leaves #(
      .SYNAPSES(SIMD - 2 * Adders),
      .IS_AND(IS_AND)
  ) u_leaves (
      .inputs (inputs[SIMD-1:2*Adders]),
      .weights(weights[SIMD-1:2*Adders]),
      .lower(leaf_lower),
      .upper(leaf_upper)
  );

  if (STAGES == Levels) begin : g_leaf_register
    always_ff @(posedge aclk) begin
      if (enable) begin
        lower <= leaf_lower;
        upper <= leaf_upper;
      end
    end
  end else begin : g_leaf_wire
    assign lower = leaf_lower;
    assign upper = leaf_upper;
  end

  for (genvar i = 0; i < Adders; i++) begin : g_adder
    localparam int Ones = finn_pkg::min(3, LowersTaken - 3 * i);
    logic [1:0] some_inputs;
    logic [1:0] some_weights;
    logic [2:0] ones;
    logic [1:0] both;
    logic [2:0] few;
    logic [3:0] taken;
    logic [3:0] computed;
    logic [3:0] sum;
    assign ones = 3'(lower[3*i+:Ones]);
    assign both = some_inputs & some_weights;
    assign few  = {ones[2], IS_AND ? both : some_inputs ~^ some_weights};
    // As in bit_heap_level.
    assign taken = {1'b0, upper[i], ones[1:0]};
    assign computed = {1'b0, (few[0] & few[1]) | (few[2] & (few[0] | few[1])), ^few, ones[0]};
    assign sum = taken - ~computed;
    assign sums[3*i+:3] = sum[3:1];

    if (STAGES == Levels) begin : g_operand_register
      always_ff @(posedge aclk) begin
        if (enable) begin
          some_inputs  <= inputs[2*i+:2];
          some_weights <= weights[2*i+:2];
        end
      end
    end else begin : g_plain
      assign some_inputs  = inputs[2*i+:2];
      assign some_weights = weights[2*i+:2];
    end
  end

  assign sums[Adders*3] = 1'b0;

  // ---- The heap: what the adders left, and their sums ----
  logic [Bits-1:0] bits;
  logic [Bits-1:0] heap;

  localparam int Base1 = bit_heap_pkg::offset(Heights, 1);
  localparam int Base2 = bit_heap_pkg::offset(Heights, 2);

  for (genvar i = LowersTaken; i < Leaves; i++) begin : g_lower
    assign bits[i-LowersTaken] = lower[i];
  end
  for (genvar i = Adders; i < Uppers; i++) begin : g_upper
    assign bits[Base1+i-Adders] = upper[i];
  end
  for (genvar i = 0; i < Adders; i++) begin : g_sum
    assign bits[Leaves-LowersTaken+i] = sums[3*i];
    assign bits[Base1+Uppers-Adders+i] = sums[3*i+1];
    assign bits[Base2+i] = sums[3*i+2];
  end

  if (Registers % 2 == 1) begin : g_register
    always_ff @(posedge aclk) begin
      if (enable) heap <= bits;
    end
  end else begin : g_wire
    assign heap = bits;
  end

  bit_heap #(
      .HEIGHTS(Heights),
      .WIDTH(DOT_W),
      .REGISTERS(Registers / 2)
  ) u_heap (
      .aclk,
      .enable,
      .bits(heap),
      .sum (dot)
  );
`endif

endmodule

`default_nettype wire
