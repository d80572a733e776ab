// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Gives each vector of LENGTH beats as often as it is told, while the beats of the next vector are already coming in.
///
/// Holds two vectors. A beat can be read in the cycle after it was written, also during the first pass over its
/// vector; its place is free again once it was read in the last pass. Throughput: a vector takes LENGTH cycles a pass,
/// without a pause between passes and vectors as long as the next one comes in meanwhile. Latency 1 cycle, with
/// USE_BLOCK or USE_BANKS 2: a beat is read into a register of the memory when that is empty or taken.
module replay_passes #(
    /// Bits of a beat, >= 1.
    parameter int WIDTH = 8,
    /// Beats of a vector, >= 1.
    parameter int LENGTH = 4,
    /// 1: block RAM; 0: LUT RAM.
    parameter bit USE_BLOCK = 0,
    /// 1: LUT RAM read as block RAM is, a cycle before the beat is needed, for more words than 64; 0 with USE_BLOCK.
    parameter bit USE_BANKS = 0,
    /// Parts of a beat, of which one is read at a time; divides WIDTH, 1 unless USE_BLOCK. A port of block RAM may be
    /// narrower than the other, so that what chooses among them takes no logic; it has room for a power of two.
    parameter int PARTS = 1,
    localparam int PART_W = finn_pkg::index_width(PARTS)
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [      WIDTH-1:0] s_axis_tdata,
    input  wire                    s_axis_tvalid,
    output logic                   s_axis_tready,

    /// The pass at hand is the first over its vector, or the last; told anew behind the read of its last beat.
    input  wire                    pass_is_first,
    input  wire                    pass_is_last,
    /// A beat is read. With USE_BLOCK or USE_BANKS it stands on `m_data` from the next cycle on, else now.
    output logic                   read,
    /// The part of it that is read, below PARTS; part 0 is in the least significant bits.
    input  wire  [     PART_W-1:0] part,
    /// The beat that is read next is the last of its pass.
    output logic                   beat_is_last,

    output logic [WIDTH/PARTS-1:0] m_data,
    output logic                   m_valid,
    /// Takes the beat; may depend on m_valid, and is low while that is.
    input  wire                    m_take
);

  `FINN_CHECK(check_length, LENGTH >= 1, ("replay_passes: LENGTH=%0d must be at least 1", LENGTH))
  `FINN_CHECK(check_parts, PARTS >= 1 && WIDTH % finn_pkg::max(1, PARTS) == 0 && (PARTS == 1 || USE_BLOCK),
              ("replay_passes: PARTS=%0d must divide WIDTH=%0d, and be 1 without block RAM", PARTS, WIDTH))

  localparam int Depth = finn_pkg::max(2, 2 * LENGTH);
  localparam int AddressW = finn_pkg::index_width(Depth);
  localparam int LevelW = finn_pkg::count_width(Depth);
  localparam int BeatW = finn_pkg::index_width(LENGTH);

  logic [AddressW-1:0] write_q;
  logic [AddressW-1:0] read_q;
  logic [BeatW-1:0] beat_q;
  // Beats stored, and those of them that were never read.
  logic [LevelW-1:0] level_q;
  logic [LevelW-1:0] fresh_q;
  logic push;
  // The levels compared, a cycle ahead.
  logic full_q;
  logic some_fresh_q;
  // A beat is there.
  logic is_there;
  logic take_first;
  logic release_one;
  // Back to the vector's begin, or on to the next vector's.
  logic [AddressW-1:0] vector_start;

  assign push = s_axis_tvalid && s_axis_tready;
  assign s_axis_tready = !full_q;
  assign beat_is_last = beat_q == BeatW'(LENGTH - 1);
  assign is_there = !pass_is_first || some_fresh_q;
  assign take_first = read && pass_is_first;
  assign release_one = read && pass_is_last;
  assign vector_start = (read_q >= AddressW'(LENGTH)) ^ pass_is_last ? AddressW'(LENGTH) : '0;

  always_ff @(posedge aclk) begin
    if (push) write_q <= (write_q == AddressW'(Depth - 1)) ? '0 : write_q + 1'b1;
    if (read) begin
      read_q <= beat_is_last ? vector_start : read_q + 1'b1;
      beat_q <= beat_is_last ? '0 : beat_q + 1'b1;
    end
    if (push != release_one) begin
      level_q <= push ? level_q + 1'b1 : level_q - 1'b1;
      full_q  <= push && level_q == LevelW'(Depth - 1);
    end
    if (push != take_first) begin
      fresh_q <= push ? fresh_q + 1'b1 : fresh_q - 1'b1;
      some_fresh_q <= push || fresh_q != LevelW'(1);
    end
    if (!aresetn) begin
      write_q <= '0;
      read_q  <= '0;
      beat_q  <= '0;
      level_q <= '0;
      fresh_q <= '0;
      full_q  <= 1'b0;
      some_fresh_q <= 1'b0;
    end
  end

  if (USE_BLOCK || USE_BANKS) begin : g_ahead
    logic output_valid_q;

    assign read = is_there && (m_take || !output_valid_q);
    assign m_valid = output_valid_q;

    always_ff @(posedge aclk) begin
      if (m_take || !output_valid_q) output_valid_q <= read;
      if (!aresetn) output_valid_q <= 1'b0;
    end

    if (USE_BLOCK) begin : g_block
      // No beat is read while it is written: Yosys need not make up for what block RAM would give then.
      localparam int PartBits = $clog2(PARTS);
      localparam int PartW = WIDTH / PARTS;
      (* ram_style = "block", no_rw_check *) logic [PartW-1:0] memory[Depth*2**PartBits];
      logic [PartW-1:0] output_q;

      assign m_data = output_q;

      if (PARTS == 1) begin : g_whole
        always_ff @(posedge aclk) begin
          if (push) memory[write_q] <= s_axis_tdata;
          if (read) output_q <= memory[read_q];
        end
      end else begin : g_parts
        always_ff @(posedge aclk) begin
          for (int p = 0; p < PARTS; p++) begin
            if (push) memory[{write_q, PART_W'(p)}] <= s_axis_tdata[p*PartW+:PartW];
          end
          if (read) output_q <= memory[{read_q, part}];
        end
      end
    end else begin : g_banks
      bank_ram #(
          .WIDTH(WIDTH),
          .DEPTH(Depth)
      ) u_memory (
          .aclk,
          .write(push),
          .write_address(write_q),
          .write_data(s_axis_tdata),
          .read,
          .read_address(read_q),
          .read_data(m_data)
      );
    end
  end else begin : g_distributed
    (* ram_style = "distributed" *) logic [WIDTH-1:0] memory[Depth];

    assign read = m_take;
    assign m_valid = is_there;
    assign m_data = memory[read_q];

    always_ff @(posedge aclk) begin
      if (push) memory[write_q] <= s_axis_tdata;
    end
  end

endmodule

`default_nettype wire
