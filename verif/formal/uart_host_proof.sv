// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Stands for the receiver: any byte, or none, in any cycle.
module uart_rx #(
    parameter int CLOCKS_PER_BIT = 16
) (
    input  wire        aclk,
    input  wire        aresetn,
    input  wire        rx,
    output logic [7:0] data,
    output logic       valid,
    output logic       error
);
  assign data  = uart_host_proof.in_data;
  assign valid = uart_host_proof.in_valid;
  assign error = uart_host_proof.in_error;
endmodule

/// Stands for the sender: ready in any cycle, or not.
module uart_tx #(
    parameter int CLOCKS_PER_BIT = 16
) (
    input  wire        aclk,
    input  wire        aresetn,
    input  wire  [7:0] s_axis_tdata,
    input  wire        s_axis_tvalid,
    output logic       s_axis_tready,
    output logic       tx
);
  assign s_axis_tready = uart_host_proof.out_ready;
  assign tx = 1'b1;
endmodule

/// uart_host, by the bytes that its receiver gives and its sender takes: the network gets the frames of good requests,
/// in their order, and nothing else; each request has one reply, in the order of requests, with its tag, what it asked
/// for or the error that it had, and the CRC of it; requests beyond the window have one error together.
module uart_host_proof #(
    parameter int FRAME_BYTES = 1,
    parameter int WINDOW = 2
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The byte of a frame that is followed.
    input wire [7:0] place,

    /// From the receiver, and of the sender.
    input wire [7:0] in_data,
    input wire       in_valid,
    input wire       in_error,
    input wire       out_ready,

    input wire       m_axis_tready,
    input wire [7:0] s_axis_tdata,
    input wire       s_axis_tlast,
    input wire       s_axis_tvalid
);

  localparam logic [383:0] Identity = {
    32'h0C0B0A09, 32'h18171615, 32'h24232221, 32'h30AF2E2D, 32'h3C3B3A39, 32'h48474645,
    32'h54535251, 32'h60DF5E5D, 32'h6C6B6A69, 32'h78777675, 32'h84838281, 32'h4E4E4946
  };
  localparam int ClocksPerBit = 4;
  localparam int IdleBits = 16;
  localparam int IdleClocks = ClocksPerBit * IdleBits;
  // Bytes of the longest request.
  localparam int Longest = FRAME_BYTES + 5;
  localparam int OwedW = finn_pkg::count_width(WINDOW);

  logic [7:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic s_axis_tready;
  logic error;

  uart_host #(
      .CLOCKS_PER_BIT(ClocksPerBit),
      .FRAME_BYTES(FRAME_BYTES),
      .IDENTITY(Identity),
      .WINDOW(WINDOW),
      .IDLE_BITS(IdleBits)
  ) dut (
      .*,
      .rx(1'b1),
      .tx()
  );

  reset_properties u_reset (.*);

  // ---- Bytes in and out ----
  logic [7:0] out_data;
  logic out_valid;
  logic out_fire;

  assign out_data = dut.send_data;
  assign out_valid = dut.send_valid;
  assign out_fire = out_valid && out_ready;

  axis_properties #(
      .WIDTH(8)
  ) u_line (
      .aclk,
      .aresetn,
      .tdata    (out_data),
      .tlast    (1'b0),
      .tvalid   (out_valid),
      .tready   (out_ready),
      .is_broken(),
      .shown    ()
  );

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

  axis_properties #(
      .WIDTH  (8),
      .ASSUMED(1)
  ) u_source (
      .aclk,
      .aresetn,
      .tdata    (s_axis_tdata),
      .tlast    (s_axis_tlast),
      .tvalid   (s_axis_tvalid),
      .tready   (s_axis_tready),
      .is_broken(),
      .shown    ()
  );

  // CRC-16/IBM-3740, a bit at a time.
  function automatic logic [15:0] with_bit(input logic [15:0] crc, input logic data);
    with_bit = (crc[15] != data) ? {crc[14:0], 1'b0} ^ 16'h1021 : {crc[14:0], 1'b0};
  endfunction

  function automatic logic [15:0] with_byte(input logic [15:0] crc, input logic [7:0] data);
    with_byte = crc;
    for (int i = 7; i >= 0; i--) with_byte = with_bit(with_byte, data[i]);
  endfunction

  // ---- Requests ----
  // Bytes of the request that have come: 0xA5, command, tag, frame, CRC.
  logic [finn_pkg::count_width(Longest)-1:0] in_q;
  logic [7:0] command_q;
  logic [7:0] tag_q;
  logic [15:0] crc_q;
  logic is_broken_q;
  logic is_accepted_q;
  logic [finn_pkg::count_width(IdleClocks)-1:0] silence_q;
  logic [OwedW-1:0] owed_q;
  logic is_complete;
  logic is_cut;
  logic is_over;
  logic is_good;
  logic [7:0] fault;
  logic [7:0] kind;
  logic error_q;

  assign is_complete = in_valid && 32'(in_q) >= 3 && 32'(in_q) + 1 == (command_q == "C" ? Longest : 5);
  assign is_cut = in_q != '0 && 32'(silence_q) == IdleClocks;
  assign is_over = is_complete || is_cut;

  always_comb begin
    fault = 8'd0;
    if (is_cut) fault = 8'd3;
    else if (is_broken_q || in_error || with_byte(crc_q, in_data) != '0) fault = 8'd1;
    else if (command_q != "C" && command_q != "I") fault = 8'd2;
  end

  assign is_good = fault == 8'd0;
  assign kind = !is_good ? "E" : command_q == "C" ? "R" : "I";

  always_ff @(posedge aclk) begin
    silence_q <= (in_valid || in_q == '0) ? '0 : silence_q + 1'b1;
    if (in_valid) begin
      if (in_q == '0) begin
        if (in_data == 8'hA5 && !in_error) in_q <= ($bits(in_q))'(1);
        tag_q <= 8'd0;
        crc_q <= '1;
        is_broken_q <= 1'b0;
        is_accepted_q <= 32'(owed_q) < WINDOW;
      end else begin
        in_q <= in_q + 1'b1;
        crc_q <= with_byte(crc_q, in_data);
        if (in_error) is_broken_q <= 1'b1;
        if (32'(in_q) == 1) command_q <= in_data;
        if (32'(in_q) == 2) tag_q <= in_data;
      end
    end
    if (is_over) begin
      in_q <= '0;
      error_q <= !is_good || !is_accepted_q;
    end
    if (!aresetn) begin
      in_q <= '0;
      error_q <= 1'b0;
      silence_q <= '0;
    end
  end

  // ---- Replies ----
  // Bytes of the reply that were taken: 0x5A, kind, tag, payload, CRC; the CRC's are counted apart.
  logic [1:0] head_q;
  logic [5:0] payload_q;
  logic [1:0] tail_q;
  logic [7:0] kind_q;
  logic [15:0] sum_q;
  logic is_dropped_q;
  logic [7:0] dropped_tag_q;
  // The reply at the line, once its first byte is offered, tells of requests beyond the window.
  logic was_dropped_q;
  logic began_q;
  logic tells_q;
  logic tells;
  logic payload_ends;
  logic reply_ends;

  assign tells = began_q ? tells_q : was_dropped_q;
  assign payload_ends = kind_q == "R" ? s_axis_tlast : kind_q == "I" ? payload_q == 6'd47 : 1'b1;
  assign reply_ends = out_fire && tail_q == 2'd2;

  always_ff @(posedge aclk) begin
    was_dropped_q <= is_dropped_q;
    if (out_valid) begin
      began_q <= 1'b1;
      tells_q <= tells;
    end
    if (out_fire) begin
      if (head_q != 2'd3) begin
        head_q <= head_q + 1'b1;
        if (head_q == 2'd0) sum_q <= '1;
        else sum_q <= with_byte(sum_q, out_data);
        if (head_q == 2'd1) kind_q <= out_data;
      end else if (tail_q == 2'd0) begin
        sum_q <= with_byte(sum_q, out_data);
        payload_q <= payload_q + 1'b1;
        if (payload_ends) tail_q <= 2'd1;
      end else begin
        tail_q <= 2'd2;
      end
    end
    if (reply_ends) begin
      began_q <= 1'b0;
      head_q <= '0;
      payload_q <= '0;
      tail_q <= '0;
      if (tells) is_dropped_q <= 1'b0;
    end
    if (is_over && !is_accepted_q) begin
      is_dropped_q <= 1'b1;
      if (!is_dropped_q || (reply_ends && tells)) dropped_tag_q <= tag_q;
    end
    owed_q <= owed_q + OwedW'(is_over && is_accepted_q) - OwedW'(reply_ends && !tells);
    if (!aresetn) begin
      began_q <= 1'b0;
      was_dropped_q <= 1'b0;
      is_dropped_q <= 1'b0;
      head_q <= '0;
      payload_q <= '0;
      tail_q <= '0;
      owed_q <= '0;
    end
  end

  // ---- One request and its reply, and any ----
  logic in_is_watched;
  logic out_is_watched;
  logic [7:0] watched_kind_q;
  logic [7:0] watched_fault_q;
  logic [7:0] watched_tag_q;

  frame_properties #(
      .FRAMES(WINDOW)
  ) u_replies (
      .aclk,
      .aresetn,
      .pick,
      .in_fire(is_over && is_accepted_q),
      .in_ends(1'b1),
      .out_valid(out_valid && !tells),
      .out_fire(out_fire && !tells),
      .out_ends(reply_ends),
      .in_is_watched,
      .out_is_watched,
      .held_q(),
      .is_owed()
  );

  always_ff @(posedge aclk) begin
    if (is_over && is_accepted_q && in_is_watched) begin
      watched_kind_q  <= kind;
      watched_fault_q <= fault;
      watched_tag_q   <= tag_q;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (error == error_q);
      if (out_valid && head_q == 2'd0) assert (out_data == 8'h5A);
      if (out_valid && out_is_watched && !tells) begin
        if (head_q == 2'd1) assert (out_data == watched_kind_q);
        if (head_q == 2'd2) assert (out_data == watched_tag_q);
        if (head_q == 2'd3 && tail_q == '0 && watched_kind_q == "E") assert (out_data == watched_fault_q);
      end
      if (out_valid && tells) begin
        assert (is_dropped_q);
        if (head_q == 2'd1) assert (out_data == "E");
        if (head_q == 2'd2) assert (out_data == dropped_tag_q);
        if (head_q == 2'd3 && tail_q == '0) assert (out_data == 8'd4);
      end
      if (out_valid && head_q == 2'd3 && tail_q == '0) begin
        if (kind_q == "R") assert (s_axis_tvalid && out_data == s_axis_tdata);
        if (kind_q == "I") assert (out_data == Identity[9'(payload_q)*8+:8]);
        assert ((s_axis_tvalid && s_axis_tready) == (out_ready && kind_q == "R"));
      end else begin
        assert (!(s_axis_tvalid && s_axis_tready));
      end
      if (out_valid && tail_q == 2'd1) assert (out_data == sum_q[15:8]);
      if (out_valid && tail_q == 2'd2) assert (out_data == sum_q[7:0]);
      cover (reply_ends && kind_q == "E" && !tells);
      cover (reply_ends && kind_q == "R");
      cover (reply_ends && tells);
    end
  end

  // ---- Frames ----
  logic [7:0] place_q;
  logic [7:0] pending_q;
  logic [7:0] byte_q;
  logic leaves;
  logic [finn_pkg::index_width(FRAME_BYTES)-1:0] out_byte;
  logic out_ends;
  logic commits;
  logic frame_in_is_watched;
  logic frame_out_is_watched;
  // Frames whose result has not been taken.
  logic [OwedW-1:0] results_q;

  assign leaves  = m_axis_tvalid && m_axis_tready;
  assign commits = is_over && is_accepted_q && kind == "R";

  beat_counter #(
      .BEATS(FRAME_BYTES)
  ) u_out (
      .aclk,
      .aresetn,
      .fire  (leaves),
      .beat_q(out_byte),
      .ends  (out_ends)
  );

  frame_properties #(
      .FRAMES(WINDOW)
  ) u_frames (
      .aclk,
      .aresetn,
      .pick,
      .in_fire(commits),
      .in_ends(1'b1),
      .out_valid(m_axis_tvalid),
      .out_fire(leaves),
      .out_ends,
      .in_is_watched(frame_in_is_watched),
      .out_is_watched(frame_out_is_watched),
      .held_q(),
      .is_owed()
  );

  always_ff @(posedge aclk) begin
    if (in_valid && 32'(in_q) == 32'(place_q) + 3) pending_q <= in_data;
    if (commits && frame_in_is_watched) byte_q <= pending_q;
    results_q <= results_q + OwedW'(leaves && out_ends) - OwedW'(s_axis_tvalid && s_axis_tready && s_axis_tlast);
    if (!aresetn) begin
      place_q   <= 32'(place) < FRAME_BYTES ? place : '0;
      results_q <= '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      // The network gives a result for each frame, and none before it has the frame.
      if (s_axis_tvalid) assume (results_q != '0);
      if (m_axis_tvalid) assert (m_axis_tlast == out_ends);
      if (m_axis_tvalid && frame_out_is_watched && 8'(out_byte) == place_q) assert (m_axis_tdata == byte_q);
    end
  end

  // The line goes on while it is ready, a reply is owed, and the result is there if it needs one.
  logic needs_result;

  assign needs_result = began_q ? dut.reply_kind_q == "R" : !is_dropped_q && dut.owed_kind == "R";

  response_properties #(
      .CYCLES(2)
  ) u_response (
      .aclk,
      .aresetn,
      .is_due (out_ready && (is_dropped_q || owed_q != '0) && (s_axis_tvalid || !needs_result)),
      .happens(out_fire)
  );

`ifndef PROMISED
  // ---- Lemmas ----
  // How registers follow requests and replies: with these the other assertions are inductive.
  localparam int Depth = FRAME_BYTES * WINDOW;
  localparam logic [2:0] Idle = 3'd0, Sync = 3'd1, Kind = 3'd2, Payload = 3'd4, CrcHigh = 3'd5, CrcLow = 3'd6;

  logic [2:0] state;
  int size;
  // Bytes of the frame that is being written; places of the buffer.
  int written;
  int first;
  int begin_place;
  int write_place;
  int read_place;
  // Replies that are owed, the oldest first, and how many of them are results.
  logic [23:0] entry[WINDOW];
  int results;
  // The watched byte's distance from the one that leaves next.
  int distance;
  // The byte of a frame that leaves behind the one that is offered.
  int behind;
  logic [7:0] stored;

  assign state = dut.reply_q;
  assign size = (command_q == "C") ? Longest : 5;
  assign begin_place = 32'(dut.u_frames.begin_q);
  assign write_place = 32'(dut.u_frames.write_q);
  assign read_place = 32'(dut.u_frames.read_q);
  assign behind = 32'(out_byte) + 32'(m_axis_tvalid);
  assign distance = 32'(u_frames.ahead_q) * FRAME_BYTES + 32'(place_q) - 32'(out_byte);

  always_comb begin
    written = 0;
    if (32'(in_q) > 3 && is_accepted_q && command_q == "C") written = 32'(in_q) - 3;
    if (written > FRAME_BYTES) written = FRAME_BYTES;
    first = read_place + Depth - 32'(dut.u_frames.read_byte_q);
    results = 0;
    for (int i = 0; i < WINDOW; i++) begin
      entry[i] = dut.u_owed.memory[(32'(dut.u_owed.read_q)+i)%WINDOW][23:0];
      if (i < 32'(owed_q) && entry[i][23:16] == "R") results = results + 1;
    end
    stored = dut.u_frames.memory[(read_place+distance-32'(m_axis_tvalid)-32'(dut.u_frames.word_valid_q))%Depth];
    if (dut.u_frames.word_valid_q && distance == 32'(m_axis_tvalid)) stored = dut.u_frames.word_q;
    if (m_axis_tvalid && distance == 0) stored = m_axis_tdata;
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (32'(in_q) < Longest);
      assert (32'(dut.request_q) == (32'(in_q) < 3 ? 32'(in_q) : 3));
      assert (dut.idle_q == silence_q && dut.is_idle == (32'(silence_q) == IdleClocks));
      if (in_q != '0) begin
        assert (32'(silence_q) <= IdleClocks);
        assert (dut.tag_q == tag_q && dut.request_crc_q == crc_q && dut.is_broken_q == is_broken_q);
        assert (dut.is_accepted_q == is_accepted_q && (!is_accepted_q || 32'(owed_q) < WINDOW));
        assert (write_place == (begin_place + written) % Depth);
      end else begin
        assert (silence_q == '0 || 32'(silence_q) == IdleClocks + 1);
      end
      if (32'(in_q) > 1) assert (dut.command_q == command_q);
      if (32'(in_q) > 2) assert (32'(in_q) < size && 32'(dut.left_q) == size - 32'(in_q));

      assert (u_replies.held_q == owed_q && 32'(owed_q) <= WINDOW);
      assert (32'(dut.u_owed.level_q) == 32'(owed_q));
      assert (dut.u_owed.some_q == (owed_q != '0) && dut.u_owed.full_q == (32'(owed_q) == WINDOW));
      assert (32'(dut.u_owed.read_q) < WINDOW && 32'(dut.u_owed.write_q) < WINDOW);
      assert (32'(dut.u_owed.write_q) == (32'(dut.u_owed.read_q) + 32'(owed_q)) % WINDOW);
      assert (!u_replies.is_within_q && !u_replies.in_watch_q);
      if (u_replies.out_watch_q) begin
        assert (u_replies.ahead_q < owed_q);
        for (int i = 0; i < WINDOW; i++) begin
          if (i == 32'(u_replies.ahead_q)) assert (entry[i] == {watched_kind_q, watched_fault_q, watched_tag_q});
        end
      end

      assert (state <= CrcLow && dut.is_overrun_q == is_dropped_q);
      assert (state == Idle ? !began_q : state == Sync || began_q);
      assert (32'(head_q) == (state <= Sync ? 0 : state < Payload ? 32'(state) - 1 : 3));
      assert (32'(tail_q) == (state == CrcHigh ? 1 : state == CrcLow ? 2 : 0));
      if (state < Payload) assert (payload_q == '0 && (state <= Sync || dut.index_q == '0));
      if (state == Payload) begin
        assert (dut.index_q == payload_q);
        if (dut.reply_kind_q == "I") assert (payload_q < 6'd48);
      end
      if (is_dropped_q) assert (dut.overrun_tag_q == dropped_tag_q);
      if (state != Idle) begin
        assert (dut.tells_overrun_q == tells);
        if (tells) begin
          assert (is_dropped_q && dut.reply_kind_q == "E" && dut.reply_fault_q == 8'd4);
          assert (dut.reply_tag_q == dropped_tag_q);
        end else begin
          assert (owed_q != '0);
          assert ({dut.reply_kind_q, dut.reply_fault_q, dut.reply_tag_q} == entry[0]);
        end
      end
      if (state > Kind) assert (kind_q == dut.reply_kind_q);
      if (state == Sync || state == Kind) assert (dut.reply_crc_q == '1);
      if (state > Sync) assert (sum_q == dut.reply_crc_q);
      assert (32'(u_response.waited_q) <= (state == Idle ? 0 : 1));

      assert (results == 32'(u_frames.held_q) + 32'(results_q) +
                         (state > Payload && !tells && dut.reply_kind_q == "R" ? 1 : 0));
      assert (32'(results_q) <= WINDOW && 32'(u_frames.held_q) <= WINDOW);
      assert (!u_frames.is_within_q && !u_frames.in_watch_q);
      assert (begin_place < Depth && write_place < Depth && read_place < Depth);
      assert (begin_place == (first + 32'(dut.u_frames.frames_q) * FRAME_BYTES) % Depth);
      assert (32'(dut.u_frames.read_byte_q) == (behind + 32'(dut.u_frames.word_valid_q)) % FRAME_BYTES);
      if (dut.u_frames.word_valid_q) assert (dut.u_frames.word_is_last_q == (behind % FRAME_BYTES == FRAME_BYTES - 1));
      assert (32'(dut.u_frames.read_byte_q) < FRAME_BYTES && 32'(out_byte) < FRAME_BYTES);
      assert (first % FRAME_BYTES == 0);
      assert (32'(u_frames.held_q) == 32'(dut.u_frames.frames_q) + 32'(m_axis_tvalid && out_ends) +
                                         32'(dut.u_frames.word_valid_q && dut.u_frames.word_is_last_q));
      if (dut.u_frames.read_byte_q != '0) assert (dut.u_frames.frames_q != '0);
      assert (32'(place_q) < FRAME_BYTES);
      if (written > 32'(place_q)) begin
        assert (dut.u_frames.memory[(begin_place+32'(place_q))%Depth] == pending_q);
      end
      if (u_frames.out_watch_q) begin
        assert (u_frames.ahead_q < u_frames.held_q);
        if (distance >= 0) assert (stored == byte_q);
      end
    end
  end
`endif

endmodule

`default_nettype wire
