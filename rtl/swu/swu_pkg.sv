// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

/// How much of a feature map the buffer of a swu must hold.
package swu_pkg;

  /// The larger one. Icarus elaborates packages in an order of its own, in which finn_pkg may come later.
  function automatic int larger(input int a, input int b);
    larger = (a > b) ? a : b;
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
    lead = is_apart ? (kernel_h - 1) * larger(0, row - kernel_w) + (kernel_w - 1) * (groups - 1)
                    : (kernel_h - 1) * larger(0, row - kernel_w * groups);
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
      lead = larger(lead, start);
    end else if (start == 0 && pad_bottom == 0 && pad_right == 0) begin
      // A frame's last window is released while it is read.
      early = is_apart ? kernel_h * kernel_w : cycles - 1;
      if (columns > 1) early = larger(0, -larger(-early, column_gain));
      if (rows > 1) early = larger(0, -larger(-early, columns_gain + row_gain));
    end
    most = frame_gain - early + larger(0, start - lead) + 2 * larger(0, columns_gain)
           + larger(0, rows_gain);
    if (columns > 1) most = larger(most, larger(column_gain, columns_gain));
    if (rows > 1) begin
      most = larger(most, row_gain + 2 * larger(0, columns_gain)
                                 + larger(0, rows_gain - columns_gain - row_gain));
    end
    most = larger(most, least) + cycles + lead + pad_left * groups + 2;
    window_depth = larger(most, window_span(width, groups, kernel_h, kernel_w, rows * columns, depthwise));
  endfunction

endpackage
