// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Stands for the read DMA, towards weight_reader: any data, at any time; a job gives its beats and is done, or is
/// refused; one that is aborted is done some time later.
module dma_mm2s #(
    parameter int ADDR_W = 32,
    parameter int DATA_W = 64,
    parameter int LENGTH_W = 32,
    parameter int BURST = 64,
    parameter int BUFFER = 512,
    parameter BUFFER_STYLE = "block"
) (
    input  wire                 aclk,
    input  wire                 aresetn,
    input  wire  [  ADDR_W-1:0] s_cmd_address,
    input  wire  [LENGTH_W-1:0] s_cmd_bytes,
    input  wire                 s_cmd_valid,
    output logic                s_cmd_ready,
    input  wire                 abort,
    output logic                done,
    output logic                error_response,
    output logic                error_length,
    output logic                error_address,
    output logic                aborted,
    output logic [  ADDR_W-1:0] m_axi_araddr,
    output logic [         7:0] m_axi_arlen,
    output logic [         2:0] m_axi_arsize,
    output logic [         1:0] m_axi_arburst,
    output logic [         3:0] m_axi_arcache,
    output logic [         2:0] m_axi_arprot,
    output logic                m_axi_arvalid,
    input  wire                 m_axi_arready,
    input  wire  [  DATA_W-1:0] m_axi_rdata,
    input  wire  [         1:0] m_axi_rresp,
    input  wire                 m_axi_rlast,
    input  wire                 m_axi_rvalid,
    output logic                m_axi_rready,
    output logic [  DATA_W-1:0] m_axis_tdata,
    output logic [DATA_W/8-1:0] m_axis_tkeep,
    output logic                m_axis_tlast,
    output logic                m_axis_tvalid,
    input  wire                 m_axis_tready
);
  logic is_busy_q;
  logic is_aborted_q;
  logic [LENGTH_W-1:0] left_q;
  logic leaves;
  logic ends;

  assign leaves = m_axis_tvalid && m_axis_tready;
  assign ends = is_busy_q && !abort && (is_aborted_q ? weight_reader_proof.abort_ends :
                                        (leaves && m_axis_tlast) || (weight_reader_proof.refuses && !m_axis_tvalid));

  always_ff @(posedge aclk) begin
    done <= ends;
    if (leaves) left_q <= left_q - 1'b1;
    if (ends) is_busy_q <= 1'b0;
    if (is_busy_q && abort) is_aborted_q <= 1'b1;
    if (s_cmd_valid && s_cmd_ready) begin
      is_busy_q <= 1'b1;
      is_aborted_q <= 1'b0;
      left_q <= LENGTH_W'((32'(s_cmd_bytes) + DATA_W / 8 - 1) / (DATA_W / 8));
    end
    if (!aresetn) begin
      is_busy_q <= 1'b0;
      done <= 1'b0;
    end
  end

  assign s_cmd_ready = !is_busy_q;
  assign {error_response, error_length, error_address} = weight_reader_proof.read_flags;
  assign aborted = is_aborted_q;
  assign {m_axi_araddr, m_axi_arlen, m_axi_arsize, m_axi_arburst, m_axi_arcache, m_axi_arprot} = '0;
  assign {m_axi_arvalid, m_axi_rready} = '0;
  assign m_axis_tdata = weight_reader_proof.read_data;
  assign m_axis_tkeep = '1;
  assign m_axis_tlast = left_q == LENGTH_W'(1);
  assign m_axis_tvalid = is_busy_q && !is_aborted_q && weight_reader_proof.read_valid;
endmodule

