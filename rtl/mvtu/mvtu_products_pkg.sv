// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

/// Products of few bits by few bits as small unsigned numbers. Functions of constants only.
///
/// An input element stands for x, an unsigned number of INPUT_W bits: a signed element is taken with its top bit
/// inverted, which is 2^(INPUT_W-1) more, and a bipolar one is 2x - 1. With X = 2^INPUT_W - 1 the inverted bits of x are
/// X - x. A weight is a sum of digits d_k that weigh 4^k, and a digit below zero counts with the inverted input:
///   |d| (X - x) = d x + |d| X,
/// so each product is a sum of numbers that are not negative, and exceeds the true one by what the weight alone tells.
package mvtu_products_pkg;

  /// Digits of a weight, radix 4: -1/+1 for one bit; else Booth's, -2 b[2k+1] + b[2k] + b[2k-1], -2 to 2 each.
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

  /// The most that the digits of a weight come to that are above zero, or those below: that of the lowest weight, and
  /// further digits from the second below the top.
  function automatic int digits_high(input int weight_w, input bit is_narrow);
    digits_high = (weight_w == 2 && is_narrow) ? 1
        : 2 ** (weight_w - 1) + ((weight_w > 6) ? 8 : (weight_w > 4) ? 2 : 0);
  endfunction

  /// The largest product of one synapse.
  function automatic int product_high(input int input_w, input int weight_w, input bit is_narrow);
    product_high = (2 ** input_w - 1) * digits_high(weight_w, is_narrow);
  endfunction

  /// Bits of the sum of `simd` products.
  function automatic int sum_width(input int simd, input int input_w, input int weight_w, input bit is_narrow);
    sum_width = $clog2(simd * product_high(input_w, weight_w, is_narrow) + 1);
  endfunction

  /// Digits below the k-th that have a bit in a column.
  function automatic int rows_below(input int input_w, input int weight_w, input bit is_narrow, input int k,
                                    input int column);
    int i;
    rows_below = 0;
    for (i = 0; i < 4; i = i + 1) begin
      if (i < k && column >= 2 * i && column < 2 * i + digit_width(input_w, weight_w, is_narrow, i)) begin
        rows_below = rows_below + 1;
      end
    end
  endfunction

  /// The heap of the bits of all products, for bit_heap.
  function automatic logic [bit_heap_pkg::COLUMNS_W-1:0] heights(input int simd, input int input_w, input int weight_w,
                                                                 input bit is_narrow);
    int c;
    int height;
    heights = '0;
    for (c = 0; c < bit_heap_pkg::COLUMNS; c = c + 1) begin
      height = simd * rows_below(input_w, weight_w, is_narrow, digits(weight_w), c);
      heights = heights | (bit_heap_pkg::COLUMNS_W'($unsigned(height)) << (c * bit_heap_pkg::HEIGHT_W));
    end
  endfunction

endpackage
