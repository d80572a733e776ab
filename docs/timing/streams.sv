// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

// Source and sink of the timing diagrams: AXI4-Stream with a fixed pattern of pauses; and a memory to read from.

`default_nettype none

/// Gives BEATS beats in order; never waits for ready, never takes a beat back.
module tb_source #(
    parameter int WIDTH = 8,
    parameter int BEATS = 4,
    /// Beat i in bits i * WIDTH and up; tlast of beat i in bit i.
    parameter bit [BEATS*WIDTH-1:0] DATA = '0,
    parameter bit [BEATS-1:0] LAST = '0,
    /// Bit c: no new beat in cycle c after reset.
    parameter bit [63:0] PAUSE = '0
) (
    input  wire              aclk,
    input  wire              aresetn,
    output logic [WIDTH-1:0] tdata,
    output logic             tlast,
    output logic             tvalid,
    input  wire              tready
);

  int cycle_q;
  int beat_q;
  int beat_d;

  assign tdata = tvalid ? DATA[beat_q*WIDTH+:WIDTH] : '0;
  assign tlast = tvalid && LAST[beat_q];
  assign beat_d = beat_q + int'(tvalid && tready);

  always_ff @(posedge aclk) begin
    cycle_q <= cycle_q + 1;
    beat_q  <= beat_d;
    tvalid  <= (tvalid && !tready) || (beat_d < BEATS && !PAUSE[cycle_q]);
    if (!aresetn) begin
      cycle_q <= 0;
      beat_q  <= 0;
      tvalid  <= 1'b0;
    end
  end

endmodule

/// Takes a beat whenever one stands there, except in the cycles of STALL.
module tb_sink #(
    /// Bit c: not ready in cycle c after reset.
    parameter bit [63:0] STALL = '0
) (
    input  wire  aclk,
    input  wire  aresetn,
    output logic tready
);

  int cycle_q;

  always_ff @(posedge aclk) begin
    cycle_q <= cycle_q + 1;
    tready  <= !STALL[cycle_q];
    if (!aresetn) begin
      cycle_q <= 0;
      tready  <= 1'b0;
    end
  end

endmodule

/// Memory behind AXI4 read channels: takes each address at once, and answers in order, the first beat LATENCY cycles
/// behind its address at the earliest. The data of a beat is its place: its address / (DATA_W / 8).
module tb_memory #(
    parameter int ADDR_W = 12,
    parameter int DATA_W = 32,
    parameter int LATENCY = 3
) (
    input  wire               aclk,
    input  wire               aresetn,
    input  wire  [ADDR_W-1:0] araddr,
    input  wire  [       7:0] arlen,
    input  wire               arvalid,
    output logic              arready,
    output logic [DATA_W-1:0] rdata,
    output logic [       1:0] rresp,
    output logic              rlast,
    output logic              rvalid,
    input  wire               rready
);

  localparam int Bursts = 16;

  int cycle_q;
  int taken_q;
  int given_q;
  int beat_q;
  logic [31:0] address_q[Bursts];
  logic [31:0] length_q[Bursts];
  logic [31:0] due_q[Bursts];

  assign rresp  = 2'b00;
  assign rvalid = given_q < taken_q && cycle_q >= due_q[given_q%Bursts];
  assign rdata  = rvalid ? DATA_W'(address_q[given_q%Bursts] / (DATA_W / 8) + beat_q) : '0;
  assign rlast  = rvalid && beat_q == length_q[given_q%Bursts];

  always_ff @(posedge aclk) begin
    cycle_q <= cycle_q + 1;
    arready <= 1'b1;
    if (arvalid && arready) begin
      taken_q <= taken_q + 1;
      address_q[taken_q%Bursts] <= 32'(araddr);
      length_q[taken_q%Bursts] <= 32'(arlen);
      due_q[taken_q%Bursts] <= cycle_q + LATENCY;
    end
    if (rvalid && rready) begin
      beat_q  <= rlast ? 0 : beat_q + 1;
      given_q <= given_q + int'(rlast);
    end
    if (!aresetn) begin
      cycle_q <= 0;
      taken_q <= 0;
      given_q <= 0;
      beat_q  <= 0;
      arready <= 1'b0;
    end
  end

endmodule

`default_nettype wire