/// weight_reader around a DMA that keeps its own rules (dma_mm2s_proof): the words of each pass are those of its beats,
/// in order, and tlast is with the last; the DMA gets the same command again and again while `run` is high; `error`
/// tells of each job that failed, behind which there is no other; and `busy` lasts until the DMA is idle.
module weight_reader_proof #(
    parameter int WORD_W = 16,
    parameter int WORDS = 3,
    localparam int ADDR_W = 12,
    localparam int DATA_W = 32
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The bit of each pass that is followed.
    input wire [7:0] place,

    input wire [ADDR_W-1:0] address,
    input wire              run,

    /// Of the DMA: a job that was aborted ends; one that gave nothing is refused; errors; beats.
    input wire              abort_ends,
    input wire              refuses,
    input wire [       2:0] read_flags,
    input wire [DATA_W-1:0] read_data,
    input wire              read_valid,

    input wire m_axis_tready
);

  localparam int Beats = finn_pkg::ceil_div(WORD_W * WORDS, DATA_W);
  localparam int BeatW = finn_pkg::index_width(Beats);
  localparam int OutW = finn_pkg::index_width(WORDS);

  logic busy;
  logic error;
  logic [WORD_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;

  weight_reader #(
      .ADDR_W(ADDR_W),
      .DATA_W(DATA_W),
      .WORD_W(WORD_W),
      .WORDS (WORDS),
      .BURST (1),
      .BUFFER(3)
  ) dut (
      .aclk,
      .aresetn,
      .address,
      .run,
      .busy,
      .error,
      .m_axi_araddr (),
      .m_axi_arlen  (),
      .m_axi_arsize (),
      .m_axi_arburst(),
      .m_axi_arcache(),
      .m_axi_arprot (),
      .m_axi_arvalid(),
      .m_axi_arready(1'b0),
      .m_axi_rdata  ('0),
      .m_axi_rresp  ('0),
      .m_axi_rlast  (1'b0),
      .m_axi_rvalid (1'b0),
      .m_axi_rready (),
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

  reset_properties u_reset (
      .aclk,
      .aresetn
  );

  // ---- Runs ----
  logic was_run_q;
  logic [ADDR_W-1:0] address_q;
  // A run is under way, and was in the cycle before.
  logic is_live;
  logic was_live_q;
  logic commands;
  logic fails;
  logic failed_q;

  assign is_live = busy && was_run_q && !error;
  assign commands = dut.u_read.s_cmd_valid && dut.u_read.s_cmd_ready;
  assign fails = is_live && dut.u_read.done && read_flags != '0;

  always_ff @(posedge aclk) begin
    was_run_q <= run;
    was_live_q <= is_live;
    address_q <= address;
    failed_q <= fails || (failed_q && (run || busy));
    if (!aresetn) begin
      was_run_q <= 1'b0;
      was_live_q <= 1'b0;
      failed_q <= 1'b0;
    end
  end

  // What the header asks of those around.
  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (run && !was_run_q) assume (!busy);
      if (run && was_run_q) assume (address == address_q);
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (was_run_q) assert (busy);
      assert (error == failed_q || (!busy && !run));
      if (!busy) assert (dut.u_read.s_cmd_ready && !commands);
      if (commands) begin
        assert (is_live);
        assert (32'(dut.u_read.s_cmd_bytes) == (WORD_W * WORDS + 7) / 8);
        if (run) assert (dut.u_read.s_cmd_address == address);
      end
      assert (dut.u_read.abort == (busy && !is_live));
      cover (error && run);
      cover (!busy && dut.u_read.aborted);
      cover (commands && fails);
    end
  end

  // ---- Words ----
  logic comes;
  logic [BeatW-1:0] beat;
  logic beat_ends;
  logic leaves;
  logic [OutW-1:0] word;
  logic word_ends;
  logic record;
  logic compare;
  logic is_owed;
  logic [7:0] place_q;
  logic bit_q;

  assign comes = dut.u_read.m_axis_tvalid && dut.u_read.m_axis_tready;
  assign leaves = m_axis_tvalid && m_axis_tready;

  axis_properties #(
      .WIDTH  (DATA_W),
      .ASSUMED(1)
  ) u_read (
      .aclk,
      .aresetn  (aresetn && is_live),
      .tdata    (read_data),
      .tlast    (1'b0),
      .tvalid   (dut.u_read.m_axis_tvalid),
      .tready   (dut.u_read.m_axis_tready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH(WORD_W)
  ) u_words (
      .aclk,
      .aresetn  (aresetn && was_live_q),
      .tdata    (m_axis_tdata),
      .tlast    (m_axis_tlast),
      .tvalid   (m_axis_tvalid),
      .tready   (m_axis_tready),
      .is_broken(),
      .shown    ()
  );

  beat_counter #(
      .BEATS(Beats)
  ) u_beat (
      .aclk,
      .aresetn(aresetn && was_live_q),
      .fire   (comes),
      .beat_q (beat),
      .ends   (beat_ends)
  );

  beat_counter #(
      .BEATS(WORDS)
  ) u_word (
      .aclk,
      .aresetn(aresetn && was_live_q),
      .fire   (leaves),
      .beat_q (word),
      .ends   (word_ends)
  );

  frame_properties #(
      .FRAMES(2 + finn_pkg::ceil_div(4 * DATA_W + 2 * WORD_W, WORD_W * WORDS))
  ) u_passes (
      .aclk,
      .aresetn(aresetn && was_live_q),
      .pick,
      .in_fire(comes),
      .in_ends(beat_ends),
      .out_valid(m_axis_tvalid),
      .out_fire(leaves),
      .out_ends(word_ends),
      .in_is_watched(record),
      .out_is_watched(compare),
      .held_q(),
      .is_owed
  );

  // Words come while memory gives beats; jobs follow each other.
  response_properties #(
      .CYCLES(Beats + 6)
  ) u_response (
      .aclk,
      .aresetn(aresetn && is_live),
      .is_due (m_axis_tready && (is_owed || (read_valid && !refuses))),
      .happens(leaves)
  );

  always_ff @(posedge aclk) begin
    if (!aresetn) place_q <= 32'(place) < WORD_W * WORDS ? place : '0;
    for (int i = 0; i < DATA_W; i++) begin
      if (comes && record && 32'(beat) * DATA_W + i == 32'(place_q)) bit_q <= read_data[i];
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn && was_live_q && m_axis_tvalid) begin
      assert (m_axis_tlast == word_ends);
      for (int i = 0; i < WORD_W; i++) begin
        if (compare && 32'(word) * WORD_W + i == 32'(place_q)) assert (m_axis_tdata[i] == bit_q);
      end
    end
  end

endmodule

`default_nettype wire
