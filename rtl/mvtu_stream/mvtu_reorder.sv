// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Results of mvtu_stream as others want them: blocks of FOLDS x VECTORS beats come fold by fold, those of all vectors
/// for each, and leave vector by vector.
///
/// Holds two blocks: one comes while the one before leaves. Throughput 1 beat a cycle. The first beat of a block leaves
/// 2 cycles after its last one came. No combinational path between the sides.
module mvtu_reorder #(
    /// Bits of a beat, >= 1.
    parameter int WIDTH = 8,
    /// Beats of a vector, >= 2.
    parameter int FOLDS = 2,
    /// Vectors of a block, >= 2.
    parameter int VECTORS = 2,
    /// "auto", "distributed" (LUT RAM) or "block" (block RAM).
    parameter STYLE = "auto"
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [WIDTH-1:0] s_axis_tdata,
    input  wire              s_axis_tvalid,
    output logic             s_axis_tready,

    output logic [WIDTH-1:0] m_axis_tdata,
    /// Last beat of a vector.
    output logic             m_axis_tlast,
    output logic             m_axis_tvalid,
    input  wire              m_axis_tready
);

  localparam int Beats = FOLDS * VECTORS;
  localparam int AddressW = finn_pkg::index_width(2 * Beats);
  localparam int FoldW = finn_pkg::index_width(FOLDS);
  localparam int VectorW = finn_pkg::index_width(VECTORS);

  (* ram_style = STYLE, no_rw_check *) logic [WIDTH-1:0] memory[2*Beats];
  // Blocks that came whole and have not left, by the half of the memory that they are in.
  logic [1:0] full_q;

  // ---- What comes ----
  logic write;
  logic write_half_q;
  logic [AddressW-1:0] write_q;
  logic [FoldW-1:0] write_fold_q;
  logic [VectorW-1:0] write_vector_q;
  logic write_fold_ends;
  logic write_block_ends;

  assign s_axis_tready = !full_q[write_half_q];
  assign write = s_axis_tvalid && s_axis_tready;
  assign write_fold_ends = write_vector_q == VectorW'(VECTORS - 1);
  assign write_block_ends = write_fold_ends && write_fold_q == FoldW'(FOLDS - 1);

  always_ff @(posedge aclk) begin
    if (write) begin
      memory[write_q] <= s_axis_tdata;
      write_q <= write_q + AddressW'(FOLDS);
      write_vector_q <= write_vector_q + 1'b1;
      if (write_fold_ends) begin
        write_q <= write_q - AddressW'(FOLDS * (VECTORS - 1) - 1);
        write_vector_q <= '0;
        write_fold_q <= write_fold_q + 1'b1;
      end
      if (write_block_ends) begin
        write_q <= write_half_q ? '0 : AddressW'(Beats);
        write_fold_q <= '0;
        write_half_q <= !write_half_q;
      end
    end
    if (!aresetn) begin
      write_q <= '0;
      write_vector_q <= '0;
      write_fold_q <= '0;
      write_half_q <= 1'b0;
    end
  end

  // ---- What leaves ----
  logic read;
  logic read_half_q;
  logic [AddressW-1:0] read_q;
  logic [FoldW-1:0] read_fold_q;
  logic [VectorW-1:0] read_vector_q;
  logic read_vector_ends;
  logic read_block_ends;

  assign read = full_q[read_half_q] && (m_axis_tready || !m_axis_tvalid);
  assign read_vector_ends = read_fold_q == FoldW'(FOLDS - 1);
  assign read_block_ends = read_vector_ends && read_vector_q == VectorW'(VECTORS - 1);

  always_ff @(posedge aclk) begin
    if (read) m_axis_tdata <= memory[read_q];
  end

  always_ff @(posedge aclk) begin
    if (m_axis_tready || !m_axis_tvalid) m_axis_tvalid <= read;
    if (read) begin
      m_axis_tlast <= read_vector_ends;
      read_q <= read_q + 1'b1;
      read_fold_q <= read_fold_q + 1'b1;
      if (read_vector_ends) begin
        read_fold_q   <= '0;
        read_vector_q <= read_vector_q + 1'b1;
      end
      if (read_block_ends) begin
        read_q <= read_half_q ? '0 : AddressW'(Beats);
        read_vector_q <= '0;
        read_half_q <= !read_half_q;
      end
    end
    if (!aresetn) begin
      m_axis_tvalid <= 1'b0;
      read_q <= '0;
      read_fold_q <= '0;
      read_vector_q <= '0;
      read_half_q <= 1'b0;
    end
  end

  always_ff @(posedge aclk) begin
    if (write && write_block_ends) full_q[write_half_q] <= 1'b1;
    if (read && read_block_ends) full_q[read_half_q] <= 1'b0;
    if (!aresetn) full_q <= '0;
  end

endmodule

`default_nettype wire
