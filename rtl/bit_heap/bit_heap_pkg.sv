// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

/// How bit_heap adds: which bits of a heap a level of adders takes together. Functions of constants only.
///
/// A heap is a number of bits in every column; a bit in column c weighs 2^c. A level has counters, each of seven bits
/// of a column and up to one of each of the next two, as long as a column has seven; and one chain that runs through
/// the columns left over. Both are adders of two numbers with a carry-in. One number is made of bits as they are. The
/// other is computed in front of the carry chain, and a bit of it shares its LUT: in a counter the sum of five bits of
/// the column, in the chain a piece's sum of up to five bits of one or two columns. So three 6-input LUTs turn nine
/// bits into four.
package bit_heap_pkg;

  // Loop variables stand outside the loops: for Icarus 11 a function that calls another in the scope of a loop's own
  // variable is not constant.

  /// Columns that a heap can have.
  localparam int COLUMNS = 24;
  localparam int HEIGHT_W = 12;
  /// Bits of a number for every column, column 0 in the least significant bits: bits of a heap, or part of a plan. Such
  /// a vector has no type of its own: Icarus 11 takes none from a package.
  localparam int COLUMNS_W = COLUMNS * HEIGHT_W;

  // What plan() tells of every column: parts of COLUMNS_W bits each.
  /// Counters.
  localparam int COUNTERS = 0;
  /// Bits that counters of the column below take, one each.
  localparam int BESIDE = 1;
  /// Bits that counters of the second column below take, one each.
  localparam int ABOVE = 2;
  /// Columns of the piece of the chain that begins here; 0 where none does.
  localparam int SPAN = 3;
  /// Bits of this column that the piece adds up, at most three.
  localparam int TERMS = 4;
  /// Further two that it adds up: 1, of this column; 2, of the next; 0, none.
  localparam int LATER = 5;
  /// Bits that enter the chain as they are: 1 or 0.
  localparam int DIRECT = 6;
  /// 1 where the chain begins and takes its carry-in, else 0.
  localparam int CARRY = 7;
  /// Bits of the column that the chain takes in all.
  localparam int CHAINED = 8;
  /// 1 where a bit of the chain's sum comes out.
  localparam int SUM = 9;
  /// The heap that the level leaves.
  localparam int NEXT = 10;
  localparam int PLAN_W = 11 * COLUMNS_W;

  /// A number as it stands in a heap or a plan.
  function automatic logic [HEIGHT_W-1:0] as_height(input int number);
    as_height = $unsigned(HEIGHT_W'(number));
  endfunction

  /// The number of a column.
  function automatic int at(input logic [COLUMNS_W-1:0] numbers, input int column);
    at = (column < 0 || column >= COLUMNS) ? 0 : int'(numbers[column*HEIGHT_W+:HEIGHT_W]);
  endfunction

  /// `numbers` with `more` added in a column; columns beyond the last are dropped.
  function automatic logic [COLUMNS_W-1:0] added(input logic [COLUMNS_W-1:0] numbers, input int column, input int more);
    added = numbers;
    if (column < COLUMNS) added[column*HEIGHT_W+:HEIGHT_W] = as_height(at(numbers, column) + more);
  endfunction

  /// Bits below a column.
  function automatic int offset(input logic [COLUMNS_W-1:0] heights, input int column);
    int c;
    offset = 0;
    for (c = 0; c < COLUMNS; c = c + 1) begin
      if (c < column) offset = offset + at(heights, c);
    end
  endfunction

  /// The first column with a number above 0; COLUMNS if there is none.
  function automatic int lowest(input logic [COLUMNS_W-1:0] numbers);
    int c;
    lowest = COLUMNS;
    for (c = COLUMNS - 1; c >= 0; c = c - 1) begin
      if (at(numbers, c) > 0) lowest = c;
    end
  endfunction

  /// The last column with a number above 0; -1 if there is none.
  function automatic int highest(input logic [COLUMNS_W-1:0] numbers);
    int c;
    highest = -1;
    for (c = 0; c < COLUMNS; c = c + 1) begin
      if (at(numbers, c) > 0) highest = c;
    end
  endfunction

  /// `numbers` without the columns from `width` on.
  function automatic logic [COLUMNS_W-1:0] cut(input logic [COLUMNS_W-1:0] numbers, input int width);
    int c;
    cut = numbers;
    for (c = 0; c < COLUMNS; c = c + 1) begin
      if (c >= width) cut[c*HEIGHT_W+:HEIGHT_W] = '0;
    end
  endfunction

  /// The same number in the columns below `width`.
  function automatic logic [COLUMNS_W-1:0] filled(input int height, input int width);
    int c;
    filled = '0;
    for (c = 0; c < COLUMNS; c = c + 1) begin
      if (c < width) filled = added(filled, c, height);
    end
  endfunction

  /// The ones of a number.
  function automatic logic [COLUMNS_W-1:0] bits_of(input int number);
    int c;
    bits_of = '0;
    for (c = 0; c < COLUMNS; c = c + 1) begin
      bits_of = added(bits_of, c, (number >> c) % 2);
    end
  endfunction

  /// Two heaps as one.
  function automatic logic [COLUMNS_W-1:0] sum(input logic [COLUMNS_W-1:0] heights, input logic [COLUMNS_W-1:0] others);
    int c;
    sum = heights;
    for (c = 0; c < COLUMNS; c = c + 1) begin
      sum = added(sum, c, at(others, c));
    end
  endfunction

  /// A heap of three columns.
  function automatic logic [COLUMNS_W-1:0] heap(input int column0, input int column1, input int column2);
    heap = '0;
    heap = added(heap, 0, column0);
    heap = added(heap, 1, column1);
    heap = added(heap, 2, column2);
  endfunction

  /// The level of adders that a heap gets: all the parts above, one behind the other. Every tool runs this for every
  /// level of every heap, so it wastes no step.
  function automatic logic [PLAN_W-1:0] plan(input logic [COLUMNS_W-1:0] heights);
    // Bits left, and those that the level leaves; a few columns more than there can be, so that none is out of range.
    logic [COLUMNS_W+4*HEIGHT_W-1:0] rest;
    logic [COLUMNS_W+4*HEIGHT_W-1:0] next;
    int c;
    int top;
    int counters;
    int beside;
    int above;
    int first;
    int free;
    int terms;
    int later;
    int direct;
    int carry;
    int span;
    int left;
    int weight;
    int most;
    bit has_counters;
    bit is_chain;
    plan = '0;
    rest = (COLUMNS_W + 4 * HEIGHT_W)'(heights);
    next = '0;
    top  = highest(heights) + 1;
    has_counters = 0;
    for (c = 0; c < COLUMNS; c = c + 1) begin
      counters = int'(rest[c*HEIGHT_W+:HEIGHT_W]) / 7;
      if (counters > 0) begin
        has_counters = 1;
        beside = int'(rest[(c+1)*HEIGHT_W+:HEIGHT_W]);
        above  = int'(rest[(c+2)*HEIGHT_W+:HEIGHT_W]);
        if (beside > counters) beside = counters;
        if (above > counters) above = counters;
        rest[c*HEIGHT_W+:HEIGHT_W] = rest[c*HEIGHT_W+:HEIGHT_W] - as_height(7 * counters);
        rest[(c+1)*HEIGHT_W+:HEIGHT_W] = rest[(c+1)*HEIGHT_W+:HEIGHT_W] - as_height(beside);
        rest[(c+2)*HEIGHT_W+:HEIGHT_W] = rest[(c+2)*HEIGHT_W+:HEIGHT_W] - as_height(above);
        next[c*HEIGHT_W+:HEIGHT_W] = next[c*HEIGHT_W+:HEIGHT_W] + as_height(counters);
        next[(c+1)*HEIGHT_W+:HEIGHT_W] = next[(c+1)*HEIGHT_W+:HEIGHT_W] + as_height(counters);
        next[(c+2)*HEIGHT_W+:HEIGHT_W] = next[(c+2)*HEIGHT_W+:HEIGHT_W] + as_height(counters);
        next[(c+3)*HEIGHT_W+:HEIGHT_W] = next[(c+3)*HEIGHT_W+:HEIGHT_W] + as_height((beside > above) ? beside : above);
        plan[COUNTERS*COLUMNS_W+c*HEIGHT_W+:HEIGHT_W] = as_height(counters);
        if (c + 1 < COLUMNS) plan[BESIDE*COLUMNS_W+(c+1)*HEIGHT_W+:HEIGHT_W] = as_height(beside);
        if (c + 2 < COLUMNS) plan[ABOVE*COLUMNS_W+(c+2)*HEIGHT_W+:HEIGHT_W] = as_height(above);
      end
    end
    // The chain begins where it saves something, beside counters only where it saves more, and ends where no bit is
    // left.
    first = COLUMNS;
    for (c = COLUMNS - 1; c >= 0; c = c - 1) begin
      if (int'(rest[c*HEIGHT_W+:HEIGHT_W]) >= (has_counters ? 3 : 2)) first = c;
    end
    span = 0;
    left = 0;
    later = 0;
    most = 0;
    weight = 1;
    is_chain = 1;
    for (c = first; c < COLUMNS; c = c + 1) begin
      free = int'(rest[c*HEIGHT_W+:HEIGHT_W]);
      if (left == 0 && free == 0) is_chain = 0;
      if (is_chain) begin
        carry  = (c == first) ? 1 : 0;
        direct = 0;
        if (left == 0) begin
          // A piece begins.
          free  = free - carry;
          above = int'(rest[(c+1)*HEIGHT_W+:HEIGHT_W]);
          terms = 0;
          later = 0;
          if (free >= 6 || (free == 5 && above < 2)) begin
            terms  = 3;
            later  = 1;
            span   = 3;
            direct = (free >= 6) ? 1 : 0;
          end else if (free >= 3 && above >= 2) begin
            terms  = 3;
            later  = 2;
            span   = 3;
            direct = (free >= 4) ? 1 : 0;
          end else if (free >= 2) begin
            terms  = (free >= 4) ? 3 : free - 1;
            span   = (terms >= 2) ? 2 : 1;
            direct = 1;
          end else begin
            span   = 1;
            direct = free;
          end
          left = span;
          free = carry + terms + direct + ((later == 1) ? 2 : 0);
          plan[SPAN*COLUMNS_W+c*HEIGHT_W+:HEIGHT_W] = as_height(span);
          plan[TERMS*COLUMNS_W+c*HEIGHT_W+:HEIGHT_W] = as_height(terms);
          plan[LATER*COLUMNS_W+c*HEIGHT_W+:HEIGHT_W] = as_height(later);
          plan[CARRY*COLUMNS_W+c*HEIGHT_W+:HEIGHT_W] = as_height(carry);
        end else begin
          // Inside a piece: its two later bits if they are due here, and one that enters as it is.
          terms  = (later == 2 && left == span - 1) ? 2 : 0;
          direct = (free > terms) ? 1 : 0;
          free   = terms + direct;
        end
        rest[c*HEIGHT_W+:HEIGHT_W] = rest[c*HEIGHT_W+:HEIGHT_W] - as_height(free);
        plan[DIRECT*COLUMNS_W+c*HEIGHT_W+:HEIGHT_W] = as_height(direct);
        plan[CHAINED*COLUMNS_W+c*HEIGHT_W+:HEIGHT_W] = as_height(free);
        most   = most + free * weight;
        weight = weight * 2;
        left   = left - 1;
      end
    end
    for (c = first; c < COLUMNS; c = c + 1) begin
      if (most > 0) begin
        plan[SUM*COLUMNS_W+c*HEIGHT_W+:HEIGHT_W] = as_height(1);
        next[c*HEIGHT_W+:HEIGHT_W] = next[c*HEIGHT_W+:HEIGHT_W] + as_height(1);
        most = most / 2;
      end
    end
    for (c = 0; c < top; c = c + 1) begin
      next[c*HEIGHT_W+:HEIGHT_W] = next[c*HEIGHT_W+:HEIGHT_W] + rest[c*HEIGHT_W+:HEIGHT_W];
    end
    plan[NEXT*COLUMNS_W+:COLUMNS_W] = next[COLUMNS_W-1:0];
  endfunction

  /// One part of a plan.
  function automatic logic [COLUMNS_W-1:0] part(input logic [PLAN_W-1:0] plans, input int which);
    part = plans[which*COLUMNS_W+:COLUMNS_W];
  endfunction

  /// Whether every column has at most one bit: the heap is a number.
  function automatic bit is_number(input logic [COLUMNS_W-1:0] heights);
    int c;
    is_number = 1;
    for (c = 0; c < COLUMNS; c = c + 1) begin
      if (at(heights, c) > 1) is_number = 0;
    end
  endfunction

  /// Levels of adders that a heap with a sum of `width` bits needs.
  function automatic int levels(input logic [COLUMNS_W-1:0] heights, input int width);
    int i;
    logic [COLUMNS_W-1:0] rest;
    rest = cut(heights, width);
    levels = 0;
    for (i = 0; i < 32; i = i + 1) begin
      if (!is_number(rest)) begin
        rest   = cut(part(plan(rest), NEXT), width);
        levels = levels + 1;
      end
    end
  endfunction

endpackage
