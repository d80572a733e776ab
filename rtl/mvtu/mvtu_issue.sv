// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Operands of the MVTU: the SF beats of each of VECTORS vectors, all of them NF times, one a cycle while `enable` is
/// high, a beat has come and a weight word is there for it.
///
/// `operand` is a beat, `operand_valid` whether it is one to be computed with, `first` and `last` whether it is the
/// first or the last of a row. Latency: READS + 1 enabled cycles behind the cycle of `issue`, which is for NF = 1 the
/// one in which a beat comes, else 1 cycle behind it, with USE_BLOCK 2. `s_axis_tready` depends on registers and, for
/// NF = 1, on `enable` and `word_valid`.
module mvtu_issue #(
    /// Bits of a beat, >= 1.
    parameter int WIDTH = 16,
    /// Beats of a vector, >= 1.
    parameter int SF = 4,
    /// Vectors that are given one after the other before the first one is given again, >= 1.
    parameter int VECTORS = 1,
    /// Rows that every element of the pipeline computes of a vector, >= 1.
    parameter int NF = 4,
    /// Registers behind the operand's first, >= 0: as many as the words of the weights have behind theirs.
    parameter int READS = 0,
    /// 1: the replay buffer (NF > 1) is block RAM; 0: LUT RAM.
    parameter bit USE_BLOCK = 0,
    /// Odd, >= 3: the operand is recoded as parities of runs of so many lanes (mvtu_parities), in front of its last
    /// register, and WIDTH is SIMD * INPUT_W; 0: it is the beat.
    parameter int RUN = 0,
    /// For RUN > 0: lanes of a beat, and bits of each.
    parameter int SIMD = WIDTH,
    parameter int INPUT_W = 1
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [WIDTH-1:0] s_axis_tdata,
    input  wire              s_axis_tvalid,
    output logic             s_axis_tready,

    /// The pipeline moves.
    input  wire              enable,
    /// There is a weight word for the next beat.
    input  wire              word_valid,
    /// A beat and a weight word are taken.
    output logic             issue,
    output logic [WIDTH-1:0] operand,
    output logic             operand_valid,
    output logic             first,
    output logic             last,
    /// Whether the next operand will be valid and the last of a row, if the pipeline moves.
    output logic             next_last
);

  localparam int SegmentW = finn_pkg::index_width(SF);

  logic [WIDTH-1:0] segment;
  logic segment_valid;
  logic [SegmentW-1:0] segment_q;
  logic segment_is_last;
  logic [WIDTH-1:0] operand_q;
  // Bit READS: with `operand`.
  logic [READS:0] valid_q;
  logic [READS:0] first_q;
  logic [READS:0] last_q;

  assign issue = segment_valid && word_valid && enable;
  assign segment_is_last = segment_q == SegmentW'(SF - 1);

  if (NF > 1) begin : g_replay
    replay_buffer #(
        .WIDTH  (WIDTH),
        .LENGTH (SF * VECTORS),
        .REPEATS(NF),
        .USE_BLOCK(USE_BLOCK)
    ) u_replay (
        .aclk,
        .aresetn,
        .s_axis_tdata,
        .s_axis_tvalid,
        .s_axis_tready,
        .m_data (segment),
        .m_valid(segment_valid),
        .m_take (issue)
    );
  end else begin : g_direct
    assign segment = s_axis_tdata;
    assign segment_valid = s_axis_tvalid;
    assign s_axis_tready = word_valid && enable;
  end

  always_ff @(posedge aclk) begin
    if (issue) segment_q <= segment_is_last ? '0 : segment_q + 1'b1;
    if (!aresetn) segment_q <= '0;
  end

  // What the operand's last register takes, and the same as it comes.
  logic [WIDTH-1:0] plain;
  logic [WIDTH-1:0] coded;

  if (RUN > 0) begin : g_coded
    mvtu_parities #(
        .SIMD(SIMD),
        .INPUT_W(INPUT_W),
        .RUN(RUN)
    ) u_parities (
        .plain,
        .recoded(coded)
    );
  end else begin : g_plain
    assign coded = plain;
  end

  always_ff @(posedge aclk) begin
    if (enable) begin
      operand_q <= (READS == 0) ? coded : segment;
      valid_q   <= (READS + 1)'({valid_q, issue});
      first_q   <= (READS + 1)'({first_q, segment_q == '0});
      last_q    <= (READS + 1)'({last_q, segment_is_last});
    end
    if (!aresetn) valid_q <= '0;
  end

  if (READS == 0) begin : g_operand
    assign plain   = segment;
    assign operand = operand_q;
  end else begin : g_read
    logic [READS*WIDTH-1:0] read_q;

    always_ff @(posedge aclk) begin
      if (enable) read_q <= (READS * WIDTH)'({read_q, coded});
    end
    assign plain   = operand_q;
    assign operand = read_q[(READS-1)*WIDTH+:WIDTH];
  end

  assign operand_valid = valid_q[READS];
  assign first = first_q[READS];
  assign last = last_q[READS];

  if (READS == 0) begin : g_next_issue
    assign next_last = issue && segment_is_last;
  end else begin : g_next_read
    assign next_last = valid_q[READS-1] && last_q[READS-1];
  end

endmodule

`default_nettype wire
