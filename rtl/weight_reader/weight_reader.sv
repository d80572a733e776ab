// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Words of weights from AXI4 memory, the same ones again and again, for mvtu_stream.
///
/// While `run` is high it reads WORDS words of WORD_W bits that lie behind `address`, packed without gaps, and then
/// begins anew. What it reads ahead is bounded by its buffer. When `run` falls it ends the reads that are under way,
/// and drops what they bring; `busy` is high until then, and `run` is not to rise before. An error of the memory, or a
/// wrong address, ends reading as well and raises `error` until `run` falls: what was computed with words of this run
/// is not to be used.
///
/// Whoever takes the words is reset when `run` has fallen: a word that is offered then is withdrawn.
///
/// Latency: arvalid 5 cycles behind `run`. Throughput: a beat of memory a cycle within a pass, as dma_mm2s has it;
/// between two passes it pauses for the memory's latency and 6 cycles. No combinational path from any input to any
/// output.
module weight_reader #(
    /// Bits of an address, 12 to 64.
    parameter int ADDR_W = 32,
    /// Bits of a beat of memory, a power of two from 32 to 1024.
    parameter int DATA_W = 64,
    /// Bits of a word, 1 to 2**20.
    parameter int WORD_W = 64,
    /// Words of a pass, >= 1; of WORDS * WORD_W up to 2**30 bits.
    parameter int WORDS = 16,
    /// Beats of the longest burst, 1 to 256.
    parameter int BURST = 16,
    /// Beats of the read buffer, >= BURST, >= 3, "block" >= 4.
    parameter int BUFFER = 64,
    /// "distributed" (LUT RAM) or "block" (block RAM).
    parameter BUFFER_STYLE = "distributed"
) (
    input wire aclk,
    input wire aresetn,

    /// Stands still while `run` is high; a multiple of DATA_W / 8.
    input  wire  [ADDR_W-1:0] address,
    input  wire               run,
    output logic              busy,
    output logic              error,

    output logic [ADDR_W-1:0] m_axi_araddr,
    output logic [       7:0] m_axi_arlen,
    output logic [       2:0] m_axi_arsize,
    output logic [       1:0] m_axi_arburst,
    output logic [       3:0] m_axi_arcache,
    output logic [       2:0] m_axi_arprot,
    output logic              m_axi_arvalid,
    input  wire               m_axi_arready,
    input  wire  [DATA_W-1:0] m_axi_rdata,
    input  wire  [       1:0] m_axi_rresp,
    input  wire               m_axi_rlast,
    input  wire               m_axi_rvalid,
    output logic              m_axi_rready,

    output logic [WORD_W-1:0] m_axis_tdata,
    /// Last word of a pass.
    output logic              m_axis_tlast,
    output logic              m_axis_tvalid,
    input  wire               m_axis_tready
);

  `FINN_CHECK(check_words, WORDS >= 1 && WORD_W >= 1 && WORDS <= 2 ** 30 / WORD_W,
              ("weight_reader: WORDS=%0d must be at least 1, and those of WORD_W=%0d bits at most 2**30 bits", WORDS,
               WORD_W))

  localparam int Bytes = finn_pkg::ceil_div(WORDS * WORD_W, 8);
  localparam int LengthW = finn_pkg::max(8, finn_pkg::count_width(Bytes));

  typedef enum logic [1:0] {
    IDLE,
    RUN,
    STOP
  } state_e;

  state_e state_q;
  logic is_reading;
  logic command_ready;
  logic done;
  logic error_response;
  logic error_length;
  logic error_address;
  logic fails;
  // Behind a beat that is dropped there are parts of a word.
  logic converter_resetn_q;
  logic [DATA_W-1:0] beat_tdata;
  logic beat_tvalid;
  logic beat_tready;
  logic [DATA_W/8-1:0] unused_tkeep;
  logic unused_tlast;
  logic unused_aborted;

  assign is_reading = state_q == RUN;
  assign busy = state_q != IDLE;
  assign fails = done && (error_response || error_length || error_address);

  always_ff @(posedge aclk) begin
    converter_resetn_q <= aresetn && is_reading;
    case (state_q)
      IDLE: begin
        error <= 1'b0;
        if (run) state_q <= RUN;
      end
      RUN: begin
        if (fails) error <= 1'b1;
        if (fails || !run) state_q <= STOP;
      end
      default: if (command_ready && !run) state_q <= IDLE;
    endcase
    if (!aresetn) begin
      state_q <= IDLE;
      error <= 1'b0;
    end
  end

  dma_mm2s #(
      .ADDR_W(ADDR_W),
      .DATA_W(DATA_W),
      .LENGTH_W(LengthW),
      .BURST(BURST),
      .BUFFER(BUFFER),
      .BUFFER_STYLE(BUFFER_STYLE)
  ) u_read (
      .aclk,
      .aresetn,
      .s_cmd_address(address),
      .s_cmd_bytes(LengthW'(Bytes)),
      .s_cmd_valid(is_reading),
      .s_cmd_ready(command_ready),
      .abort(state_q == STOP),
      .done,
      .error_response,
      .error_length,
      .error_address,
      .aborted(unused_aborted),
      .m_axi_araddr,
      .m_axi_arlen,
      .m_axi_arsize,
      .m_axi_arburst,
      .m_axi_arcache,
      .m_axi_arprot,
      .m_axi_arvalid,
      .m_axi_arready,
      .m_axi_rdata,
      .m_axi_rresp,
      .m_axi_rlast,
      .m_axi_rvalid,
      .m_axi_rready,
      .m_axis_tdata(beat_tdata),
      .m_axis_tkeep(unused_tkeep),
      .m_axis_tlast(unused_tlast),
      .m_axis_tvalid(beat_tvalid),
      .m_axis_tready(beat_tready)
  );

  axis_dwc #(
      .S_WIDTH(DATA_W),
      .M_WIDTH(WORD_W),
      .FRAME_BITS(WORDS * WORD_W)
  ) u_words (
      .aclk,
      .aresetn(converter_resetn_q),
      .s_axis_tdata(beat_tdata),
      .s_axis_tvalid(beat_tvalid),
      .s_axis_tready(beat_tready),
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

endmodule

`default_nettype wire
