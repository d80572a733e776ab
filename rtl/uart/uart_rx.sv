// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Receiver of an asynchronous serial line: 8 data bits, least significant first, no parity, 1 stop bit.
///
/// The line passes two flip-flops. A falling edge begins a byte unless the line is high again half a bit later; every
/// bit is looked at once, in its middle. After a byte the next falling edge is waited for, so that a line that is held
/// low (a break) gives one byte with `error`.
///
/// The sender may be slower or faster by 1 / 9.5 of the cycles from a bit's edge to its sample: by 2.6 % at 4 cycles a
/// bit, by 4.6 % at 16.
/// Latency: `valid` is high for one cycle, 3 cycles behind the middle of the stop bit. It does not wait for anyone.
module uart_rx #(
    /// Cycles of aclk a bit, >= 4.
    parameter int CLOCKS_PER_BIT = 16
) (
    input wire aclk,
    input wire aresetn,

    /// Asynchronous; high when idle.
    input wire rx,

    output logic [7:0] data,
    output logic       valid,
    /// With valid: the stop bit was low, the byte is none.
    output logic       error
);

  `FINN_CHECK(check_rate, CLOCKS_PER_BIT >= 4, ("uart_rx: CLOCKS_PER_BIT=%0d must be at least 4", CLOCKS_PER_BIT))

  localparam int ClockW = finn_pkg::index_width(CLOCKS_PER_BIT);
  // Samples of a byte: start bit, data, stop bit.
  localparam logic [3:0] Samples = 4'd10;

  (* async_reg = "true" *) logic [1:0] line_q;
  logic line;
  logic line_before_q;
  logic [ClockW-1:0] clock_q;
  logic [3:0] left_q;

  assign line = line_q[1];

  always_ff @(posedge aclk) begin
    line_q <= {line_q[0], rx};
    line_before_q <= line;
    valid <= 1'b0;
    if (left_q == '0) begin
      clock_q <= ClockW'((CLOCKS_PER_BIT - 1) / 2 - 1);
      if (line_before_q && !line) left_q <= Samples;
    end else if (clock_q != '0) begin
      clock_q <= clock_q - 1'b1;
    end else begin
      clock_q <= ClockW'(CLOCKS_PER_BIT - 1);
      left_q  <= (left_q == Samples && line) ? '0 : left_q - 1'b1;
      if (left_q == 4'd1) begin
        valid <= 1'b1;
        error <= !line;
      end else begin
        data <= {line, data[7:1]};
      end
    end
    if (!aresetn) begin
      line_q <= '1;
      line_before_q <= 1'b1;
      left_q <= '0;
      valid <= 1'b0;
    end
  end

endmodule

`default_nettype wire
