// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

/// How mvtu_dot_planes adds up products of few bits by few bits. Functions of constants only; finn_rtl.ips.products has
/// the same in Python.
///
/// An input element stands for x, an unsigned number of INPUT_W bits: a signed element is taken with its top bit
/// inverted, which is 2^(INPUT_W-1) more, and a bipolar one is 2x - 1. With X = 2^INPUT_W - 1 the inverted bits of x
/// are X - x. A weight is a sum of parts, and a part below zero counts with the inverted input:
///   |d| (X - x) = d x + |d| X,
/// so each product is a sum of numbers that are not negative, and exceeds the true one by what the weight alone tells.
package mvtu_products_pkg;

  // A function here calls none of another package, and loop variables stand outside the loops: Icarus 11 would not take
  // it for constant.

  /// Levels of adders that take products.
  localparam int LEVELS = 3;
  // As in bit_heap_pkg, which Yosys does not let a package read.
  localparam int COLUMNS = 24;
  localparam int HEIGHT_W = 12;
  localparam int COLUMNS_W = COLUMNS * HEIGHT_W;
  /// Parts of what columns() tells: leaves of every column, and its adders in each level.
  localparam int COLUMNS_PLAN_W = (1 + LEVELS) * COLUMNS_W;

  /// Whether weights are taken by their bits and not by digits: a bit of a product is a function of one bit of the
  /// input and one of the weight.
  function automatic bit has_planes(input int input_w, input int weight_w, input bit is_narrow);
    has_planes = weight_w == 1 || (input_w == 1 && !(weight_w == 2 && is_narrow));
  endfunction

  // ---- Digits ----

  /// Digits of a weight, radix 4. Booth's: -2 b[2k+1] + b[2k] + b[2k-1], -2 to 2 each.
  function automatic int digits(input int weight_w);
    digits = (weight_w + 1) / 2;
  endfunction

  /// The largest |d_k|: 2 only where both bits of the digit are the weight's own, and the weight can be -2.
  function automatic int digit_high(input int weight_w, input bit is_narrow, input int k);
    digit_high = (2 * k + 1 < weight_w && !(weight_w == 2 && is_narrow)) ? 2 : 1;
  endfunction

  /// Bits of an input times a digit.
  function automatic int digit_width(input int input_w, input int weight_w, input bit is_narrow, input int k);
    digit_width = input_w + digit_high(weight_w, is_narrow, k) - 1;
  endfunction

  /// Bits of the sum of an input times a digit over some synapses.
  function automatic int digit_sum_width(input int synapses, input int input_w, input int weight_w,
                                         input bit is_narrow, input int k);
    digit_sum_width = $clog2(synapses * (2 ** input_w - 1) * digit_high(weight_w, is_narrow, k) + 1);
  endfunction

  /// Synapses that are added one to the other, a digit each, before the heap: as many as their sum has room for in the
  /// bits that it needs for four.
  function automatic int group(input int simd, input int input_w);
    int high;
    high  = 2 ** input_w - 1;
    group = (2 ** $clog2(4 * high + 1) - 1) / high;
    if (group > simd) group = simd;
  endfunction

  /// The heap of the sums of all groups.
  function automatic logic [COLUMNS_W-1:0] digits_heap(input int simd, input int input_w, input int weight_w,
                                                       input bit is_narrow);
    int c;
    int k;
    int size;
    int height;
    size = group(simd, input_w);
    digits_heap = '0;
    for (c = 0; c < COLUMNS; c = c + 1) begin
      height = 0;
      for (k = 0; k < digits(weight_w); k = k + 1) begin
        if (c >= 2 * k) begin
          if (c < 2 * k + digit_sum_width(size, input_w, weight_w, is_narrow, k)) height = height + simd / size;
          if (c < 2 * k + digit_sum_width(simd % size, input_w, weight_w, is_narrow, k)) height = height + 1;
        end
      end
      digits_heap = digits_heap | (COLUMNS_W'($unsigned(height)) << (c * HEIGHT_W));
    end
  endfunction

  /// Sums of groups of digits below the k-th that have a bit in a column.
  function automatic int sums_below(input int simd, input int input_w, input int weight_w, input bit is_narrow,
                                    input int k, input int column);
    int i;
    int size;
    size = group(simd, input_w);
    sums_below = 0;
    for (i = 0; i < k; i = i + 1) begin
      if (column < 2 * i + digit_sum_width(size, input_w, weight_w, is_narrow, i)) begin
        sums_below = sums_below + simd / size;
      end
      if (column < 2 * i + digit_sum_width(simd % size, input_w, weight_w, is_narrow, i)) sums_below = sums_below + 1;
    end
  endfunction

  // ---- Widths ----

  /// The most that the parts of a weight come to that are above zero, or those below: that of the lowest weight, and
  /// further digits from the second below the top.
  function automatic int weight_high(input int input_w, input int weight_w, input bit is_narrow);
    weight_high = (weight_w == 2 && is_narrow) ? 1 : 2 ** (weight_w - 1);
    if (!has_planes(input_w, weight_w, is_narrow)) begin
      weight_high = weight_high + ((weight_w > 6) ? 8 : (weight_w > 4) ? 2 : 0);
    end
  endfunction

  /// Bits of the sum of `simd` products.
  function automatic int sum_width(input int simd, input int input_w, input int weight_w, input bit is_narrow);
    sum_width = $clog2(simd * (2 ** input_w - 1) * weight_high(input_w, weight_w, is_narrow) + 1);
  endfunction

  /// Parts of a weight below zero, made positive; a weight of one bit is its sign, -1 or +1.
  function automatic int below(input int weight, input int input_w, input int weight_w, input bit is_narrow);
    int k;
    int digit;
    below = 0;
    if (has_planes(input_w, weight_w, is_narrow)) begin
      if (weight < 0) below = 2 ** (weight_w - 1);
    end else begin
      for (k = 0; k < digits(weight_w); k = k + 1) begin
        digit = ((weight >>> (2 * k)) & 1) - 2 * ((weight >>> (2 * k + 1)) & 1);
        if (k > 0) digit = digit + ((weight >>> (2 * k - 1)) & 1);
        if (digit < 0) below = below - digit * 4 ** k;
      end
    end
  endfunction

  // ---- Columns of products ----

  /// The number of a column.
  function automatic int at(input logic [COLUMNS_W-1:0] numbers, input int column);
    at = (column < 0 || column >= COLUMNS) ? 0 : int'(numbers[column*HEIGHT_W+:HEIGHT_W]);
  endfunction

  /// One part of a plan.
  function automatic logic [COLUMNS_W-1:0] part(input logic [COLUMNS_PLAN_W-1:0] plan, input int which);
    part = plan[which*COLUMNS_W+:COLUMNS_W];
  endfunction

  /// Bits that adders of the column below take out of a column, one each.
  function automatic int taken_above(input logic [COLUMNS_W-1:0] heights, input logic [COLUMNS_W-1:0] adders,
                                     input int column);
    taken_above = at(adders, column - 1);
    if (taken_above > at(heights, column)) taken_above = at(heights, column);
  endfunction

  /// Bits that the adders of a column take out of it, up to three each.
  function automatic int taken(input logic [COLUMNS_W-1:0] heights, input logic [COLUMNS_W-1:0] adders,
                               input int column);
    taken = at(heights, column) - taken_above(heights, adders, column);
    if (taken > 3 * at(adders, column)) taken = 3 * at(adders, column);
  endfunction

  /// The heap that a level of adders leaves.
  function automatic logic [COLUMNS_W-1:0] after(input logic [COLUMNS_W-1:0] heights,
                                                 input logic [COLUMNS_W-1:0] adders);
    int c;
    int height;
    after = '0;
    for (c = 0; c < COLUMNS; c = c + 1) begin
      height = at(heights, c) - taken_above(heights, adders, c) - taken(heights, adders, c)
             + at(adders, c) + at(adders, c - 1) + at(adders, c - 2);
      after = after | (COLUMNS_W'($unsigned(height)) << (c * HEIGHT_W));
    end
  endfunction

  /// Products of a column that the leaves take, and leaves of at least two.
  function automatic int in_leaves(input int products, input int leaves);
    in_leaves = (3 * leaves < products) ? 3 * leaves : products;
  endfunction

  function automatic int uppers(input int products, input int leaves);
    uppers = (in_leaves(products, leaves) + 1) / 3;
  endfunction

  /// The heap that the leaves make.
  function automatic logic [COLUMNS_W-1:0] leaves_heap(input int products, input logic [COLUMNS_W-1:0] leaves);
    int c;
    leaves_heap = '0;
    for (c = 0; c < COLUMNS; c = c + 1) begin
      leaves_heap = leaves_heap
          | (COLUMNS_W'($unsigned(at(leaves, c) + uppers(products, at(leaves, c - 1)))) << (c * HEIGHT_W));
    end
  endfunction

  /// Levels that have adders.
  function automatic int levels(input logic [COLUMNS_PLAN_W-1:0] plan);
    int l;
    levels = 0;
    for (l = 1; l <= LEVELS; l = l + 1) begin
      if (part(plan, l) != '0) levels = l;
    end
  endfunction

  /// Products of a column that leaves and adders in front of a level take.
  function automatic int used(input logic [COLUMNS_PLAN_W-1:0] plan, input int products, input int column,
                              input int level);
    int l;
    used = in_leaves(products, at(part(plan, 0), column));
    for (l = 1; l < level; l = l + 1) begin
      used = used + 2 * at(part(plan, l), column);
    end
  endfunction

  /// Leaves and adders for some columns of `products` products each, from the lowest column on. An adder takes two
  /// products, three bits of its column and one of the next; a column gets as few leaves as give its adders enough
  /// bits. In every column those of a level take what they find, so there is one way only for a number of leaves, and
  /// more leaves leave no more products.
  function automatic logic [COLUMNS_PLAN_W-1:0] columns(input int products, input int number);
    int c;
    int i;
    int l;
    int lacking;
    int tried;
    int left;
    int height;
    int count;
    // Before every level, bits of this column that come from lower ones, and of the next column, and the one after.
    logic [(LEVELS+1)*32-1:0] here;
    logic [(LEVELS+1)*32-1:0] next;
    logic [(LEVELS+1)*32-1:0] third;
    // Adders of the column below.
    logic [(LEVELS+1)*32-1:0] carried;
    columns = '0;
    here = '0;
    next = '0;
    carried = '0;
    for (c = 0; c < number; c = c + 1) begin
      // The most leaves that are too few; the last round is for one more than these.
      lacking = -1;
      third = '0;
      for (i = 13; i >= 0; i = i - 1) begin
        tried = lacking + ((i > 0) ? 2 ** (i - 1) : 1);
        left = products - in_leaves(products, tried);
        height = int'(here[31:0]) + tried;
        for (l = 0; l < LEVELS; l = l + 1) begin
          count = int'(carried[32*l+:32]);
          height = (height > count) ? height - count : 0;
          count = (height + 1) / 3;
          if (count > (left + 1) / 2) count = (left + 1) / 2;
          left = (left > 2 * count) ? left - 2 * count : 0;
          height = ((height > 3 * count) ? height - 2 * count : count) + int'(here[32*(l+1)+:32]);
          if (i == 0) begin
            columns[((1+l)*COLUMNS+c)*HEIGHT_W+:HEIGHT_W] = $unsigned(HEIGHT_W'(count));
            carried[32*l+:32] = $unsigned(count);
            next[32*(l+1)+:32] = next[32*(l+1)+:32] + $unsigned(count);
            third[32*(l+1)+:32] = $unsigned(count);
          end
        end
        if (i == 0) begin
          columns[c*HEIGHT_W+:HEIGHT_W] = $unsigned(HEIGHT_W'(tried));
          next[31:0] = $unsigned(uppers(products, tried));
        end else if (left > 0) begin
          lacking = tried;
        end
      end
      here = next;
      next = third;
    end
  endfunction

endpackage
