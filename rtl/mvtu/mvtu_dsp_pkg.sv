// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

/// How mvtu_dot_dsp packs products into multipliers. Functions of constants only; finn_rtl.ips.packing has the same in
/// Python.
///
/// Weights of several rows, the lanes, stand `spacing` bits apart in one factor; the other is the input x that they
/// share, an unsigned number as in mvtu_products_pkg. The topmost weight is signed. The others are unsigned,
/// 2^(WEIGHT_W-1) more than they stand for: so no lane borrows from the next.
package mvtu_dsp_pkg;

  // A function here calls none of another package: Icarus 11 would not take it for constant.

  /// The most products in a multiplier: a product may reach into the lowest bit of the next, which is known otherwise.
  function automatic int lanes(input int factor_w, input int input_w, input int weight_w);
    lanes = 1 + (factor_w - weight_w) / (weight_w + input_w - 1);
  endfunction

  /// Bits from a lane to the next: as many as there are.
  function automatic int spacing(input int factor_w, input int input_w, input int weight_w, input int lanes_used);
    spacing = (lanes_used > 1) ? (factor_w - weight_w) / (lanes_used - 1) : weight_w + input_w;
  endfunction

  /// The largest product in a lane below the topmost.
  function automatic int lane_high(input int input_w, input int weight_w);
    lane_high = (2 ** weight_w - 1) * (2 ** input_w - 1);
  endfunction

  /// Products that can be added before the lanes are taken apart, at most `most`; 1 where lanes overlap.
  function automatic int chain(input int factor_w, input int input_w, input int weight_w, input int lanes_used,
                               input int most);
    chain = (2 ** spacing(factor_w, input_w, weight_w, lanes_used) - 1) / lane_high(input_w, weight_w);
    if (lanes_used == 1 || chain > most) chain = most;
    if (chain < 1) chain = 1;
  endfunction

  /// Bits of the sum of a chain in a lane below the topmost, and in the topmost, where it is two's complement.
  function automatic int lane_width(input int input_w, input int weight_w, input int products);
    lane_width = $clog2(products * lane_high(input_w, weight_w) + 1);
  endfunction

  function automatic int top_width(input int input_w, input int weight_w, input int products);
    top_width = $clog2(products * 2 ** (weight_w - 1) * (2 ** input_w - 1) + 1) + 1;
  endfunction

  /// Bits of the sum of `simd` inputs.
  function automatic int inputs_width(input int simd, input int input_w);
    inputs_width = $clog2(simd * (2 ** input_w - 1) + 1);
  endfunction

  /// What `dot` is more than the product of unsigned inputs with weights: in a lane below the topmost, in the topmost,
  /// and in any but the lowest where lanes overlap.
  function automatic int lane_excess(input int simd, input int input_w, input int weight_w);
    lane_excess = 2 ** (weight_w - 1) * (2 ** inputs_width(simd, input_w) - 1);
  endfunction

  function automatic int top_excess(input int simd, input int input_w, input int weight_w, input int products);
    top_excess = (simd + products - 1) / products * 2 ** (top_width(input_w, weight_w, products) - 1);
  endfunction

  /// Bits of `dot`.
  function automatic int dot_width(input int simd, input int input_w, input int weight_w, input int products);
    int excess;
    excess = lane_excess(simd, input_w, weight_w);
    if (excess < top_excess(simd, input_w, weight_w, products)) begin
      excess = top_excess(simd, input_w, weight_w, products);
    end
    dot_width = $clog2(excess + simd * ((2 ** (weight_w - 1) - 1) * (2 ** input_w - 1) + 1) + 1);
  endfunction

  /// What the dot product of a row of a group is more than the product of unsigned inputs with weights.
  function automatic int row_excess(input int row, input int rows, input int simd, input int factor_w,
                                    input int input_w, input int weight_w, input int lanes_used, input int most);
    int products;
    products = chain(factor_w, input_w, weight_w, lanes_used, most);
    if (products > simd) products = simd;
    row_excess = lane_excess(simd, input_w, weight_w);
    if (row % lanes_used == lanes_used - 1 || row == rows - 1) begin
      row_excess = top_excess(simd, input_w, weight_w, products);
    end
    if (row % lanes_used > 0 && spacing(factor_w, input_w, weight_w, lanes_used) < input_w + weight_w) begin
      row_excess = row_excess + simd;
    end
  endfunction

  /// The most that a product of an unsigned input and a weight is below 0.
  function automatic int lowest(input int input_w, input int weight_w, input bit is_narrow);
    lowest = (2 ** input_w - 1) * (2 ** (weight_w - 1) - (is_narrow ? 1 : 0));
  endfunction

  /// Bits of one more than the largest sum of a row of `mw` products, where the smallest is 0.
  function automatic int sum_width(input int mw, input int input_w, input int weight_w, input bit is_narrow);
    sum_width = $clog2(mw * (lowest(input_w, weight_w, is_narrow) + lowest(input_w, weight_w, 1'b1)) + 2);
  endfunction

endpackage
