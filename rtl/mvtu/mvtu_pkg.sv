// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

/// How the MVTU multiplies and adds up, and how wide its sums are; finn_rtl.ips.arithmetic says the same in Python.
package mvtu_pkg;

  // A function here calls none of another package: Icarus 11 would not take it for constant.

  /// Whether a dot product counts the places where bits of inputs and weights agree; else it is one heap of the bits of
  /// all products.
  function automatic bit counts_places(input int input_w, input int weight_w);
    counts_places = input_w == 1 && weight_w == 1;
  endfunction

  /// Whether accumulators that leave are two's complement: all but popcounts of -1/+1.
  function automatic bit leaves_signed(input int input_w, input bit is_bipolar, input int weight_w);
    leaves_signed = !counts_places(input_w, weight_w) || !is_bipolar;
  endfunction

  /// Whether a place of -1/+1 where they agree counts 2, so that sums are as even or odd as dot products: where these
  /// leave with a bias, or some inputs are 0. With one threshold half the number is enough.
  function automatic bit counts_two(input int input_w, input bit is_bipolar, input int weight_w, input int thresholds,
                                    input bit has_zeros, input int bias_w);
    counts_two = counts_places(input_w, weight_w) && is_bipolar && (bias_w > 0 || (has_zeros && thresholds != 1));
  endfunction

  /// Words of start values of a fold: bit by bit one for each level of the planes' products, which are so many, where
  /// to choose among as many bits of one word takes more than a LUT.
  function automatic int start_levels(input bit is_serial, input int input_w, input int weight_w);
    start_levels = (is_serial && input_w + weight_w > 5) ? input_w + weight_w - 1 : 1;
  endfunction

  /// Classes of rows (or columns) of vectors: the first ones and the last ones are a class each, all between are one.
  function automatic int classes(input int rows, input int first, input int last);
    classes = first + last + ((first + last < rows) ? 1 : 0);
  endfunction

  /// Bits of an accumulator of a row of mw inputs.
  ///
  /// No thresholds: what leaves, with a bias of so many bits; 0 is none. With `has_zeros` inputs -1/+1 may be 0, too.
  /// One: what remains above it, of either sign. Several: sums that start at 0, and are compared with thresholds that
  /// make up for what they exceed; one more than the largest is a number. `weight_high` is what mvtu_products_pkg says.
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
    // The largest sum, before anything is taken off it; none is negative.
    sum_high = mw;
    if (!counts_places(input_w, weight_w)) begin
      sum_high = mw * (2 ** input_w - 1) * weight_high * ((input_w == 1 && is_bipolar) ? 2 : 1);
    end
    if (counts_two(input_w, is_bipolar, weight_w, thresholds, has_zeros, bias_w)) sum_high = 2 * mw;
    if (thresholds == 0 && (has_zeros || bias_w > 0 || leaves_signed(input_w, is_bipolar, weight_w))) begin
      sum_low = mw * low - ((bias_w > 0) ? 2 ** (bias_w - 1) : 0);
      sum_high = mw * high + ((bias_w > 0) ? 2 ** (bias_w - 1) - 1 : 0);
      accumulator_width = $clog2(((sum_high > -sum_low - 1) ? sum_high : -sum_low - 1) + 1) + 1;
    end else if (thresholds == 0) begin
      accumulator_width = $clog2(mw + 1);
    end else begin
      accumulator_width = (thresholds == 1) ? $clog2(sum_high + 1) + 1 : $clog2(sum_high + 2);
    end
  endfunction

endpackage
