// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Top level for the ULX3S (Lattice ECP5): a network behind the board's USB serial line.
///
/// `FINN_ACCELERATOR` is the network's module, finn_<net>_uart; its core defines it. Its clock is 50 MHz, made by a
/// PLL from the board's 25 MHz. FIRE1 resets it. The LEDs, from 0: alive (0.75 Hz), request on the line, reply on the
/// line, last request answered by an error; the others are dark.
module ulx3s_top #(
    /// Bits a second of the serial line, 1,200 to 3,000,000; the nearest rate that divides 50 MHz is taken.
    parameter int BAUD = 1000000
) (
    input wire clk_25mhz,
    /// High while pressed.
    input wire btn_fire1,

    /// Named from the FTDI chip's side: to the FPGA, and from it.
    input  wire  ftdi_txd,
    output logic ftdi_rxd,

    output logic [7:0] led,
    /// High keeps the board running.
    output logic       wifi_gpio0
);

  `FINN_CHECK(check_baud, BAUD >= 1200 && BAUD <= 3000000, ("ulx3s_top: BAUD=%0d must be 1200 to 3000000", BAUD))

  localparam int ClockHz = 50000000;
  localparam int ClocksPerBit = (ClockHz + BAUD / 2) / BAUD;

  // ---- Clock and reset ----------------------------------------------------------------------------------------------

  logic aclk;
  logic is_locked;

  ulx3s_clock u_clock (
      .clk_25mhz,
      .clk_50mhz(aclk),
      .is_locked
  );

  // Leaves reset together with the clock: two flip-flops behind the button and the PLL's lock.
  logic [1:0] run_q = '0;

  always_ff @(posedge aclk) run_q <= {run_q[0], is_locked && !btn_fire1};

  // ---- The network --------------------------------------------------------------------------------------------------

  logic error;

  `FINN_ACCELERATOR #(
      .CLOCKS_PER_BIT(ClocksPerBit)
  ) u_accelerator (
      .aclk,
      .aresetn(run_q[1]),
      .rx(ftdi_txd),
      .tx(ftdi_rxd),
      .error
  );

  // ---- LEDs ---------------------------------------------------------------------------------------------------------

  // A flash is 2^22 cycles long, 84 ms.
  localparam int FlashW = 22;

  logic [1:0] request_line_q;
  logic [FlashW:0] request_q;
  logic [FlashW:0] reply_q;
  logic [25:0] heart_q;

  always_ff @(posedge aclk) begin
    request_line_q <= {request_line_q[0], ftdi_txd};
    heart_q <= heart_q + 1'b1;
    if (!request_line_q[1]) request_q <= '1;
    else if (request_q[FlashW]) request_q <= request_q - 1'b1;
    if (!ftdi_rxd) reply_q <= '1;
    else if (reply_q[FlashW]) reply_q <= reply_q - 1'b1;
    if (!run_q[1]) begin
      heart_q <= '0;
      request_q <= '0;
      reply_q <= '0;
    end
  end

  assign led = {4'b0, error, reply_q[FlashW], request_q[FlashW], heart_q[25]};
  assign wifi_gpio0 = 1'b1;

endmodule

`default_nettype wire
