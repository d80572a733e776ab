// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// LUT RAM of many words, read within a short cycle: banks of 64 words, each with a register, and the choice between
/// them behind these.
///
/// Latency: `read_data` shows word `read_address` after the rising edge at which `read` was high. What is written at an
/// edge is read from the next one on, with LATE_WRITE from the one behind that on. One word a cycle in and one out.
module bank_ram #(
    /// Bits a word, >= 1.
    parameter int WIDTH = 8,
    /// Words, >= 1.
    parameter int DEPTH = 128,
    /// 1: a register in front of what is written, where it comes late in its cycle; 0: none.
    parameter bit LATE_WRITE = 0,
    localparam int ADDRESS_W = finn_pkg::index_width(DEPTH)
) (
    input wire aclk,

    input wire                 write,
    input wire [ADDRESS_W-1:0] write_address,
    input wire [    WIDTH-1:0] write_data,

    input  wire                  read,
    input  wire  [ADDRESS_W-1:0] read_address,
    output logic [    WIDTH-1:0] read_data
);

  `FINN_CHECK(check_width, WIDTH >= 1, ("bank_ram: WIDTH=%0d must be at least 1", WIDTH))
  `FINN_CHECK(check_depth, DEPTH >= 1, ("bank_ram: DEPTH=%0d must be at least 1", DEPTH))

  // Never 0, so that a wrong DEPTH gets as far as its check.
  localparam int Banks = finn_pkg::max(1, finn_pkg::ceil_div(DEPTH, 64));

  logic [WIDTH-1:0] words_q[Banks];
  logic writes;
  logic [ADDRESS_W-1:0] place;
  logic [WIDTH-1:0] data;

  if (LATE_WRITE) begin : g_late
    always_ff @(posedge aclk) begin
      writes <= write;
      place  <= write_address;
      data   <= write_data;
    end
  end else begin : g_at_once
    assign writes = write;
    assign place  = write_address;
    assign data   = write_data;
  end

  for (genvar b = 0; b < Banks; b++) begin : g_bank
    localparam int Words = finn_pkg::max(1, finn_pkg::min(64, DEPTH - 64 * b));
    localparam int IndexW = finn_pkg::index_width(Words);
    (* ram_style = "distributed" *) logic [WIDTH-1:0] memory[Words];
    logic [WIDTH-1:0] word_q;

    assign words_q[b] = word_q;

    always_ff @(posedge aclk) begin
      if (writes && 32'(place) / 64 == b) memory[IndexW'(place)] <= data;
      if (read) word_q <= memory[IndexW'(read_address)];
    end
  end

  if (Banks == 1) begin : g_single
    assign read_data = words_q[0];
  end else begin : g_choice
    logic [finn_pkg::index_width(Banks)-1:0] bank_q;

    assign read_data = words_q[bank_q];

    always_ff @(posedge aclk) if (read) bank_q <= read_address[ADDRESS_W-1:6];
  end

endmodule

`default_nettype wire
