// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Top level for the iCEBreaker (Lattice iCE40UP5K): a network behind the board's USB serial line, at 12 MHz.
module icebreaker_top #(
    /// Bits a second of the serial line, 1,200 to 3,000,000.
    parameter int BAUD = 1000000
) (
    input wire clk,
    /// Low while pressed.
    input wire btn_n,

    input  wire  rx,
    output logic tx,

    /// Red on the board, low lights it: the last request was answered by an error.
    output logic led_error_n,
    /// Green on the board, low lights it: blinks, alive.
    output logic led_alive_n,
    /// On the part that may be broken off: request on the line, reply on the line.
    output logic led_request,
    output logic led_reply
);

  logic alive;
  logic error;

  serial_board #(
      .CLOCK_HZ(12000000),
      .BAUD(BAUD)
  ) u_board (
      .aclk(clk),
      .stop(!btn_n),
      .rx,
      .tx,
      .alive,
      .request(led_request),
      .reply(led_reply),
      .error
  );

  assign led_alive_n = !alive;
  assign led_error_n = !error;

endmodule

`default_nettype wire
