// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// 50 MHz from the board's 25 MHz: 25 MHz * 2, with the oscillator of the PLL at 600 MHz (legal: 400 to 800).
module ulx3s_clock (
    input  wire  clk_25mhz,
    output logic clk_50mhz,
    output logic is_locked
);

  (* FREQUENCY_PIN_CLKI = "25" *)
  (* FREQUENCY_PIN_CLKOP = "50" *)
  EHXPLLL #(
      .CLKI_DIV(1),
      .CLKFB_DIV(2),
      .FEEDBK_PATH("CLKOP"),
      .CLKOP_DIV(12),
      .CLKOP_CPHASE(5)
  ) u_pll (
      .CLKI(clk_25mhz),
      .CLKFB(clk_50mhz),
      .RST(1'b0),
      .STDBY(1'b0),
      .PHASESEL0(1'b0),
      .PHASESEL1(1'b0),
      .PHASEDIR(1'b1),
      .PHASESTEP(1'b1),
      .PHASELOADREG(1'b1),
      .PLLWAKESYNC(1'b0),
      .ENCLKOP(1'b0),
      .CLKOP(clk_50mhz),
      .LOCK(is_locked)
  );

endmodule

`default_nettype wire
