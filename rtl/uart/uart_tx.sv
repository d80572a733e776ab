// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Sender of an asynchronous serial line: 8 data bits, least significant first, no parity, 1 stop bit.
///
/// Latency: the start bit begins 1 cycle after the byte was taken. Throughput: a byte in 10 * CLOCKS_PER_BIT cycles,
/// the next start bit directly behind the stop bit. No combinational path from the stream to the line or to tready.
module uart_tx #(
    /// Cycles of aclk a bit, >= 2.
    parameter int CLOCKS_PER_BIT = 16
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [7:0] s_axis_tdata,
    input  wire        s_axis_tvalid,
    output logic       s_axis_tready,

    /// High when idle.
    output logic tx
);

  `FINN_CHECK(check_rate, CLOCKS_PER_BIT >= 2, ("uart_tx: CLOCKS_PER_BIT=%0d must be at least 2", CLOCKS_PER_BIT))

  localparam int ClockW = finn_pkg::index_width(CLOCKS_PER_BIT);

  // Bits that follow the one on the line, and how many there are with it; behind the stop bit ones move up.
  logic [8:0] bits_q;
  logic [3:0] left_q;
  logic [ClockW-1:0] clock_q;
  // Whether clock_q is 0, known a cycle ahead.
  logic bit_is_over;
  // Whether left_q is 0, and 1.
  logic is_idle_q;
  logic is_last_q;
  logic take;

  assign s_axis_tready = is_idle_q || (is_last_q && bit_is_over);
  assign take = s_axis_tvalid && s_axis_tready;

  always_ff @(posedge aclk) begin
    clock_q <= bit_is_over ? ClockW'(CLOCKS_PER_BIT - 1) : clock_q - 1'b1;
    bit_is_over <= clock_q == ClockW'(1) && !bit_is_over && !take;
    if (take) begin
      {bits_q, tx} <= {1'b1, s_axis_tdata, 1'b0};
      left_q <= 4'd10;
      is_idle_q <= 1'b0;
      is_last_q <= 1'b0;
      clock_q <= ClockW'(CLOCKS_PER_BIT - 1);
    end else if (bit_is_over && !is_idle_q) begin
      {bits_q, tx} <= {1'b1, bits_q};
      left_q <= left_q - 1'b1;
      is_idle_q <= is_last_q;
      is_last_q <= left_q == 4'd2;
    end
    if (!aresetn) begin
      left_q <= '0;
      is_idle_q <= 1'b1;
      is_last_q <= 1'b0;
      tx <= 1'b1;
    end
  end

endmodule

`default_nettype wire
