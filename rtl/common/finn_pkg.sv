// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

/// Widths and small arithmetic on parameters, shared by every IP.
package finn_pkg;

  /// a / b, rounded up; a >= 0, b >= 1.
  function automatic int ceil_div(input int a, input int b);
    ceil_div = (a + b - 1) / b;
  endfunction

  /// Bits of an index into n things; at least one, so that n = 1 still has a signal.
  function automatic int index_width(input int n);
    index_width = (n > 1) ? $clog2(n) : 1;
  endfunction

  /// Bits of a number from 0 to n.
  function automatic int count_width(input int n);
    count_width = $clog2(n + 1);
  endfunction

  function automatic int max(input int a, input int b);
    max = (a > b) ? a : b;
  endfunction

  /// Greatest common divisor; a, b >= 1.
  function automatic int gcd(input int a, input int b);
    int x;
    int y;
    int rest;
    x = a;
    y = b;
    for (int i = 0; i < 64; i++) begin
      if (y != 0) begin
        rest = x % y;
        x = y;
        y = rest;
      end
    end
    gcd = x;
  endfunction

  /// Levels of adders above the leaves of three bits in a balanced popcount tree over n bits.
  function automatic int popcount_height(input int n);
    popcount_height = $clog2(ceil_div(n, 3));
  endfunction

  /// Which levels of a popcount tree over n bits have a register behind them so that `stages` registers cut it into
  /// parts of about the same depth; bit h stands for level h. At most one register a level.
  function automatic int popcount_registers(input int n, input int stages);
    int levels;
    int mask;
    levels = popcount_height(n) + 1;
    mask = 0;
    for (int i = 1; i <= stages; i++) begin
      mask = mask + 2 ** (i * levels / stages - 1);
    end
    popcount_registers = mask;
  endfunction

  /// Rows that a buffer of sliding windows must hold so that writing never waits for reading longer than it must: those
  /// of a window, and those that come before the next one can begin, in the next frame at the latest.
  function automatic int window_rows(input int height, input int kernel, input int stride, input int pad_before,
                                     input int pad_after);
    int windows;
    int unused_rows;
    windows = (height + pad_before + pad_after - kernel) / stride + 1;
    unused_rows = max(0, height + pad_before - (windows - 1) * stride - kernel);
    window_rows = kernel + max(stride, kernel + unused_rows);
  endfunction

endpackage
