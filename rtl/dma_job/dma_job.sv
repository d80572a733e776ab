// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// A DMA's job: checks its address and length, counts its beats and cuts it into bursts.
///
/// Each burst is as long as it may be: BURST beats, or up to the next 4 KiB boundary, or to the job's end. The first
/// one is there 3 cycles after `start`, each further one 3 cycles after the one before was taken. What the parent does
/// with a job that is empty or misplaced, and when a job ends, is its own affair.
///
/// Lengths are in beats less 1, as in AXI4; where there may be no beat at all, in two's complement, negative for none.
module dma_job #(
    /// Bits of an address, 12 to 64.
    parameter int ADDR_W = 32,
    /// Bits of a beat, a power of two from 32 to 1024.
    parameter int DATA_W = 64,
    /// Bits of a job's length in bytes, 8 to ADDR_W.
    parameter int LENGTH_W = 32,
    /// Beats of the longest burst, 1 to 256.
    parameter int BURST = 16,
    /// Bits of `available`, >= 1.
    parameter int AVAILABLE_W = 8,
    /// 1: what comes off are bursts, `take_length` is there in the cycle before `take` too, and `left` has not changed
    /// in it; 0: it may be one beat in every cycle.
    parameter bit TAKES_BURSTS = 0,
    localparam int LANE_W = $clog2(DATA_W / 8),
    localparam int BEATS_W = finn_pkg::max(9, LENGTH_W - LANE_W + 1)
) (
    input wire aclk,
    input wire aresetn,

    /// Takes a new job, whatever has become of the one before.
    input wire                start,
    input wire [  ADDR_W-1:0] address,
    input wire [LENGTH_W-1:0] bytes,

    /// The job has no bytes; it begins between two beats; it ends behind the last address, unless it is empty. They
    /// mean something in the cycle after `start` only. The last is a carry, late: a register should take it as it is.
    output logic is_empty,
    output logic is_misaligned,
    output logic is_beyond,

    /// Length of what is left of the job, and what comes off it.
    output logic [ BEATS_W-1:0] left,
    input  wire                 take,
    input  wire  [         7:0] take_length,
    /// Lanes of the job's last beat.
    output logic [DATA_W/8-1:0] last_keep,

    /// Length of what the next burst may be made from; it is short only if no more will come (`complete`).
    input wire [AVAILABLE_W-1:0] available,
    input wire                   complete,

    /// The next burst. In the cycle after `start` the address is that of the job.
    output logic [ADDR_W-1:0] burst_address,
    output logic [       7:0] burst_length,
    output logic              burst_valid,
    input  wire               burst_ready
);

  `FINN_CHECK(check_addr_w, ADDR_W >= 12 && ADDR_W <= 64, ("dma_job: ADDR_W=%0d must be 12 to 64", ADDR_W))
  `FINN_CHECK(check_data_w, DATA_W >= 32 && DATA_W <= 1024 && 2 ** $clog2(DATA_W) == DATA_W,
              ("dma_job: DATA_W=%0d must be a power of two from 32 to 1024", DATA_W))
  `FINN_CHECK(check_length_w, LENGTH_W >= 8 && LENGTH_W <= ADDR_W,
              ("dma_job: LENGTH_W=%0d must be 8 to ADDR_W=%0d", LENGTH_W, ADDR_W))
  `FINN_CHECK(check_burst, BURST >= 1 && BURST <= 256, ("dma_job: BURST=%0d must be 1 to 256", BURST))
  `FINN_CHECK(check_available_w, AVAILABLE_W >= 1, ("dma_job: AVAILABLE_W=%0d must be at least 1", AVAILABLE_W))

  localparam int Lanes = DATA_W / 8;
  // Addresses count beats: of memory, and inside a page of 4 KiB.
  localparam int PlaceW = ADDR_W - LANE_W;
  localparam int OffsetW = 12 - LANE_W;
  localparam int CompareW = finn_pkg::max(AVAILABLE_W, 8);

  // ROOM: how long may a burst from here be? LENGTH: how long will it be? READY, and from the next cycle on WAIT: it
  // waits to be taken. A register between any two.
  typedef enum logic [1:0] {
    ROOM,
    LENGTH,
    READY,
    WAIT
  } phase_e;

  phase_e phase_q;
  // Where the next burst begins: behind this one as soon as its length is known, whether or not it is taken.
  logic [PlaceW-1:0] place_q;
  logic [PlaceW-1:0] burst_place_q;
  logic [LANE_W-1:0] rest_q;
  logic [PlaceW:0] last_place;
  logic [OffsetW-1:0] to_page;
  logic [7:0] room_q;
  // What is left behind what comes off.
  logic [BEATS_W-1:0] left_behind;
  logic is_none;
  logic is_long;

  // The carry alone says whether memory has such a place; the sum's other bits would take too long to look at.
  assign last_place = {1'b0, place_q} + (PlaceW + 1)'(left[BEATS_W-2:0]);
  assign is_empty = left[BEATS_W-1];
  assign is_beyond = last_place[PlaceW];

  // As many ones as there are lanes, less those that the last beat does not use.
  assign last_keep = {Lanes{1'b1}} >> (-rest_q);
  assign to_page = ~place_q[OffsetW-1:0];
  assign is_none = available[AVAILABLE_W-1];
  assign is_long = !is_none && CompareW'(available) >= CompareW'(room_q);
  assign burst_address = {burst_place_q, LANE_W'(0)};
  assign burst_valid = phase_q == READY || phase_q == WAIT;

  if (TAKES_BURSTS) begin : g_bursts
    logic [BEATS_W-1:0] left_behind_q;

    assign left_behind = left_behind_q;

    always_ff @(posedge aclk) left_behind_q <= left + ~(BEATS_W'(take_length));
  end else begin : g_beats
    assign left_behind = left + ~(BEATS_W'(take_length));
  end

  always_ff @(posedge aclk) begin
    case (phase_q)
      ROOM: begin
        burst_place_q <= place_q;
        room_q <= (int'(to_page) < BURST) ? 8'(to_page) : 8'(BURST - 1);
        phase_q <= LENGTH;
      end
      LENGTH: begin
        burst_length <= is_long ? room_q : 8'(available);
        if (is_long || (complete && !is_none)) phase_q <= READY;
      end
      default: begin
        if (phase_q == READY) place_q <= place_q + PlaceW'(burst_length) + 1'b1;
        phase_q <= burst_ready ? ROOM : WAIT;
      end
    endcase
    if (take) left <= left_behind;
    if (start) begin
      place_q <= address[ADDR_W-1:LANE_W];
      burst_place_q <= address[ADDR_W-1:LANE_W];
      is_misaligned <= address[LANE_W-1:0] != '0;
      left <= BEATS_W'(bytes[LENGTH_W-1:LANE_W]) - BEATS_W'(bytes[LANE_W-1:0] == '0);
      rest_q <= bytes[LANE_W-1:0];
      phase_q <= ROOM;
    end
    if (!aresetn) phase_q <= ROOM;
  end

endmodule

`default_nettype wire
