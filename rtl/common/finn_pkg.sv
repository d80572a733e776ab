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

  /// Which of a tree's levels have a register behind them so that `stages` registers cut it into parts of about the same
  /// depth; bit h stands for level h, the first being 0. At most one register a level.
  function automatic int level_registers(input int levels, input int stages);
    int mask;
    mask = 0;
    for (int i = 1; i <= stages; i++) begin
      mask = mask + 2 ** (i * levels / stages - 1);
    end
    level_registers = mask;
  endfunction

  /// Where `stages` registers cut `levels` levels of logic into parts of about the same depth, if none may stand behind
  /// the first level or the last; bit 0 stands for a register behind the second level, bit l for one behind level l + 2.
  /// At most one register a level.
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

  /// Bits of an accumulator of the MVTU, a row of mw weights -1/+1. Binary inputs: 0 to mw. Others: a two's complement
  /// number, -reach to reach; a comparison with several thresholds also takes the row's weights -1 off on both sides.
  /// One threshold: what remains above it, of either sign.
  function automatic int sum_width(input int mw, input int input_w, input bit is_signed, input int thresholds);
    int reach;
    if (input_w == 1) begin
      sum_width = count_width(mw) + (thresholds == 1 ? 1 : 0);
    end else begin
      reach = mw * (is_signed ? 2 ** (input_w - 1) : 2 ** input_w - 1) + (thresholds > 1 ? mw : 0);
      sum_width = count_width(reach) + (thresholds == 1 ? 2 : 1);
    end
  endfunction

  /// The least number that an element of some bits can be, and the largest. 1 bit is bipolar: -1 or +1.
  function automatic int element_low(input int width, input bit is_signed);
    element_low = (width == 1) ? -1 : is_signed ? -(2 ** (width - 1)) : 0;
  endfunction

  function automatic int element_high(input int width, input bit is_signed);
    element_high = (width == 1) ? 1 : 2 ** (is_signed ? width - 1 : width) - 1;
  endfunction

  /// Bits of the sum of two elements of 1 to 30 bits, the fewest that hold every sum: two's complement where one can be
  /// negative, else unsigned. Bipolar and bipolar, -2 to 2: 3. Bipolar and 4 bits unsigned, -1 to 16: 6. Two of n bits,
  /// both unsigned or both two's complement: n + 1.
  function automatic int added_width(input int a_width, input bit a_signed, input int b_width, input bit b_signed);
    int low;
    int high;
    low  = element_low(a_width, a_signed) + element_low(b_width, b_signed);
    high = element_high(a_width, a_signed) + element_high(b_width, b_signed);
    added_width = (low < 0) ? count_width(max(high, -low - 1)) + 1 : count_width(high);
  endfunction

  /// How often 2 divides n; n >= 1.
  function automatic int trailing_zeros(input int n);
    trailing_zeros = 0;
    for (int i = 1; i < 31; i++) begin
      if (n % (2 ** i) == 0) trailing_zeros = i;
    end
  endfunction

  /// Beats that a buffer of sliding windows must hold so that it does not lock up: those that a window spans. The only
  /// window of a frame is read as it comes, unless its groups of channels are read one after the other.
  function automatic int window_span(input int width, input int groups, input int kernel_h, input int kernel_w,
                                     input int windows, input bit depthwise);
    window_span = (windows == 1 && !(depthwise && groups > 1)) ? 1 : ((kernel_h - 1) * width + kernel_w) * groups;
  endfunction

  /// Beats that it must hold so that frames take max(beats in, beats out) cycles. Then the reader never pauses, or the
  /// writer, and the other must never be late: from a beat that is released to one that is read, the distance less the
  /// time between must fit. It is largest across the ends of rows and frames.
  function automatic int window_depth(input int height, input int width, input int groups, input int kernel_h,
                                      input int kernel_w, input int stride_h, input int stride_w, input int pad_top,
                                      input int pad_bottom, input int pad_left, input int pad_right,
                                      input bit depthwise);
    int rows;
    int columns;
    int row;
    int start;
    int cycles;
    bit is_apart;
    int lead;
    int early;
    int column_gain;
    int columns_gain;
    int row_gain;
    int rows_gain;
    int frame_gain;
    int least;
    int most;
    rows = (height + pad_top + pad_bottom - kernel_h) / stride_h + 1;
    columns = (width + pad_left + pad_right - kernel_w) / stride_w + 1;
    row = width * groups;
    start = pad_top * row + pad_left * groups;
    cycles = kernel_h * kernel_w * groups;
    is_apart = depthwise && groups > 1;
    // How far reading gets ahead of one beat a cycle inside a window.
    lead = is_apart ? (kernel_h - 1) * max(0, row - kernel_w) + (kernel_w - 1) * (groups - 1)
                    : (kernel_h - 1) * max(0, row - kernel_w * groups);
    // How far it gets ahead from window to window, by place less time: to the next column, along all columns, to the
    // next row, along all rows to the last one, to the next frame.
    column_gain = stride_w * groups - cycles;
    columns_gain = (columns - 1) * column_gain;
    row_gain = stride_h * row - (columns - 1) * stride_w * groups - cycles;
    rows_gain = (rows - 1) * (columns_gain + row_gain);
    frame_gain = (height - (rows - 1) * stride_h) * row - (columns - 1) * stride_w * groups - cycles;
    least = -cycles;
    early = 0;
    if (rows * columns * cycles < height * row) begin
      // The writer never pauses: what counts is how far reading falls back.
      column_gain = -column_gain;
      columns_gain = -columns_gain;
      row_gain = -row_gain;
      rows_gain = -rows_gain;
      frame_gain = -frame_gain;
      least = 0;
      lead = max(lead, start);
    end else if (start == 0 && pad_bottom == 0 && pad_right == 0) begin
      // A frame's last window is released while it is read.
      early = is_apart ? kernel_h * kernel_w : cycles - 1;
      if (columns > 1) early = max(0, -max(-early, column_gain));
      if (rows > 1) early = max(0, -max(-early, columns_gain + row_gain));
    end
    most = frame_gain - early + max(0, start - lead) + 2 * max(0, columns_gain) + max(0, rows_gain);
    if (columns > 1) most = max(most, max(column_gain, columns_gain));
    if (rows > 1) begin
      most = max(most, row_gain + 2 * max(0, columns_gain) + max(0, rows_gain - columns_gain - row_gain));
    end
    most = max(most, least) + cycles + lead + pad_left * groups + 2;
    window_depth = max(most, window_span(width, groups, kernel_h, kernel_w, rows * columns, depthwise));
  endfunction

  /// Depth of a RAM for at least n words: a power of two up to 64 and where that costs few bits, else a multiple of 64.
  function automatic int ram_depth(input int n, input int width);
    int multiple;
    multiple = ceil_div(n, 64) * 64;
    ram_depth = 2 ** $clog2(max(1, n));
    if (n > 64 && (ram_depth - multiple) * width > 512) ram_depth = multiple;
  endfunction

endpackage
