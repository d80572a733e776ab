// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Lets a host classify frames over a serial line: requests in, frames to the network, results back as replies.
///
/// Request: 0xA5, command, tag, frame (of a classification), CRC. Reply: 0x5A, kind, tag of the request, payload, CRC;
/// docs/ip/uart.md has the bytes, driver/uart_protocol.py is the other end. A frame waits in a buffer for its
/// CRC, so the network sees good frames only; any other request is answered by an error. Replies come in the order of
/// their requests.
///
/// The host may have WINDOW requests without a reply. That many frames fit into the buffer, whatever the network does;
/// requests beyond are dropped, and an error with the tag of the first of them is the next reply.
///
/// Inside a request a line that is idle for IDLE_BITS ends it, with an error. Outside, all bytes but 0xA5 are ignored,
/// and so a host that sends garbage, or stops anywhere, is understood again after that time at the latest.
///
/// Latency: a frame's first byte is offered 6 cycles behind the middle of its request's last stop bit; a reply's start
/// bit begins 2 cycles behind the result's first byte. Throughput: that of the line, 10 * CLOCKS_PER_BIT cycles a byte,
/// in both directions; 1 cycle more between replies.
module uart_host #(
    /// Cycles of aclk a bit, >= 4.
    parameter int CLOCKS_PER_BIT = 16,
    /// Bytes of a frame, >= 1.
    parameter int FRAME_BYTES = 24,
    /// What the hardware says of itself, byte 0 in the least significant bits: the words of output.identity. Only the
    /// generator knows them: the driver refuses hardware without.
    parameter logic [383:0] IDENTITY = '0,
    /// Requests that may wait for their replies, >= 1; the buffer holds WINDOW * FRAME_BYTES bytes.
    parameter int WINDOW = 16,
    /// Bit times after which an unfinished request is dropped, >= 16 and with CLOCKS_PER_BIT below 2^31 cycles.
    parameter int IDLE_BITS = 65536
) (
    input wire aclk,
    input wire aresetn,

    /// Serial line from the host; asynchronous.
    input  wire  rx,
    /// Serial line to the host.
    output logic tx,

    output logic [7:0] m_axis_tdata,
    output logic       m_axis_tlast,
    output logic       m_axis_tvalid,
    input  wire        m_axis_tready,

    /// Results: tlast ends one, one for each frame.
    input  wire  [7:0] s_axis_tdata,
    input  wire        s_axis_tlast,
    input  wire        s_axis_tvalid,
    output logic       s_axis_tready,

    /// The last request was answered by an error.
    output logic error
);

  `FINN_CHECK(check_frame, FRAME_BYTES >= 1, ("uart_host: FRAME_BYTES=%0d must be at least 1", FRAME_BYTES))
  `FINN_CHECK(check_window, WINDOW >= 1, ("uart_host: WINDOW=%0d must be at least 1", WINDOW))
  `FINN_CHECK(check_idle, IDLE_BITS >= 16 && IDLE_BITS <= 2147483647 / CLOCKS_PER_BIT,
              ("uart_host: IDLE_BITS=%0d must be at least 16, and below 2^31 cycles", IDLE_BITS))

  // First byte of every request, and of every reply.
  localparam logic [7:0] Request = 8'hA5;
  localparam logic [7:0] Reply = 8'h5A;
  // Commands, and kinds of replies.
  localparam logic [7:0] Identity = "I";
  localparam logic [7:0] Classify = "C";
  localparam logic [7:0] Result = "R";
  localparam logic [7:0] Error = "E";
  // Payload of an error reply.
  localparam logic [7:0] BadCrc = 8'd1;
  localparam logic [7:0] Unknown = 8'd2;
  localparam logic [7:0] CutOff = 8'd3;
  localparam logic [7:0] Overrun = 8'd4;

  localparam int CrcBytes = 2;
  localparam int LeftW = finn_pkg::count_width(FRAME_BYTES + CrcBytes);
  localparam int IdleClocks = IDLE_BITS * CLOCKS_PER_BIT;
  localparam int IdleW = finn_pkg::count_width(IdleClocks);
  localparam int IdentityBytes = 48;
  localparam logic [15:0] CrcStart = 16'hFFFF;

  // CRC-16 (polynomial 0x1021, most significant bit first) with one more byte. Of bytes and their CRC it is 0.
  function automatic logic [15:0] crc16(input logic [15:0] crc, input logic [7:0] data);
    crc16 = crc ^ {data, 8'h00};
    for (int i = 0; i < 8; i++) begin
      crc16 = {crc16[14:0], 1'b0} ^ (crc16[15] ? 16'h1021 : 16'h0000);
    end
  endfunction

  // ---- Requests -----------------------------------------------------------------------------------------------------

  typedef enum logic [1:0] {
    HUNT,
    COMMAND,
    TAG,
    BODY
  } request_e;

  request_e request_q;
  logic [7:0] byte_data;
  logic byte_valid;
  logic byte_error;
  logic [7:0] command_q;
  logic [7:0] tag_q;
  // Bytes of the body that are still to come, CRC included.
  logic [LeftW-1:0] left_q;
  logic [15:0] request_crc_q;
  logic [15:0] request_crc;
  // A byte came without its stop bit.
  logic is_broken_q;
  logic is_accepted_q;
  logic [IdleW-1:0] idle_q;
  // Whether idle_q is IdleClocks, known a cycle ahead.
  logic is_idle;
  logic is_crc_right;
  logic is_complete;
  logic is_over;
  logic is_good;

  // A reply that is owed: its kind, and the first byte of an error's payload.
  logic [7:0] kind;
  logic [7:0] fault;
  logic queue_ready;

  uart_rx #(
      .CLOCKS_PER_BIT(CLOCKS_PER_BIT)
  ) u_rx (
      .aclk,
      .aresetn,
      .rx,
      .data (byte_data),
      .valid(byte_valid),
      .error(byte_error)
  );

  assign request_crc = crc16(request_crc_q, byte_data);
  assign is_complete = byte_valid && request_q == BODY && left_q == LeftW'(1);
  // That request_crc is 0, with less logic: of the last byte's 256 values one alone makes it so.
  assign is_crc_right = request_crc_q == {byte_data, 8'h00};
  assign is_over = is_complete || is_idle;

  always_comb begin
    fault = '0;
    if (is_idle) fault = CutOff;
    else if (is_broken_q || byte_error || !is_crc_right) fault = BadCrc;
    else if (command_q != Classify && command_q != Identity) fault = Unknown;
  end

  assign is_good = fault == '0;
  assign kind = !is_good ? Error : command_q == Classify ? Result : Identity;

  always_ff @(posedge aclk) begin
    if (byte_valid) begin
      request_crc_q <= request_crc;
      is_broken_q <= is_broken_q || byte_error;
      case (request_q)
        HUNT: begin
          if (byte_data == Request && !byte_error) request_q <= COMMAND;
          tag_q <= '0;
          request_crc_q <= CrcStart;
          is_broken_q <= 1'b0;
          // Places do not get fewer before the request is over.
          is_accepted_q <= queue_ready;
        end
        COMMAND: begin
          request_q <= TAG;
          command_q <= byte_data;
        end
        TAG: begin
          request_q <= BODY;
          tag_q <= byte_data;
          left_q <= $unsigned(LeftW'(command_q == Classify ? FRAME_BYTES + CrcBytes : CrcBytes));
        end
        default: left_q <= left_q - 1'b1;
      endcase
    end
    is_idle <= idle_q == IdleW'(IdleClocks - 1) && !byte_valid && request_q != HUNT;
    idle_q <= (byte_valid || request_q == HUNT) ? '0 : idle_q + 1'b1;
    if (is_over) request_q <= HUNT;
    if (is_over) error <= !(is_good && is_accepted_q);
    if (!aresetn) begin
      request_q <= HUNT;
      idle_q <= '0;
      is_idle <= 1'b0;
      error <= 1'b0;
    end
  end

  uart_frame_buffer #(
      .FRAME_BYTES(FRAME_BYTES),
      .FRAMES(WINDOW)
  ) u_frames (
      .aclk,
      .aresetn,
      .data(byte_data),
      .write(byte_valid && request_q == BODY && left_q > LeftW'(CrcBytes) && is_accepted_q),
      .rewind(request_q == HUNT),
      .commit(is_over && is_accepted_q && kind == Result),
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

  // ---- Replies that are owed ----------------------------------------------------------------------------------------

  logic [7:0] owed_kind;
  logic [7:0] owed_fault;
  logic [7:0] owed_tag;
  logic owed_valid;
  logic owed_done;
  logic unused_last;

  // A frame leaves the buffer before its reply is over: with a place here there is one in the buffer.
  axis_fifo #(
      .WIDTH(24),
      .DEPTH(WINDOW)
  ) u_owed (
      .aclk,
      .aresetn,
      .s_axis_tdata ({kind, fault, tag_q}),
      .s_axis_tlast (1'b1),
      .s_axis_tvalid(is_over && is_accepted_q),
      .s_axis_tready(queue_ready),
      .m_axis_tdata ({owed_kind, owed_fault, owed_tag}),
      .m_axis_tlast (unused_last),
      .m_axis_tvalid(owed_valid),
      .m_axis_tready(owed_done)
  );

  // ---- Replies ------------------------------------------------------------------------------------------------------

  typedef enum logic [2:0] {
    IDLE,
    SYNC,
    KIND,
    ECHO,
    PAYLOAD,
    CRC_HIGH,
    CRC_LOW
  } reply_e;

  reply_e reply_q;
  logic [7:0] reply_kind_q;
  logic [7:0] reply_fault_q;
  logic [7:0] reply_tag_q;
  logic [15:0] reply_crc_q;
  logic [5:0] index_q;
  logic is_overrun_q;
  logic [7:0] overrun_tag_q;
  // The present reply tells of the overrun, and takes nothing from the queue.
  logic tells_overrun_q;
  logic overrun_is_told;
  logic is_result;
  logic payload_is_last;
  logic [7:0] send_data;
  logic send_valid;
  logic send_ready;
  logic send;

  assign is_result = reply_kind_q == Result;
  assign s_axis_tready = reply_q == PAYLOAD && is_result && send_ready;
  assign send_valid = reply_q != IDLE && (reply_q != PAYLOAD || !is_result || s_axis_tvalid);
  assign send = send_valid && send_ready;
  assign owed_done = send && reply_q == CRC_LOW && !tells_overrun_q;
  assign overrun_is_told = send && reply_q == CRC_LOW && tells_overrun_q;

  always_comb begin
    payload_is_last = 1'b1;
    send_data = Reply;
    case (reply_q)
      KIND: send_data = reply_kind_q;
      ECHO: send_data = reply_tag_q;
      PAYLOAD: begin
        send_data = reply_fault_q;
        if (is_result) begin
          send_data = s_axis_tdata;
          payload_is_last = s_axis_tlast;
        end else if (reply_kind_q == Identity) begin
          send_data = IDENTITY[8*index_q+:8];
          payload_is_last = index_q == 6'(IdentityBytes - 1);
        end
      end
      CRC_HIGH: send_data = reply_crc_q[15:8];
      CRC_LOW: send_data = reply_crc_q[7:0];
      default: send_data = Reply;
    endcase
  end

  always_ff @(posedge aclk) begin
    if (send) begin
      if (reply_q == KIND || reply_q == ECHO || reply_q == PAYLOAD) begin
        reply_crc_q <= crc16(reply_crc_q, send_data);
      end
      index_q <= (reply_q == PAYLOAD) ? index_q + 1'b1 : '0;
    end
    case (reply_q)
      IDLE: begin
        reply_crc_q <= CrcStart;
        tells_overrun_q <= is_overrun_q;
        reply_kind_q <= is_overrun_q ? Error : owed_kind;
        reply_fault_q <= is_overrun_q ? Overrun : owed_fault;
        reply_tag_q <= is_overrun_q ? overrun_tag_q : owed_tag;
        // A reply begins when its result is there, so that it has no pause.
        if (is_overrun_q || (owed_valid && (owed_kind != Result || s_axis_tvalid))) reply_q <= SYNC;
      end
      SYNC: if (send) reply_q <= KIND;
      KIND: if (send) reply_q <= ECHO;
      ECHO: if (send) reply_q <= PAYLOAD;
      PAYLOAD: if (send && payload_is_last) reply_q <= CRC_HIGH;
      CRC_HIGH: if (send) reply_q <= CRC_LOW;
      default: if (send) reply_q <= IDLE;
    endcase
    if (overrun_is_told) is_overrun_q <= 1'b0;
    if (is_over && !is_accepted_q) begin
      is_overrun_q <= 1'b1;
      if (!is_overrun_q || overrun_is_told) overrun_tag_q <= tag_q;
    end
    if (!aresetn) begin
      reply_q <= IDLE;
      is_overrun_q <= 1'b0;
    end
  end

  uart_tx #(
      .CLOCKS_PER_BIT(CLOCKS_PER_BIT)
  ) u_tx (
      .aclk,
      .aresetn,
      .s_axis_tdata (send_data),
      .s_axis_tvalid(send_valid),
      .s_axis_tready(send_ready),
      .tx
  );

endmodule

`default_nettype wire
