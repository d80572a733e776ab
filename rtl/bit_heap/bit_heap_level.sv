// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// One level of a bit_heap: counters and a chain, as bit_heap_pkg::plan tells. Combinational.
///
/// An adder here is `taken - ~computed`, which is taken + computed + 1: the bits taken as they are must go on the carry
/// chain as they are, and of a sum Yosys may put either operand there. The carry-in stands in both operands, one bit
/// below the others, where the 1 carries it on.
///
/// Columns follow each other in `bits` and in `sums`, column 0 in the least significant bits. The bits of a column are
/// taken in the order: counters, counters of the column below, of the second below, chain, left over.
module bit_heap_level #(
    /// Bits of every column, none from column WIDTH on.
    parameter logic [bit_heap_pkg::COLUMNS_W-1:0] HEIGHTS = bit_heap_pkg::filled(7, 1),
    /// Columns; sums beyond are dropped.
    parameter int WIDTH = 3,
    localparam logic [bit_heap_pkg::PLAN_W-1:0] PLAN = bit_heap_pkg::plan(HEIGHTS),
    localparam logic [bit_heap_pkg::COLUMNS_W-1:0] NEXT =
        bit_heap_pkg::cut(bit_heap_pkg::part(PLAN, bit_heap_pkg::NEXT), WIDTH),
    localparam int BITS = bit_heap_pkg::offset(HEIGHTS, WIDTH),
    localparam int SUMS = bit_heap_pkg::offset(NEXT, WIDTH)
) (
    input  wire  [BITS-1:0] bits,
    output logic [SUMS-1:0] sums
);

  `FINN_CHECK(check_heights, bit_heap_pkg::cut(HEIGHTS, WIDTH) == HEIGHTS,
              ("bit_heap_level: HEIGHTS=%0h must have no bits from column WIDTH=%0d on", HEIGHTS, WIDTH))

  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Counters = bit_heap_pkg::part(PLAN, bit_heap_pkg::COUNTERS);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Beside = bit_heap_pkg::part(PLAN, bit_heap_pkg::BESIDE);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Above = bit_heap_pkg::part(PLAN, bit_heap_pkg::ABOVE);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Span = bit_heap_pkg::part(PLAN, bit_heap_pkg::SPAN);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Terms = bit_heap_pkg::part(PLAN, bit_heap_pkg::TERMS);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Later = bit_heap_pkg::part(PLAN, bit_heap_pkg::LATER);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Direct = bit_heap_pkg::part(PLAN, bit_heap_pkg::DIRECT);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Carry = bit_heap_pkg::part(PLAN, bit_heap_pkg::CARRY);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Chained = bit_heap_pkg::part(PLAN, bit_heap_pkg::CHAINED);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Sum = bit_heap_pkg::part(PLAN, bit_heap_pkg::SUM);

  // The chain's carry-in, and by column its operands and its sum.
  logic carry;
  logic [WIDTH-1:0] direct;
  logic [WIDTH-1:0] pieces;
  // Sums of the pieces that begin in each column, three bits each. Not in the columns' own scopes, where Verilator 5.48
  // does not find them in every heap.
  logic [3*WIDTH-1:0] piece_sums;
  logic [WIDTH-1:0] chain;

  for (genvar c = 0; c < WIDTH; c++) begin : g_column
    localparam int Base = bit_heap_pkg::offset(HEIGHTS, c);
    localparam int Fives = bit_heap_pkg::at(Counters, c);
    localparam int Low = bit_heap_pkg::at(Beside, c);
    localparam int Lower = bit_heap_pkg::at(Above, c);
    // Counters of this column that take a bit of the next, and of the one after it.
    localparam int Next = bit_heap_pkg::at(Beside, c + 1);
    localparam int Third = bit_heap_pkg::at(Above, c + 2);
    localparam int BaseNext = bit_heap_pkg::offset(HEIGHTS, c + 1) + 7 * bit_heap_pkg::at(Counters, c + 1);
    localparam int BaseThird = bit_heap_pkg::offset(HEIGHTS, c + 2) + 7 * bit_heap_pkg::at(Counters, c + 2)
                               + bit_heap_pkg::at(Beside, c + 2);
    localparam int Out = bit_heap_pkg::offset(NEXT, c);

    // ---- Counters ----
    // Bit 3 of a counter's sum counts only where it took more than its seven.
    logic [finn_pkg::max(1, Fives)*4-1:0] counts;

    for (genvar i = 0; i < Fives; i++) begin : g_counter
      logic [2:0] five;
      logic [4:0] taken;
      logic [4:0] computed;
      logic [4:0] sum;

      bit_heap_count u_five (
          .first (bits[Base+7*i+:3]),
          .second(bits[Base+7*i+3+:2]),
          .count (five)
      );

      assign taken[1:0] = bits[Base+7*i+5+:2];
      if (i < Next) begin : g_next
        assign taken[2] = bits[BaseNext+i];
      end else begin : g_no_next
        assign taken[2] = 1'b0;
      end
      if (i < Third) begin : g_above
        assign taken[3] = bits[BaseThird+i];
      end else begin : g_no_above
        assign taken[3] = 1'b0;
      end
      assign taken[4] = 1'b0;
      assign computed = {1'b0, five, taken[0]};
      assign sum = taken - ~computed;
      assign counts[4*i+:4] = sum[4:1];

      assign sums[Out+i] = counts[4*i];
    end

    if (Fives == 0) begin : g_no_counters
      assign counts = '0;
    end

    // ---- Chain ----
    localparam int Chain = Base + 7 * Fives + Low + Lower;
    localparam int Columns = bit_heap_pkg::at(Span, c);
    localparam int Ones = bit_heap_pkg::at(Terms, c);
    localparam int Second = bit_heap_pkg::at(Later, c);
    localparam int HasCarry = bit_heap_pkg::at(Carry, c);
    localparam int Direction = bit_heap_pkg::at(Direct, c);

    if (HasCarry == 1) begin : g_carry
      assign carry = bits[Chain];
    end
    if (Direction == 1) begin : g_direct
      assign direct[c] = bits[Chain+HasCarry];
    end else begin : g_no_direct
      assign direct[c] = 1'b0;
    end

    if (Columns > 0) begin : g_piece
      localparam int From = Chain + HasCarry + Direction;
      logic [2:0] first;
      logic [1:0] second;

      if (Ones > 0) begin : g_first
        assign first = 3'(bits[From+:Ones]);
      end else begin : g_no_first
        assign first = 3'b0;
      end
      if (Second == 1) begin : g_same
        assign second = bits[From+3+:2];
      end else if (Second == 2) begin : g_later
        // Behind the direct bit of the next column, which has nothing else in the chain.
        assign second = bits[BaseNext+bit_heap_pkg::at(Beside, c+1)+bit_heap_pkg::at(Above, c+1)
                             +bit_heap_pkg::at(Direct, c+1)+:2];
      end else begin : g_none
        assign second = 2'b0;
      end

      bit_heap_count #(
          .SECOND_W((Second == 2) ? 2 : 1)
      ) u_count (
          .first,
          .second,
          .count(piece_sums[3*c+:3])
      );
      assign pieces[c] = piece_sums[3*c];
    end else if (bit_heap_pkg::at(Span, c - 1) > 1) begin : g_second
      assign pieces[c] = piece_sums[3*c-2];
    end else if (bit_heap_pkg::at(Span, c - 2) > 2) begin : g_third
      assign pieces[c] = piece_sums[3*c-4];
    end else begin : g_outside
      assign pieces[c] = 1'b0;
    end

    if (Columns == 0) begin : g_no_piece
      assign piece_sums[3*c+:3] = 3'b0;
    end

    // ---- What leaves ----
    // Bits that counters of lower columns send here: bit 1 of those one column below, bit 2 of those two below, bit 3
    // of those three below, where it counts.
    localparam int One = bit_heap_pkg::at(Counters, c - 1);
    localparam int Two = bit_heap_pkg::at(Counters, c - 2);
    localparam int Three = finn_pkg::max(bit_heap_pkg::at(Beside, c - 2), bit_heap_pkg::at(Above, c - 1));
    localparam int HasSum = bit_heap_pkg::at(Sum, c);
    localparam int Rest = Chain + bit_heap_pkg::at(Chained, c);
    localparam int Spare = Base + bit_heap_pkg::at(HEIGHTS, c) - Rest;

    for (genvar i = 0; i < One; i++) begin : g_one
      assign sums[Out+Fives+i] = g_column[c-1].counts[4*i+1];
    end
    for (genvar i = 0; i < Two; i++) begin : g_two
      assign sums[Out+Fives+One+i] = g_column[c-2].counts[4*i+2];
    end
    for (genvar i = 0; i < Three; i++) begin : g_three
      assign sums[Out+Fives+One+Two+i] = g_column[c-3].counts[4*i+3];
    end
    if (HasSum == 1) begin : g_sum
      assign sums[Out+Fives+One+Two+Three] = chain[c];
    end
    if (Spare > 0) begin : g_spare
      assign sums[Out+Fives+One+Two+Three+HasSum+:Spare] = bits[Rest+:Spare];
    end
  end

  // ---- The chain's adder ----
  localparam int First = bit_heap_pkg::lowest(Carry);
  localparam int Last = finn_pkg::min(bit_heap_pkg::highest(Sum), WIDTH - 1);

  if (Last >= First) begin : g_chain
    localparam int Length = Last - First + 1;
    logic [Length+1:0] taken;
    logic [Length+1:0] computed;
    logic [Length+1:0] sum;
    assign taken = {1'b0, direct[Last:First], carry};
    assign computed = {1'b0, pieces[Last:First], carry};
    assign sum = taken - ~computed;
    assign chain[Last:First] = sum[Length:1];
  end

endmodule

`default_nettype wire
