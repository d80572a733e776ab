// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

// Source and sink of the timing diagrams: AXI4-Stream with a fixed pattern of pauses.

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

`default_nettype wire
