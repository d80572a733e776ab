// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Runs the jobs of axi_host: commands both DMAs, ends jobs, resets the network, measures.
///
/// A job of N frames is one command for each DMA. It ends when both are done. After an abort, and where one DMA refused
/// its command, the other is aborted too and the network reset, so that the next job finds everything empty. A load is
/// a command for the read DMA alone, and ends when the network has told of it, too.
///
/// Weights that layers read from memory are read while a job of frames runs. Behind it their reads are ended and the
/// network is reset, for it holds words of the next pass; an error among them ends the job as an abort does.
module axi_host_job #(
    /// Bits of an address in memory.
    parameter int ADDR_W = 32,
    /// Bytes from a frame to the next in memory, 1..2^27.
    parameter int INPUT_STRIDE = 8,
    /// Bytes from a result to the next in memory, 1..2^27.
    parameter int OUTPUT_STRIDE = 8,
    /// Bytes of a load, a multiple of those of a beat; 0 where there is none.
    parameter int LOAD_BYTES = 0,
    /// Bytes of the weights that are read from memory, a multiple of 4096; 0 where none are.
    parameter int WEIGHTS_BYTES = 0
) (
    input wire aclk,
    input wire aresetn,

    input wire start,
    input wire abort,
    input wire load,
    input wire [23:0] frames,
    input wire [63:0] input_address,
    input wire [63:0] output_address,
    input wire [63:0] weights_address,

    output logic busy,
    output logic [31:0] set_status,
    output logic [23:0] frames_in,
    output logic [23:0] results,
    output logic [31:0] latency,
    output logic [47:0] span,
    output logic [47:0] cycles,

    /// Both DMAs take the command at once, for one that is ready stays so; it comes when both are.
    output logic [ADDR_W-1:0] read_address,
    output logic [      31:0] read_bytes,
    output logic [ADDR_W-1:0] write_address,
    output logic [      31:0] write_bytes,
    output logic              command_valid,
    /// The job is a load: the command is for the read DMA alone, and what it reads are parameters.
    output logic              loads,
    input  wire               command_ready,
    output logic              dma_abort,

    input wire read_done,
    input wire read_response_error,
    input wire read_length_error,
    input wire read_refused,
    input wire write_done,
    input wire write_response_error,
    input wire write_refused,

    /// Of the network and of what is between it and the DMAs, active low.
    output logic network_resetn,
    /// A beat entered the network, the last one of a frame.
    input wire   in_fire,
    input wire   in_last,
    /// A beat of a result left the network, the last one, of a malformed frame.
    input wire   out_fire,
    input wire   out_last,
    input wire   out_bad,
    /// A result was handed to the write DMA whole; the present one is the job's last.
    input  wire  result_written,
    output logic writes_last,
    /// A load has ended, and what was wrong with it: signature, length, checksum; there is a set of parameters, whole.
    input  wire  load_done,
    input  wire  [2:0] load_error,
    input  wire  set_valid,
    /// The next word of a load is its last.
    input  wire  load_fire,
    output logic load_last,
    /// Readers of weights: whence, that they shall read, that one of them does, that one of them ended by an error.
    output logic [ADDR_W-1:0] weights_base,
    output logic              weights_run,
    input  wire               weights_busy,
    input  wire               weights_error
);

  typedef enum logic [2:0] {
    IDLE,
    MULTIPLY,
    CHECK,
    LAUNCH,
    RUN,
    DRAIN,
    ABORT,
    FINISH
  } state_e;

  // Bits of a stride, of one times a digit, and of one times a number of frames.
  localparam int StrideW = finn_pkg::max(16, $clog2(finn_pkg::max(INPUT_STRIDE, OUTPUT_STRIDE) + 1));
  localparam int MultipleW = StrideW + 4;
  localparam int BytesW = StrideW + 24;

  // One bit of a stride times each digit.
  function automatic logic [15:0] multiples(int stride, int place);
    for (int digit = 0; digit < 16; digit++) multiples[digit] = (digit * stride >> place) % 2 == 1;
  endfunction

  state_e state_q;
  logic [23:0] frames_q;
  logic [63:0] read_address_q;
  logic [63:0] write_address_q;
  logic [BytesW-1:0] read_bytes_q;
  logic [BytesW-1:0] write_bytes_q;
  logic [MultipleW-1:0] read_multiple;
  logic [MultipleW-1:0] write_multiple;
  logic [MultipleW-1:0] read_multiple_q;
  logic [MultipleW-1:0] write_multiple_q;
  logic read_over_q;
  logic write_over_q;
  // The job is in LAUNCH, and nothing is wrong with it: no frames, or too many; an address behind the last.
  logic launches_q;
  logic is_without_q;
  logic is_bad;
  logic is_bad_q;
  logic is_too_far_q;
  logic refused;
  logic aborted_q;
  logic entered_q;
  logic left_q;
  logic too_far;
  // Frames, of which a digit is looked at after the other; results that are not yet written.
  logic [23:0] digits_q;
  logic [23:0] unwritten_q;
  logic [2:0] digit_q;
  // The results of a job are counted down to the last one.
  logic [23:0] missing_q;
  logic result_is_last_q;
  logic result_leaves;
  logic spans_q;
  logic span_counts_q;
  logic is_unset;
  logic is_unset_q;
  logic load_over_q;
  logic weights_failed;
  logic weights_drained;
  // The address of the weights is none, or a wrong one.
  logic is_weightless;
  logic is_weightless_q;

  assign busy = state_q != IDLE;
  assign read_address = read_address_q[ADDR_W-1:0];
  assign write_address = write_address_q[ADDR_W-1:0];
  assign read_bytes = read_bytes_q[31:0];
  assign write_bytes = write_bytes_q[31:0];
  assign command_valid = launches_q && !abort;
  assign dma_abort = state_q == ABORT;
  assign is_bad = !loads && (is_without_q || read_bytes_q[BytesW-1:32] != '0 || write_bytes_q[BytesW-1:32] != '0);
  assign is_unset = loads ? LOAD_BYTES == 0 : !set_valid;
  assign result_leaves = out_fire && out_last;

  if (ADDR_W < 64) begin : g_high
    assign too_far = read_address_q[63:ADDR_W] != '0 || write_address_q[63:ADDR_W] != '0;
  end else begin : g_whole
    assign too_far = 1'b0;
  end

  for (genvar b = 0; b < MultipleW; b++) begin : g_multiple
    localparam logic [15:0] Read = multiples(INPUT_STRIDE, b);
    localparam logic [15:0] Write = multiples(OUTPUT_STRIDE, b);
    assign read_multiple[b]  = Read[digits_q[23:20]];
    assign write_multiple[b] = Write[digits_q[23:20]];
  end

  always_ff @(posedge aclk) begin
    case (state_q)
      IDLE: begin
        frames_q <= frames;
        digits_q <= frames;
        read_bytes_q <= '0;
        write_bytes_q <= '0;
        read_multiple_q <= '0;
        write_multiple_q <= '0;
        digit_q <= '0;
        read_address_q <= input_address;
        write_address_q <= output_address;
        read_over_q <= 1'b0;
        write_over_q <= load;
        load_over_q <= 1'b0;
        loads <= load;
        aborted_q <= 1'b0;
        if (start) state_q <= MULTIPLY;
      end
      MULTIPLY: begin
        // Digits of four bits of the number of frames, the highest first.
        read_multiple_q <= read_multiple;
        write_multiple_q <= write_multiple;
        read_bytes_q <= (read_bytes_q << 4) + BytesW'(read_multiple_q);
        write_bytes_q <= (write_bytes_q << 4) + BytesW'(write_multiple_q);
        digit_q <= digit_q + 1'b1;
        digits_q <= digits_q << 4;
        is_without_q <= frames_q == '0;
        is_too_far_q <= too_far;
        is_weightless_q <= !loads && is_weightless;
        if (digit_q == 3'd6) state_q <= CHECK;
      end
      CHECK: begin
        is_bad_q <= is_bad;
        is_unset_q <= is_unset;
        launches_q <= command_ready && !is_bad && !is_too_far_q && !is_unset && !is_weightless_q;
        if (loads) read_bytes_q <= BytesW'(LOAD_BYTES);
        writes_last <= frames_q == 24'd1;
        unwritten_q <= frames_q;
        if (command_ready) state_q <= LAUNCH;
      end
      LAUNCH: begin
        state_q <= command_valid ? RUN : FINISH;
        launches_q <= 1'b0;
        aborted_q <= abort;
      end
      RUN, ABORT: begin
        if (read_done) read_over_q <= 1'b1;
        if (write_done) write_over_q <= 1'b1;
        if (load_done) load_over_q <= 1'b1;
        if (abort || refused || weights_failed) begin
          aborted_q <= 1'b1;
          state_q <= ABORT;
        end
        if (result_written) begin
          unwritten_q <= unwritten_q - 1'b1;
          writes_last <= unwritten_q == 24'd2;
        end
        if (read_over_q && write_over_q && (!loads || load_over_q || state_q == ABORT)) begin
          if (WEIGHTS_BYTES == 0) state_q <= FINISH;
          else state_q <= (state_q == ABORT) ? (weights_drained ? FINISH : ABORT) : DRAIN;
        end
      end
      DRAIN: if (weights_drained) state_q <= FINISH;
      default: state_q <= IDLE;
    endcase
    if (!aresetn) begin
      state_q <= IDLE;
      launches_q <= 1'b0;
    end
  end

  always_ff @(posedge aclk) begin
    network_resetn <= aresetn && state_q != ABORT && state_q != DRAIN && !(state_q == FINISH && aborted_q);
  end

  // ---- Weights ----
  // An error is told before the last result that it may have spoiled is written: it comes two cycles behind the last
  // beat of a pass, whose words still have to go through the network.
  localparam int Pages = finn_pkg::max(1, WEIGHTS_BYTES / 4096);
  logic [63:0] weights_address_q;
  // The last page is none that ADDR_W bits can name.
  logic is_behind_q;

  always_ff @(posedge aclk) begin
    if (state_q == IDLE) weights_address_q <= weights_address;
    is_behind_q <= (53'(weights_address_q[63:12]) + 53'(Pages - 1)) >> (ADDR_W - 12) != '0;
  end

  assign is_weightless = WEIGHTS_BYTES > 0 &&
                         (weights_address_q == '0 || weights_address_q[11:0] != '0 || is_behind_q);
  assign weights_base = weights_address_q[ADDR_W-1:0];
  assign weights_run = WEIGHTS_BYTES > 0 && state_q == RUN && !loads;
  assign weights_failed = WEIGHTS_BYTES > 0 && weights_error &&
                          (state_q == RUN || state_q == DRAIN || state_q == ABORT);
  assign weights_drained = WEIGHTS_BYTES == 0 || !weights_busy;

  assign refused = read_done && read_refused || write_done && write_refused;

  assign set_status =
      32'(state_q == FINISH) << axi_host_pkg::STATUS_DONE |
      32'(state_q == FINISH && aborted_q) << axi_host_pkg::STATUS_ABORTED |
      32'(read_done && read_response_error) << axi_host_pkg::STATUS_READ_ERROR |
      32'(write_done && write_response_error) << axi_host_pkg::STATUS_WRITE_ERROR |
      32'(refused || state_q == LAUNCH && is_too_far_q) << axi_host_pkg::STATUS_ADDRESS_ERROR |
      32'(state_q == LAUNCH && is_bad_q) << axi_host_pkg::STATUS_FRAMES_ERROR |
      32'(state_q == LAUNCH && is_unset_q) << axi_host_pkg::STATUS_PARAMETERS_ERROR |
      32'(load_done && load_error[0]) << axi_host_pkg::STATUS_SIGNATURE_ERROR |
      32'(load_done && load_error[1]) << axi_host_pkg::STATUS_LENGTH_ERROR |
      32'(load_done && load_error[2]) << axi_host_pkg::STATUS_CHECKSUM_ERROR |
      32'(read_done && read_length_error) << axi_host_pkg::STATUS_BURST_ERROR |
      32'(weights_failed) << axi_host_pkg::STATUS_WEIGHTS_ERROR |
      32'(state_q == LAUNCH && is_weightless_q) << axi_host_pkg::STATUS_WEIGHTS_ADDRESS_ERROR |
      32'(out_fire && out_bad) << axi_host_pkg::STATUS_FRAME_ERROR;

  // The words of a load, of four bytes each.
  if (LOAD_BYTES > 0) begin : g_load
    localparam int WordW = $clog2(LOAD_BYTES / 4 + 1);
    logic [WordW-1:0] word_q;

    assign load_last = word_q == WordW'(LOAD_BYTES / 4 - 1);

    always_ff @(posedge aclk) begin
      if (load_fire) word_q <= word_q + 1'b1;
      if (!busy) word_q <= '0;
    end
  end else begin : g_no_load
    assign load_last = load_fire;
  end

  // Measurements. The first beat enters in cycle 0 of the latency, the first result leaves in cycle 0 of the span.
  always_ff @(posedge aclk) begin
    if (busy && state_q != FINISH) cycles <= cycles + 1'b1;
    if (in_fire) entered_q <= 1'b1;
    if ((entered_q || in_fire) && !left_q && !result_leaves) latency <= latency + 1'b1;
    if (in_fire && in_last) frames_in <= frames_in + 1'b1;
    if (result_leaves) begin
      left_q <= 1'b1;
      results <= results + 1'b1;
      missing_q <= missing_q - 1'b1;
      result_is_last_q <= missing_q == 24'd2;
      spans_q <= !result_is_last_q;
    end
    // Counted a cycle late, still before the job ends.
    span_counts_q <= result_leaves ? !result_is_last_q : spans_q;
    if (span_counts_q) span <= span + 1'b1;
    if (start || !aresetn) begin
      cycles <= '0;
      entered_q <= 1'b0;
      left_q <= 1'b0;
      latency <= '0;
      frames_in <= '0;
      results <= '0;
      missing_q <= frames;
      result_is_last_q <= frames == 24'd1;
      spans_q <= 1'b0;
      span_counts_q <= 1'b0;
      span <= '0;
    end
  end

endmodule

`default_nettype wire
