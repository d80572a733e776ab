// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// uart_frame_buffer: the frames that were committed leave, in order and unchanged, and nothing else does.
///
/// Assumed of the writer is what the module asks of it: a frame has FRAME_BYTES bytes when it is committed, and no more
/// than FRAMES are held, the one that is being written included.
module uart_frame_buffer_proof #(
    parameter int FRAME_BYTES = 2,
    parameter int FRAMES = 2
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The byte of the frame that is followed.
    input wire [7:0] place,

    input wire [7:0] data,
    input wire       write,
    input wire       rewind,
    input wire       commit,
    input wire       m_axis_tready
);

  localparam int ByteW = finn_pkg::count_width(FRAME_BYTES);
  localparam int HeldW = finn_pkg::count_width(FRAMES + 1);

  logic [7:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;

  uart_frame_buffer #(
      .FRAME_BYTES(FRAME_BYTES),
      .FRAMES(FRAMES)
  ) dut (
      .*
  );

  reset_properties u_reset (.*);

  axis_properties #(
      .WIDTH(8)
  ) u_sink (
      .aclk,
      .aresetn,
      .tdata    (m_axis_tdata),
      .tlast    (m_axis_tlast),
      .tvalid   (m_axis_tvalid),
      .tready   (m_axis_tready),
      .is_broken(),
      .shown    ()
  );

  logic leaves;
  logic out_ends;
  logic [finn_pkg::index_width(FRAME_BYTES)-1:0] out_byte;
  logic in_is_watched;
  logic out_is_watched;
  logic [HeldW-1:0] held;
  logic is_owed;

  assign leaves = m_axis_tvalid && m_axis_tready;

  beat_counter #(
      .BEATS(FRAME_BYTES)
  ) u_out (
      .aclk,
      .aresetn,
      .fire  (leaves),
      .beat_q(out_byte),
      .ends  (out_ends)
  );

  // A frame comes in when it is committed.
  frame_properties #(
      .FRAMES(FRAMES)
  ) u_frames (
      .aclk,
      .aresetn,
      .pick,
      .in_fire(commit),
      .in_ends(1'b1),
      .out_valid(m_axis_tvalid),
      .out_fire(leaves),
      .out_ends,
      .in_is_watched,
      .out_is_watched,
      .held_q(held),
      .is_owed
  );

  response_properties #(
      .CYCLES(3)
  ) u_response (
      .aclk,
      .aresetn,
      .is_due (m_axis_tready && is_owed),
      .happens(leaves)
  );

  // ---- The frame that is being written ----
  logic [ByteW-1:0] written_q;
  logic [7:0] place_q;
  logic [7:0] pending_q;
  logic [7:0] data_q;

  always_ff @(posedge aclk) begin
    if (write) begin
      written_q <= written_q + 1'b1;
      if (8'(written_q) == place_q) pending_q <= data;
    end
    if (commit && in_is_watched) data_q <= pending_q;
    if (rewind || commit || !aresetn) written_q <= '0;
    if (!aresetn) place_q <= 32'(place) < FRAME_BYTES ? place : '0;
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (write) assume (!rewind && !commit && 32'(held) < FRAMES && 32'(written_q) < FRAME_BYTES);
      if (commit) assume (!rewind && 32'(written_q) == FRAME_BYTES);
      if (m_axis_tvalid) begin
        assert (m_axis_tlast == out_ends);
        if (out_is_watched && 8'(out_byte) == place_q) assert (m_axis_tdata == data_q);
      end
      cover (commit && 32'(held) == FRAMES - 1);
      cover (rewind && written_q != '0);
    end
  end

endmodule

`default_nettype wire
