// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Top level for the Tang Nano 9K (Gowin GW1NR-9C): a network behind the board's USB serial line, at 27 MHz.
module tangnano9k_top #(
    /// Bits a second of the serial line, 1,200 to 6,750,000.
    parameter int BAUD = 1000000
) (
    input wire clk,
    /// Low while pressed.
    input wire btn_n,

    input  wire  rx,
    output logic tx,

    /// Low lights them: blinks, alive; request on the line; reply on the line; last request answered by an error.
    output logic led_alive_n,
    output logic led_request_n,
    output logic led_reply_n,
    output logic led_error_n
);

  logic alive;
  logic request;
  logic reply;
  logic error;

  serial_board #(
      .CLOCK_HZ(27000000),
      .BAUD(BAUD)
  ) u_board (
      .aclk(clk),
      .stop(!btn_n),
      .rx,
      .tx,
      .alive,
      .request,
      .reply,
      .error
  );

  assign led_alive_n = !alive;
  assign led_request_n = !request;
  assign led_reply_n = !reply;
  assign led_error_n = !error;

endmodule

`default_nettype wire
