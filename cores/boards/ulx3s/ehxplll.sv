// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// The ECP5's PLL, as far as ulx3s_clock uses it: a black box for synthesis and lint.
(* blackbox *)
module EHXPLLL #(
    parameter int CLKI_DIV = 1,
    parameter int CLKFB_DIV = 1,
    parameter FEEDBK_PATH = "CLKOP",
    parameter int CLKOP_DIV = 8,
    parameter int CLKOP_CPHASE = 0
) (
    input  wire  CLKI,
    input  wire  CLKFB,
    input  wire  RST,
    input  wire  STDBY,
    input  wire  PHASESEL0,
    input  wire  PHASESEL1,
    input  wire  PHASEDIR,
    input  wire  PHASESTEP,
    input  wire  PHASELOADREG,
    input  wire  PLLWAKESYNC,
    input  wire  ENCLKOP,
    output logic CLKOP,
    output logic LOCK
);
endmodule

`default_nettype wire
