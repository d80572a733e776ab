// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

/// How the MVTU multiplies and adds up, and how wide its sums are; finn_rtl.ips.arithmetic says the same in Python.
package mvtu_pkg;

  // A function here calls none of another package: Icarus 11 would not take it for constant.

  /// Forms of a dot product. POPCOUNT: places where bits of inputs and weights agree. ADDERS: a tree of adders of the
  /// inputs, inverted where the weight is -1. PLANES: one heap of the bits of all products.
  localparam int POPCOUNT = 0;
  localparam int ADDERS = 1;
  localparam int PLANES = 2;

  /// The form for inputs and weights of some bits.
  function automatic int form(input int input_w, input int weight_w);
    form = (weight_w > 1) ? PLANES : (input_w > 1) ? ADDERS : POPCOUNT;
  endfunction

  /// Whether accumulators that leave are two's complement: all but popcounts of -1/+1.
  function automatic bit leaves_signed(input int input_w, input bit is_bipolar, input int weight_w);
    leaves_signed = input_w > 1 || weight_w > 1 || !is_bipolar;
  endfunction

  /// Whether a place of -1/+1 where they agree counts 2, so that sums are as even or odd as dot products: where these
  /// leave with a bias, or some inputs are 0. With one threshold half the number is enough.
  function automatic bit counts_two(input int input_w, input bit is_bipolar, input int weight_w, input int thresholds,
                                    input bit has_zeros, input int bias_w);
    counts_two = input_w == 1 && is_bipolar && weight_w == 1 && (bias_w > 0 || (has_zeros && thresholds != 1));
  endfunction

  /// Classes of rows (or columns) of vectors: the first ones and the last ones are a class each, all between are one.
  function automatic int classes(input int rows, input int first, input int last);
    classes = first + last + ((first + last < rows) ? 1 : 0);
  endfunction

  /// Bits of an accumulator of a row of mw inputs.
  ///
  /// No thresholds: what leaves, with a bias of so many bits; 0 is none. With `has_zeros` inputs -1/+1 may be 0, too.
  /// One: what remains above it, of either sign. Several: sums that start at 0, and are compared with thresholds that
  /// make up for what they are short of or exceed; one more than the largest is a number.
  /// `weight_high` is what mvtu_products_pkg says of weights of more than one bit.
  function automatic int accumulator_width(input int mw, input int input_w, input bit is_signed, input bit is_bipolar,
                                           input int weight_w, input bit is_narrow, input int thresholds,
                                           input int weight_high, input bit has_zeros, input int bias_w);
    int input_low;
    int input_high;
    int lightest;
    int heaviest;
    int low;
    int high;
    int sum_high;
    int sum_low;
    input_low = is_signed ? -(2 ** (input_w - 1)) : 0;
    input_high = 2 ** (is_signed ? input_w - 1 : input_w) - 1;
    if (input_w == 1) begin
      input_low  = is_bipolar ? -1 : 0;
      input_high = 1;
    end
    lightest = (weight_w == 1) ? -1 : -(2 ** (weight_w - 1)) + (is_narrow ? 1 : 0);
    heaviest = (weight_w == 1) ? 1 : 2 ** (weight_w - 1) - 1;
    low = lightest * input_high;
    if (heaviest * input_low < low) low = heaviest * input_low;
    high = heaviest * input_high;
    if (lightest * input_low > high) high = lightest * input_low;
    // The largest sum of forms in which none is negative, before anything is taken off it.
    sum_high = mw;
    if (weight_w > 1) sum_high = mw * (2 ** input_w - 1) * weight_high * ((input_w == 1 && is_bipolar) ? 2 : 1);
    if (counts_two(input_w, is_bipolar, weight_w, thresholds, has_zeros, bias_w)) sum_high = 2 * mw;
    if (thresholds == 0 && (has_zeros || bias_w > 0 || leaves_signed(input_w, is_bipolar, weight_w))) begin
      sum_low = mw * low - ((bias_w > 0) ? 2 ** (bias_w - 1) : 0);
      sum_high = mw * high + ((bias_w > 0) ? 2 ** (bias_w - 1) - 1 : 0);
      accumulator_width = $clog2(((sum_high > -sum_low - 1) ? sum_high : -sum_low - 1) + 1) + 1;
    end else if (thresholds == 0) begin
      accumulator_width = $clog2(mw + 1);
    end else if (form(input_w, weight_w) == ADDERS) begin
      // Of either sign, and as far from 0 as the largest product or the smallest; a sum is short of the dot product by
      // the number of weights -1.
      accumulator_width = (thresholds == 1) ? $clog2(-mw * low + 1) + 2 : $clog2(-mw * low + mw + 1) + 1;
    end else begin
      accumulator_width = (thresholds == 1) ? $clog2(sum_high + 1) + 1 : $clog2(sum_high + 2);
    end
  endfunction

endpackage
