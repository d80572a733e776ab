// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Loads a set of parameters into the memories of a network, so that every frame is computed with one set, whole.
///
/// A set comes as a packet of 32-bit words, tlast with the last: MAGIC, SIGNATURE, WORDS, a number of its own that says
/// which set it is, WORDS words for the memories in the order of the chain (load_port), the CRC-32 (that of zlib, of
/// all bytes before it), and words of 0 that fill it up. Words whose number is wrong, another signature and another
/// checksum are errors; `done` ends every packet, well or not, and tells.
///
/// Why no frame sees a part of a set. With one bank nothing is written before the packet's first four words have been
/// found right, the gate in front of the network is closed between two frames and the result of every frame before has
/// left (`empty` of parameter_gate); from then on the set is not whole, and the gate stays closed until one has come
/// whole, with the right checksum, and has passed through all memories: the token behind it comes out of the chain's
/// end.
/// With two banks words go where no memory reads, while frames pass. What has come whole waits until the network is
/// empty; then the token exchanges the banks of all memories, and the gate stays closed until it has come out of the
/// chain's end. Before the gate opens the network is reset, which is empty: so what its layers have read ahead is read
/// anew, and it is in every register as it would be if it had been built with these parameters. A reset does not touch
/// the memories, nor that a set is whole or that its exchange has begun, which goes on behind it.
///
/// Time: a word a cycle; with one bank for which a load waits, and frames wait, until the network is empty; with two
/// frames wait only for the swap, from the last beat before it to the network's being empty, and the length of the
/// chain.
module parameter_loader #(
    /// What the packet says of the network's shape.
    parameter logic [31:0] SIGNATURE = '0,
    /// Words for all memories of the chain, >= 1.
    parameter int WORDS = 16,
    /// The number of the set that the memories hold when the hardware is configured.
    parameter logic [31:0] SET = '0,
    /// Banks of the memories, 1 or 2.
    parameter int BANKS = 1,
    /// Beats of a frame and frames inside, as in parameter_gate.
    parameter int BEATS = 16,
    parameter int FRAMES = 8,
    localparam int LOAD_W = finn_pkg::LOAD_W
) (
    input wire aclk,
    input wire aresetn,

    /// The packet.
    input  wire  [31:0] s_axis_tdata,
    input  wire         s_axis_tlast,
    input  wire         s_axis_tvalid,
    output logic        s_axis_tready,

    /// A packet has ended; with it, whether it was no set for this network, had a wrong number of words, a wrong
    /// checksum.
    output logic done,
    output logic error_signature,
    output logic error_length,
    output logic error_checksum,
    /// The memories hold a set, whole, and which.
    output logic set_valid,
    output logic [31:0] set_number,

    /// The chain's beginning, and its end.
    output logic [LOAD_W-1:0] m_load,
    input  wire  [LOAD_W-1:0] s_load,

    /// Frames to the network, through the gate.
    input  wire  s_axis_frame_tvalid,
    output logic s_axis_frame_tready,
    output logic m_axis_frame_tvalid,
    input  wire  m_axis_frame_tready,
    input  wire  result_leaves,
    /// Reset of all behind the gate, active low.
    output logic network_aresetn
);

  `FINN_CHECK(check_words, WORDS >= 1, ("parameter_loader: WORDS=%0d must be at least 1", WORDS))
  `FINN_CHECK(check_banks, BANKS == 1 || BANKS == 2, ("parameter_loader: BANKS=%0d must be 1 or 2", BANKS))

  // "SETP" in the order of bytes in memory.
  localparam logic [31:0] Magic = 32'h50544553;
  localparam int CountW = finn_pkg::index_width(WORDS);
  // Cycles of the network's reset, and of those behind it until frames come.
  localparam int ResetCycles = 4;

  typedef enum logic [3:0] {
    MAGIC,
    SHAPE,
    LENGTH,
    NUMBER,
    EMPTY,
    PAYLOAD,
    CHECKSUM,
    FILL,
    SWITCH,
    SWAP,
    RESTART,
    REFUSE,
    TELL
  } state_e;

  // The next value of a CRC-32 for a word, the least significant bit first.
  function automatic logic [31:0] checked(input logic [31:0] crc, input logic [31:0] word);
    checked = crc ^ word;
    for (int i = 0; i < 32; i++) begin
      checked = {1'b0, checked[31:1]} ^ (checked[0] ? 32'hEDB88320 : 32'h0);
    end
  endfunction

  state_e state_q;
  logic [31:0] crc_q;
  logic [CountW-1:0] word_q;
  logic [31:0] number_q;
  logic [$clog2(2*ResetCycles)-1:0] restart_q;
  logic error_signature_q;
  logic error_length_q;
  logic error_checksum_q;
  logic takes;
  logic hold;
  logic empty;
  // The last word of the packet that may be one: the checksum, or those behind it.
  logic may_end;
  // What no reset touches: whether the set is whole, which it is, whether its exchange has begun, and in it the token
  // is on its way.
  logic valid_q = 1'b1;
  logic [31:0] set_q = SET;
  logic pending_q = 1'b0;
  logic travels_q = 1'b0;
  logic [LOAD_W-1:0] load_q = '0;

  assign s_axis_tready = state_q == MAGIC || state_q == SHAPE || state_q == LENGTH || state_q == NUMBER
                         || state_q == PAYLOAD || state_q == CHECKSUM || state_q == FILL || state_q == REFUSE;
  assign takes = s_axis_tvalid && s_axis_tready;
  assign may_end = state_q == CHECKSUM || state_q == FILL || state_q == REFUSE;
  assign done = state_q == TELL;
  assign error_signature = done && error_signature_q;
  assign error_length = done && error_length_q;
  assign error_checksum = done && error_checksum_q;
  assign set_valid = valid_q && !pending_q;
  assign set_number = set_q;
  assign m_load = load_q;
  assign hold = !valid_q || pending_q || (state_q == EMPTY && BANKS == 1) || state_q == SWITCH;

  always_ff @(posedge aclk) begin
    load_q <= '0;
    // What is not reset must not change in it either.
    if (aresetn) begin
      case (state_q)
        MAGIC: begin
          error_signature_q <= takes && s_axis_tdata != Magic;
          error_length_q <= 1'b0;
          error_checksum_q <= 1'b0;
          if (takes) state_q <= (s_axis_tdata != Magic) ? REFUSE : SHAPE;
        end
        SHAPE: begin
          if (takes) begin
            error_signature_q <= s_axis_tdata != SIGNATURE;
            state_q <= (s_axis_tdata != SIGNATURE) ? REFUSE : LENGTH;
          end
        end
        LENGTH: begin
          if (takes) begin
            error_length_q <= s_axis_tdata != 32'(WORDS);
            state_q <= (s_axis_tdata != 32'(WORDS)) ? REFUSE : NUMBER;
          end
        end
        NUMBER: begin
          number_q <= s_axis_tdata;
          if (takes) state_q <= EMPTY;
        end
        EMPTY: begin
          // Of two banks the other one is not used, and there is nothing to wait for.
          word_q <= '0;
          if (empty || BANKS == 2) begin
            if (BANKS == 1) valid_q <= 1'b0;
            load_q  <= LOAD_W'(1) << 33;
            state_q <= PAYLOAD;
          end
        end
        PAYLOAD: begin
          load_q <= {2'b00, takes, s_axis_tdata};
          if (takes) begin
            word_q <= word_q + 1'b1;
            if (word_q == CountW'(WORDS - 1)) state_q <= CHECKSUM;
          end
        end
        CHECKSUM: begin
          error_checksum_q <= s_axis_tdata != ~crc_q;
          if (takes) state_q <= (s_axis_tdata != ~crc_q) ? REFUSE : FILL;
        end
        FILL: begin
          if (takes && s_axis_tdata != '0) begin
            error_length_q <= 1'b1;
            state_q <= REFUSE;
          end
        end
        SWITCH: begin
          if (empty) begin
            valid_q <= 1'b1;
            set_q <= number_q;
            pending_q <= 1'b1;
            travels_q <= 1'b1;
            load_q <= LOAD_W'(1) << 34;
            state_q <= SWAP;
          end
        end
        SWAP: begin
          restart_q <= '0;
          if (!travels_q) state_q <= RESTART;
        end
        RESTART: begin
          restart_q <= restart_q + 1'b1;
          if (&restart_q) begin
            pending_q <= 1'b0;
            state_q   <= TELL;
          end
        end
        REFUSE: ;
        default: state_q <= MAGIC;
      endcase

      if (takes) begin
        crc_q <= checked((state_q == MAGIC) ? '1 : crc_q, s_axis_tdata);
        // Whatever comes last ends the packet.
        if (s_axis_tlast) begin
          state_q <= TELL;
          if (!may_end) error_length_q <= 1'b1;
          if (state_q == CHECKSUM && s_axis_tdata == ~crc_q || state_q == FILL && s_axis_tdata == '0) state_q <= SWITCH;
        end
      end
    end else begin
      state_q <= pending_q ? SWAP : MAGIC;
    end

    if (s_load[34]) travels_q <= 1'b0;
  end

  always_ff @(posedge aclk) begin
    network_aresetn <= aresetn && !(state_q == RESTART && 32'(restart_q) < ResetCycles);
  end

  wire unused = &{1'b0, s_load[33:0]};

  parameter_gate #(
      .BEATS (BEATS),
      .FRAMES(FRAMES)
  ) u_gate (
      .aclk,
      .aresetn,
      .hold,
      .empty,
      .s_axis_tvalid(s_axis_frame_tvalid),
      .s_axis_tready(s_axis_frame_tready),
      .m_axis_tvalid(m_axis_frame_tvalid),
      .m_axis_tready(m_axis_frame_tready),
      .result_leaves
  );

endmodule

`default_nettype wire
