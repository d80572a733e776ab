// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

/// Widths and small arithmetic on parameters, shared by every IP.
package finn_pkg;

  /// Bits of the chain over which parameters are loaded.
  localparam int LOAD_W = 35;

  /// a / b, rounded up; a >= 0, b >= 1.
  function automatic int ceil_div(input int a, input int b);
    ceil_div = (a + b - 1) / b;
  endfunction

  /// Bits of an index into n things; at least one, so that n = 1 still has a signal.
  function automatic int index_width(input int n);
    index_width = (n > 1) ? $clog2(n) : 1;
  endfunction

  /// Words of a memory that is loaded (load_port): behind those of the first bank lie those of the second, from a power
  /// of two on. And the bits of a place in it.
  function automatic int loaded_words(input int depth, input int banks);
    loaded_words = (banks == 2) ? 2 ** index_width(depth) + depth : depth;
  endfunction

  function automatic int place_width(input int depth, input int banks);
    place_width = (banks == 2) ? index_width(depth) + 1 : index_width(depth);
  endfunction

  /// Bits of a number from 0 to n.
  function automatic int count_width(input int n);
    count_width = $clog2(n + 1);
  endfunction

  function automatic int max(input int a, input int b);
    max = (a > b) ? a : b;
  endfunction

  function automatic int min(input int a, input int b);
    min = (a < b) ? a : b;
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

  /// Which of a tree's levels have a register behind them so that `stages` registers cut it into parts of about the
  /// same depth; bit h stands for level h, the first being 0. At most one register a level.
  function automatic int level_registers(input int levels, input int stages);
    int mask;
    mask = 0;
    for (int i = 1; i <= stages; i++) begin
      mask = mask + 2 ** (i * levels / stages - 1);
    end
    level_registers = mask;
  endfunction

  /// Where `stages` registers cut `levels` levels of logic into parts of about the same depth, if none may stand behind
  /// the first level or the last; bit 0 stands for a register behind the second level, bit l for one behind level
  /// l + 2. At most one register a level.
  function automatic int cut_registers(input int levels, input int stages);
    cut_registers = 0;
    for (int i = 1; i <= stages; i++) begin
      if (i * levels / (stages + 1) - 2 > i - 1) begin
        cut_registers = cut_registers + 2 ** (i * levels / (stages + 1) - 2);
      end else begin
        cut_registers = cut_registers + 2 ** (i - 1);
      end
    end
  endfunction

  /// The least number that an element of some bits can be, and the largest. 1 bit is -1 or +1, or 0 or 1.
  function automatic int element_low(input int width, input bit is_signed, input bit is_bipolar);
    element_low = (width == 1) ? (is_bipolar ? -1 : 0) : is_signed ? -(2 ** (width - 1)) : 0;
  endfunction

  function automatic int element_high(input int width, input bit is_signed);
    element_high = (width == 1) ? 1 : 2 ** (is_signed ? width - 1 : width) - 1;
  endfunction

  /// The number that an element of `width` bits, 1 to 30, stands for, in two's complement. Icarus casts no call of a
  /// function, but a concatenation of one.
  function automatic logic [31:0] number(input logic [31:0] element, input int width, input bit is_signed,
                                         input bit is_bipolar);
    number = element;
    for (int i = 0; i < 32; i++) begin
      if (i >= width) number[i] = (width == 1) ? is_bipolar && !element[0] : is_signed && element[width-1];
    end
    if (width == 1 && is_bipolar) number[0] = 1'b1;
  endfunction

  /// Bits of a number from low to high, high at least 0 and below 2^31 - 1: two's complement where low is negative,
  /// else unsigned.
  function automatic int held_width(input int low, input int high);
    held_width = (low < 0) ? count_width(max(high, -low - 1)) + 1 : count_width(high);
  endfunction

  /// How often 2 divides n; n >= 1.
  function automatic int trailing_zeros(input int n);
    trailing_zeros = 0;
    for (int i = 1; i < 31; i++) begin
      if (n % (2 ** i) == 0) trailing_zeros = i;
    end
  endfunction

  /// Depth of a RAM for at least n words: a power of two up to 64 and where that costs few bits, else a multiple of 64.
  function automatic int ram_depth(input int n, input int width);
    int multiple;
    multiple = ceil_div(n, 64) * 64;
    ram_depth = 2 ** $clog2(max(1, n));
    if (n > 64 && (ram_depth - multiple) * width > 512) ram_depth = multiple;
  endfunction

endpackage
