// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Top level for Olimex' GateMateA1-EVB (Cologne Chip CCGM1A1): a network behind the board's USB serial line, at 10
/// MHz.
module gatemate_evb_top #(
    /// Bits a second of the serial line, 1,200 to 2,500,000.
    parameter int BAUD = 1000000
) (
    input wire clk,
    /// Low while pressed.
    input wire btn_n,

    input  wire  rx,
    output logic tx,

    /// Low lights it: blinks, alive; a request on the line turns it over; it stays lit from an error on until an
    /// answer.
    output logic led_n
);

  logic alive;
  logic request;
  logic unused_reply;
  logic error;

  serial_board #(
      .CLOCK_HZ(10000000),
      .BAUD(BAUD)
  ) u_board (
      .aclk(clk),
      .stop(!btn_n),
      .rx,
      .tx,
      .alive,
      .request,
      .reply(unused_reply),
      .error
  );

  assign led_n = !(error || alive != request);

endmodule

`default_nettype wire
