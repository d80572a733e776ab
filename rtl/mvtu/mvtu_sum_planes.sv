// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Sum of columns of products of two bits each, a column weighing twice the one before.
///
/// Leaves make numbers of three products each (mvtu_plane_leaves). Levels of adders follow; an adder takes two more
/// products in the two LUTs of its carry chain, together with three bits of their column and one of the next. What
/// remains is a bit_heap. mvtu_products_pkg::columns tells how many there are of each.
///
/// Latency STAGES cycles; one sum a cycle while `enable` is high.
module mvtu_sum_planes #(
    /// Products in every column, 1 to 4095, and columns, 1 to 16.
    parameter int PRODUCTS = 16,
    parameter int COLUMNS = 2,
    /// 1: a product is the AND of its two bits; 0: their XNOR.
    parameter bit IS_AND = 0,
    /// 1: in the highest column the first of the two bits counts inverted.
    parameter bit IS_TOP_INVERTED = 0,
    /// Registers inside, 0 to the levels of logic. Only with all of them is there one behind the leaves.
    parameter int STAGES = 0,
    /// Bits of the sum; it is taken modulo 2^SUM_W.
    parameter int SUM_W = $clog2(PRODUCTS * (2 ** COLUMNS - 1) + 1)
) (
    input  wire                         aclk,
    input  wire                         enable,
    /// Column by column, column 0 in the least significant bits.
    input  wire  [PRODUCTS*COLUMNS-1:0] first,
    input  wire  [PRODUCTS*COLUMNS-1:0] second,
    output logic [           SUM_W-1:0] sum
);

  `FINN_CHECK(check_products, PRODUCTS >= 1 && PRODUCTS <= 4095,
              ("mvtu_sum_planes: PRODUCTS=%0d must be 1 to 4095", PRODUCTS))
  `FINN_CHECK(check_columns, COLUMNS >= 1 && COLUMNS <= 16,
              ("mvtu_sum_planes: COLUMNS=%0d must be 1 to 16", COLUMNS))

  localparam int Places = bit_heap_pkg::COLUMNS;
  localparam logic [mvtu_products_pkg::COLUMNS_PLAN_W-1:0] Plan = mvtu_products_pkg::columns(PRODUCTS, COLUMNS);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Leaves = mvtu_products_pkg::part(Plan, 0);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heap0 = mvtu_products_pkg::leaves_heap(PRODUCTS, Leaves);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heap1 =
      mvtu_products_pkg::after(Heap0, mvtu_products_pkg::part(Plan, 1));
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heap2 =
      mvtu_products_pkg::after(Heap1, mvtu_products_pkg::part(Plan, 2));
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heap3 =
      mvtu_products_pkg::after(Heap2, mvtu_products_pkg::part(Plan, 3));
  // Levels with adders.
  localparam int Adding = mvtu_products_pkg::levels(Plan);
  localparam int Levels = 1 + Adding + bit_heap_pkg::levels(Heap3, SUM_W);
  // Bit 0 puts a register behind the leaves, bit l behind level l of adders, those of the heap behind the others.
  localparam int Registers =
      2 * finn_pkg::cut_registers(Levels + 1, finn_pkg::min(STAGES, Levels - 1)) + ((STAGES == Levels) ? 1 : 0);

  `FINN_CHECK(check_stages, STAGES >= 0 && STAGES <= Levels,
              ("mvtu_sum_planes: STAGES=%0d must be 0 to %0d for PRODUCTS=%0d", STAGES, Levels, PRODUCTS))

  for (genvar l = 0; l <= Adding; l++) begin : g_level
    // The heap behind this level, and before it.
    localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heights =
        (l == 0) ? Heap0 : (l == 1) ? Heap1 : (l == 2) ? Heap2 : Heap3;
    localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Before = (l < 2) ? Heap0 : (l == 2) ? Heap1 : Heap2;
    localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Adders = mvtu_products_pkg::part(Plan, l);
    localparam int Bits = bit_heap_pkg::offset(Heights, Places);
    logic [Bits-1:0] bits;
    logic [Bits-1:0] heap;
    // The products, of which later levels use what is left: before this level, and behind it.
    logic [PRODUCTS*COLUMNS-1:0] came_left;
    logic [PRODUCTS*COLUMNS-1:0] came_right;
    logic [PRODUCTS*COLUMNS-1:0] left;
    logic [PRODUCTS*COLUMNS-1:0] right;

    if (l == 0) begin : g_leaves
      for (genvar c = 0; c < COLUMNS; c++) begin : g_column
        localparam int Taken = mvtu_products_pkg::in_leaves(PRODUCTS, mvtu_products_pkg::at(Leaves, c));
        localparam int Lowers = mvtu_products_pkg::at(Leaves, c);
        localparam int Uppers = mvtu_products_pkg::uppers(PRODUCTS, Lowers);
        localparam int Out = bit_heap_pkg::offset(Heights, c);
        localparam int OutNext = bit_heap_pkg::offset(Heights, c + 1) + mvtu_products_pkg::at(Leaves, c + 1);
        if (Taken > 0) begin : g_some
          logic [Uppers:0] upper;
          mvtu_plane_leaves #(
              .PRODUCTS(Taken),
              .IS_AND(IS_AND),
              .IS_INVERTED(IS_TOP_INVERTED && c == COLUMNS - 1)
          ) u_leaves (
              .first (first[c*PRODUCTS+:Taken]),
              .second(second[c*PRODUCTS+:Taken]),
              .lower (bits[Out+:Lowers]),
              .upper
          );
          if (Uppers > 0) begin : g_upper
            assign bits[OutNext+:Uppers] = upper[Uppers-1:0];
          end
        end
      end
    end else begin : g_adders
      for (genvar c = 0; c < Places; c++) begin : g_column
        localparam int Number = mvtu_products_pkg::at(Adders, c);
        localparam int Base = bit_heap_pkg::offset(Before, c);
        // Bits of this column for adders of the column below, for its own, and of the next for its own.
        localparam int Lower = mvtu_products_pkg::taken_above(Before, Adders, c);
        localparam int Own = mvtu_products_pkg::taken(Before, Adders, c);
        localparam int Above = mvtu_products_pkg::taken_above(Before, Adders, c + 1);
        localparam int BaseAbove = bit_heap_pkg::offset(Before, c + 1);
        localparam int Spare = mvtu_products_pkg::at(Before, c) - Lower - Own;
        // Products that came before.
        localparam int Used = mvtu_products_pkg::used(Plan, PRODUCTS, c, l);
        localparam int Out = bit_heap_pkg::offset(Heights, c);
        localparam int OutNext = bit_heap_pkg::offset(Heights, c + 1) + mvtu_products_pkg::at(Adders, c + 1);
        localparam int OutThird = bit_heap_pkg::offset(Heights, c + 2) + mvtu_products_pkg::at(Adders, c + 2)
                                + mvtu_products_pkg::at(Adders, c + 1);
        localparam int OutSpare = Out + Number + mvtu_products_pkg::at(Adders, c - 1)
                                + mvtu_products_pkg::at(Adders, c - 2);

        for (genvar i = 0; i < Number; i++) begin : g_adder
          localparam int Ones = finn_pkg::min(3, Own - 3 * i);
          localparam int Size = finn_pkg::min(2, PRODUCTS - Used - 2 * i);
          localparam int From = c * PRODUCTS + Used + 2 * i;
          logic [2:0] ones;
          logic [Size-1:0] a;
          logic [Size-1:0] b;
          logic [Size-1:0] products;
          logic [2:0] few;
          logic [3:0] taken;
          logic [3:0] computed;
          logic [3:0] total;
          assign ones = 3'(g_level[l-1].heap[Base+Lower+3*i+:Ones]);
          assign a = g_level[l-1].left[From+:Size] ^ {Size{IS_TOP_INVERTED && c == COLUMNS - 1}};
          assign b = g_level[l-1].right[From+:Size];
          assign products = IS_AND ? a & b : a ~^ b;
          assign few = {ones[2], 2'(products)};
          // As in bit_heap_level.
          if (i < Above) begin : g_above
            assign taken = {1'b0, g_level[l-1].heap[BaseAbove+i], ones[1:0]};
          end else begin : g_none
            assign taken = {2'b0, ones[1:0]};
          end
          assign computed = {1'b0, (few[0] & few[1]) | (few[2] & (few[0] | few[1])), ^few, ones[0]};
          assign total = taken - ~computed;
          assign bits[Out+i] = total[1];
          assign bits[OutNext+i] = total[2];
          assign bits[OutThird+i] = total[3];
        end

        if (Spare > 0) begin : g_spare
          assign bits[OutSpare+:Spare] = g_level[l-1].heap[Base+Lower+Own+:Spare];
        end
      end
    end

    if (l == 0) begin : g_first
      assign came_left  = first;
      assign came_right = second;
    end else begin : g_next
      assign came_left  = g_level[l-1].left;
      assign came_right = g_level[l-1].right;
    end

    if ((Registers >> l) % 2 == 1) begin : g_register
      always_ff @(posedge aclk) begin
        if (enable) begin
          heap  <= bits;
          left  <= came_left;
          right <= came_right;
        end
      end
    end else begin : g_wire
      assign heap  = bits;
      assign left  = came_left;
      assign right = came_right;
    end
  end

  bit_heap #(
      .HEIGHTS(Heap3),
      .WIDTH(SUM_W),
      .REGISTERS(Registers >> (Adding + 1))
  ) u_heap (
      .aclk,
      .enable,
      .bits(g_level[Adding].heap),
      .sum
  );

endmodule

`default_nettype wire
