// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Gives each vector of LENGTH beats REPEATS times, while the beats of the next vector are already coming in.
///
/// Holds two vectors. A beat can be read in the cycle after it was written, also during the first pass over its
/// vector; its place is free again once it was read in the last pass. Throughput: a vector takes LENGTH * REPEATS
/// cycles out, without a pause between vectors as long as the next one comes in meanwhile. Latency 1 cycle, with
/// USE_BLOCK or USE_BANKS 2: a beat is read into a register of the memory when that is empty or taken.
module replay_buffer #(
    /// Bits of a beat, >= 1.
    parameter int WIDTH = 8,
    /// Beats of a vector, >= 1.
    parameter int LENGTH = 4,
    /// Times that each vector is given, >= 2.
    parameter int REPEATS = 2,
    /// 1: block RAM; 0: LUT RAM.
    parameter bit USE_BLOCK = 0,
    /// 1: LUT RAM read as block RAM is, a cycle before the beat is needed, for more words than 64; 0 with USE_BLOCK.
    parameter bit USE_BANKS = 0
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [WIDTH-1:0] s_axis_tdata,
    input  wire              s_axis_tvalid,
    output logic             s_axis_tready,

    output logic [WIDTH-1:0] m_data,
    output logic             m_valid,
    /// Takes the beat; may depend on m_valid, and is low while that is.
    input  wire              m_take
);

  `FINN_CHECK(check_repeats, REPEATS >= 2, ("replay_buffer: REPEATS=%0d must be at least 2", REPEATS))

  localparam int PassW = finn_pkg::index_width(REPEATS);

  logic [PassW-1:0] pass_q;
  logic pass_is_first_q;
  logic pass_is_last;
  logic read;
  logic beat_is_last;

  assign pass_is_last = pass_q == PassW'(REPEATS - 1);

  replay_passes #(
      .WIDTH (WIDTH),
      .LENGTH(LENGTH),
      .USE_BLOCK(USE_BLOCK),
      .USE_BANKS(USE_BANKS)
  ) u_passes (
      .aclk,
      .aresetn,
      .s_axis_tdata,
      .s_axis_tvalid,
      .s_axis_tready,
      .pass_is_first(pass_is_first_q),
      .pass_is_last,
      .read,
      .part(1'b0),
      .beat_is_last,
      .m_data,
      .m_valid,
      .m_take
  );

  always_ff @(posedge aclk) begin
    if (read && beat_is_last) begin
      pass_q <= pass_is_last ? '0 : pass_q + 1'b1;
      pass_is_first_q <= pass_is_last;
    end
    if (!aresetn) begin
      pass_q <= '0;
      pass_is_first_q <= 1'b1;
    end
  end

endmodule

`default_nettype wire
