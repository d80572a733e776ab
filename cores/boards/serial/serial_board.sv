// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// What small boards have in common: a network behind a serial line, its reset, and four signs of life for LEDs.
///
/// `FINN_ACCELERATOR` is the network's module, finn_<net>_uart; its core defines it. It is in reset for 258 cycles
/// behind configuration and behind `stop`: block RAM of an iCE40 reads as 0 for the first microseconds.
module serial_board #(
    /// Rate of aclk, at least 4 times BAUD.
    parameter int CLOCK_HZ = 12000000,
    /// Bits a second of the serial line, >= 1,200; the nearest rate that divides the clock is taken.
    parameter int BAUD = 1000000
) (
    input wire aclk,
    /// Holds the reset; asynchronous.
    input wire stop,

    /// Serial line from the host; asynchronous.
    input  wire  rx,
    /// Serial line to the host.
    output logic tx,

    /// Blinks, at 0.5 to 1 Hz: clock and configuration are there.
    output logic alive,
    /// Request on the line, reply on the line: a flash of 2^-4 of the period of `alive`.
    output logic request,
    output logic reply,
    /// The last request was answered by an error.
    output logic error
);

  `FINN_CHECK(check_baud, BAUD >= 1200 && BAUD <= CLOCK_HZ / 4,
              ("serial_board: BAUD=%0d must be 1200 to CLOCK_HZ=%0d / 4", BAUD, CLOCK_HZ))

  localparam int ClocksPerBit = (CLOCK_HZ + BAUD / 2) / BAUD;

  // ---- Reset --------------------------------------------------------------------------------------------------------

  localparam logic [7:0] LastWait = '1;

  // Configuration leaves them at 0.
  logic [1:0] run_q = '0;
  logic [7:0] wait_q = '0;
  logic aresetn = 1'b0;

  always_ff @(posedge aclk) begin
    run_q   <= {run_q[0], !stop};
    aresetn <= run_q[1] && wait_q == LastWait;
    if (!run_q[1]) wait_q <= '0;
    else if (wait_q != LastWait) wait_q <= wait_q + 1'b1;
  end

  // ---- The network --------------------------------------------------------------------------------------------------

  `FINN_ACCELERATOR #(
      .CLOCKS_PER_BIT(ClocksPerBit)
  ) u_accelerator (
      .aclk,
      .aresetn,
      .rx,
      .tx,
      .error
  );

  // ---- Signs of life ------------------------------------------------------------------------------------------------

  localparam int HeartW = $clog2(CLOCK_HZ);
  localparam int FlashW = HeartW - 4;

  logic [1:0] line_q;
  logic [FlashW:0] request_q;
  logic [FlashW:0] reply_q;
  logic [HeartW-1:0] heart_q;

  always_ff @(posedge aclk) begin
    line_q  <= {line_q[0], rx};
    heart_q <= heart_q + 1'b1;
    if (!line_q[1]) request_q <= '1;
    else if (request_q[FlashW]) request_q <= request_q - 1'b1;
    if (!tx) reply_q <= '1;
    else if (reply_q[FlashW]) reply_q <= reply_q - 1'b1;
    if (!aresetn) begin
      heart_q   <= '0;
      request_q <= '0;
      reply_q   <= '0;
    end
  end

  assign alive = heart_q[HeartW-1];
  assign request = request_q[FlashW];
  assign reply = reply_q[FlashW];

endmodule

`default_nettype wire
