// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Holds frames until they are known to be good; part of uart_host.
///
/// Bytes are written behind the last committed frame; `rewind` forgets those that are not committed. The writer keeps
/// the rule that no more than FRAMES are held, the one that is being written included.
///
/// Latency 3 cycles from `commit` to m_axis_tvalid; throughput 1 byte a cycle.
module uart_frame_buffer #(
    /// Bytes of a frame, >= 1.
    parameter int FRAME_BYTES = 24,
    /// Frames held, >= 1.
    parameter int FRAMES = 4
) (
    input wire aclk,
    input wire aresetn,

    input wire [7:0] data,
    input wire       write,
    input wire       rewind,
    /// All FRAME_BYTES of the frame were written before.
    input wire       commit,

    output logic [7:0] m_axis_tdata,
    output logic       m_axis_tlast,
    output logic       m_axis_tvalid,
    input  wire        m_axis_tready
);

  `FINN_CHECK(check_frame, FRAME_BYTES >= 1, ("uart_frame_buffer: FRAME_BYTES=%0d must be at least 1", FRAME_BYTES))
  `FINN_CHECK(check_frames, FRAMES >= 1, ("uart_frame_buffer: FRAMES=%0d must be at least 1", FRAMES))

  localparam int Depth = FRAME_BYTES * FRAMES;
  localparam int AddressW = finn_pkg::index_width(Depth);
  localparam int ByteW = finn_pkg::index_width(FRAME_BYTES);
  localparam int FrameW = finn_pkg::count_width(FRAMES);
  localparam logic [AddressW-1:0] LastAddress = AddressW'(Depth - 1);

  // No byte is read while it is written: Yosys need not make up for what block RAM would give then.
  (* no_rw_check *) logic [7:0] memory[Depth];
  logic [AddressW-1:0] write_q;
  logic [AddressW-1:0] begin_q;
  logic [AddressW-1:0] read_q;
  logic [ByteW-1:0] read_byte_q;
  logic [FrameW-1:0] frames_q;
  // What block RAM gives is late: there is a register behind it.
  logic [7:0] word_q;
  logic word_is_last_q;
  logic word_valid_q;
  logic read_is_last;
  logic read;
  logic moves;
  logic release_frame;

  assign moves = m_axis_tready || !m_axis_tvalid;
  assign read = frames_q != '0 && (moves || !word_valid_q);
  assign read_is_last = read_byte_q == ByteW'(FRAME_BYTES - 1);
  assign release_frame = read && read_is_last;

  always_ff @(posedge aclk) begin
    if (write) begin
      memory[write_q] <= data;
      write_q <= (write_q == LastAddress) ? '0 : write_q + 1'b1;
    end
    if (rewind) write_q <= begin_q;
    if (commit) begin_q <= write_q;
    if (commit != release_frame) frames_q <= commit ? frames_q + 1'b1 : frames_q - 1'b1;
    if (!aresetn) begin
      write_q  <= '0;
      begin_q  <= '0;
      frames_q <= '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (moves) m_axis_tvalid <= word_valid_q;
    if (moves && word_valid_q) begin
      m_axis_tdata <= word_q;
      m_axis_tlast <= word_is_last_q;
    end
    if (moves || !word_valid_q) word_valid_q <= read;
    if (read) begin
      word_q <= memory[read_q];
      word_is_last_q <= read_is_last;
      read_q <= (read_q == LastAddress) ? '0 : read_q + 1'b1;
      read_byte_q <= read_is_last ? '0 : read_byte_q + 1'b1;
    end
    if (!aresetn) begin
      m_axis_tvalid <= 1'b0;
      word_valid_q <= 1'b0;
      read_q <= '0;
      read_byte_q <= '0;
    end
  end

endmodule

`default_nettype wire
