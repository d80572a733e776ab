// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

// Models of the ECP5 cells that Yosys has as black boxes only. test_ulx3s.py puts them into the netlist, their many
// ports of one bit joined.

`default_nettype none

/// DP16KD without output registers and without reset: 1024 words of 18 bits, which a port sees as words of 1, 2, 4, 9
/// or 18 bits. Words of 1, 2 or 4 bits lie in the lower 8 of every 9 bits. A port that writes reads the old word.
module model_dp16kd #(
    parameter int DATA_WIDTH_A = 18,
    parameter int DATA_WIDTH_B = 18,
    parameter logic [18431:0] INIT = '0
) (
    input  wire         CLKA,
    input  wire         CEA,
    input  wire         WEA,
    input  wire  [13:0] ADA,
    input  wire  [17:0] DIA,
    output logic [17:0] DOA,
    input  wire         CLKB,
    input  wire         CEB,
    input  wire         WEB,
    input  wire  [13:0] ADB,
    input  wire  [17:0] DIB,
    output logic [17:0] DOB
);

  logic [17:0] memory[1024];

  initial begin
    for (int i = 0; i < 1024; i++) memory[i] = INIT[18*i+:18];
  end

  // Lowest bit of a narrow word in its 18 bits.
  function automatic int place(input int width, input logic [3:0] address);
    place = 0;
    if (width <= 9 && address[3]) place = 9;
    if (width == 4) place = place + 4 * int'(address[2]);
    if (width == 2) place = place + 2 * int'(address[2:1]);
    if (width == 1) place = place + int'(address[2:0]);
  endfunction

  // Where words have 18 bits, the lowest two bits of the address enable the writing of their halves.
  function automatic logic [17:0] written(input int width, input logic [17:0] mask, input logic [13:0] address);
    written = mask << place(width, address[3:0]);
    if (width == 18) written = {{9{address[1]}}, {9{address[0]}}};
  endfunction

  localparam logic [17:0] MaskA = 18'((1 << DATA_WIDTH_A) - 1);
  localparam logic [17:0] MaskB = 18'((1 << DATA_WIDTH_B) - 1);

  always @(posedge CLKA) begin
    if (CEA) begin
      DOA <= (memory[ADA[13:4]] >> place(DATA_WIDTH_A, ADA[3:0])) & MaskA;
      if (WEA) begin
        memory[ADA[13:4]] <= (memory[ADA[13:4]] & ~written(DATA_WIDTH_A, MaskA, ADA))
            | ((DIA << place(DATA_WIDTH_A, ADA[3:0])) & written(DATA_WIDTH_A, MaskA, ADA));
      end
    end
  end

  always @(posedge CLKB) begin
    if (CEB) begin
      DOB <= (memory[ADB[13:4]] >> place(DATA_WIDTH_B, ADB[3:0])) & MaskB;
      if (WEB) begin
        memory[ADB[13:4]] <= (memory[ADB[13:4]] & ~written(DATA_WIDTH_B, MaskB, ADB))
            | ((DIB << place(DATA_WIDTH_B, ADB[3:0])) & written(DATA_WIDTH_B, MaskB, ADB));
      end
    end
  end

endmodule

/// EHXPLLL that is locked at once and gives the clock that it gets: time is measured in its output's cycles.
module model_ehxplll (
    input  wire  CLKI,
    output logic CLKOP,
    output logic LOCK
);

  assign CLKOP = CLKI;
  assign LOCK  = 1'b1;

endmodule

`default_nettype wire
