// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

// Models of Gowin's block RAMs, which Yosys has as black boxes only. test_serial_boards.py puts them into the netlist,
// their rows of contents joined. Modes without output register. Facts: Gowin, UG285, "BSRAM & SSRAM User Guide".

`default_nettype none

/// SP, 16 Kbit: words of 1, 2, 4 or 8 bits; the old word is read where one is written.
module model_sp #(
    parameter int BIT_WIDTH = 8,
    parameter logic [16383:0] INIT = '0
) (
    input  wire         CLK,
    input  wire         CE,
    input  wire         OCE,
    input  wire         RESET,
    input  wire         WRE,
    input  wire  [ 2:0] BLKSEL,
    input  wire  [13:0] AD,
    input  wire  [31:0] DI,
    output logic [31:0] DO
);

  localparam int Words = 16384 / BIT_WIDTH;
  localparam int Skipped = $clog2(BIT_WIDTH);

  logic [BIT_WIDTH-1:0] memory[Words];

  initial begin
    for (int i = 0; i < Words; i++) memory[i] = INIT[BIT_WIDTH*i+:BIT_WIDTH];
    DO = '0;
  end

  always @(posedge CLK) begin
    if (CE && BLKSEL == '0) begin
      DO <= 32'(memory[AD[13:Skipped]]);
      if (WRE) memory[AD[13:Skipped]] <= DI[BIT_WIDTH-1:0];
    end
    if (RESET) DO <= '0;
  end

endmodule

/// DPX9B with words of 9 bits, 2048 of them, all 0 at first; the new word is read where one is written.
module model_dpx9b (
    input  wire         CLKA,
    input  wire         CEA,
    input  wire         OCEA,
    input  wire         RESETA,
    input  wire         WREA,
    input  wire  [ 2:0] BLKSELA,
    input  wire  [13:0] ADA,
    input  wire  [17:0] DIA,
    output logic [17:0] DOA,
    input  wire         CLKB,
    input  wire         CEB,
    input  wire         OCEB,
    input  wire         RESETB,
    input  wire         WREB,
    input  wire  [ 2:0] BLKSELB,
    input  wire  [13:0] ADB,
    input  wire  [17:0] DIB,
    output logic [17:0] DOB
);

  logic [8:0] memory[2048];

  initial begin
    for (int i = 0; i < 2048; i++) memory[i] = '0;
    DOA = '0;
    DOB = '0;
  end

  always @(posedge CLKA) begin
    if (CEA && BLKSELA == '0) begin
      DOA <= 18'(WREA ? DIA[8:0] : memory[ADA[13:3]]);
      if (WREA) memory[ADA[13:3]] <= DIA[8:0];
    end
    if (RESETA) DOA <= '0;
  end

  always @(posedge CLKB) begin
    if (CEB && BLKSELB == '0) begin
      DOB <= 18'(WREB ? DIB[8:0] : memory[ADB[13:3]]);
      if (WREB) memory[ADB[13:3]] <= DIB[8:0];
    end
    if (RESETB) DOB <= '0;
  end

endmodule

`default_nettype wire
