// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// DMA from AXI4 memory to AXI4-Stream: a command of an address and a number of bytes becomes one frame.
///
/// One job at a time. It is read in bursts as long as they may be, INCR, full width, in order and without IDs. A read
/// is issued only when the buffer has a place for each of its beats, so that m_axi_rready is high as long as a job
/// runs: a consumer that stands still never holds up the memory, or others on the way to it. Reads outstanding are
/// bounded by the buffer alone.
///
/// Latency: arvalid 4 cycles after the command is taken; a beat leaves the buffer 2 cycles after it came from memory
/// ("block": 3). Throughput: 1 beat a cycle with BURST >= 4 (a burst takes 3 cycles at least) and
/// BUFFER >= BURST + L + 3 ("block": 4), L being the cycles from an address to its first beat; 2 more where 4 KiB
/// boundaries cut bursts. No combinational path from any input to any output.
module dma_mm2s #(
    /// Bits of an address, 12 to 64.
    parameter int ADDR_W = 32,
    /// Bits of a beat, in memory and on the stream, a power of two from 32 to 1024.
    parameter int DATA_W = 64,
    /// Bits of a job's length in bytes, 8 to ADDR_W.
    parameter int LENGTH_W = 32,
    /// Beats of the longest burst, 1 to 256.
    parameter int BURST = 64,
    /// Beats of the read buffer, >= BURST and >= 3, "block" >= 4.
    parameter int BUFFER = 512,
    /// "distributed" (LUT RAM) or "block" (block RAM).
    parameter BUFFER_STYLE = "block"
) (
    input wire aclk,
    input wire aresetn,

    /// A multiple of DATA_W / 8.
    input  wire  [  ADDR_W-1:0] s_cmd_address,
    /// At least 1.
    input  wire  [LENGTH_W-1:0] s_cmd_bytes,
    input  wire                 s_cmd_valid,
    output logic                s_cmd_ready,

    /// Ends the job early: no further read, the data of those outstanding is dropped, so is what waits in the buffer.
    /// m_axis_tvalid is low from the next cycle on, whether or not its beat was taken.
    input wire abort,

    /// One cycle, behind the job's last beat or its end by another way.
    output logic done,
    /// These mean something from `done` until the next command is taken.
    /// Some beat came with a response that was not OKAY.
    output logic error_response,
    /// RLAST came at a wrong beat, or the job had no bytes.
    output logic error_length,
    /// The address was no multiple of DATA_W / 8, or the job reached behind the last address.
    output logic error_address,
    output logic aborted,

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

    output logic [  DATA_W-1:0] m_axis_tdata,
    output logic [DATA_W/8-1:0] m_axis_tkeep,
    output logic                m_axis_tlast,
    output logic                m_axis_tvalid,
    input  wire                 m_axis_tready
);

  `FINN_CHECK(check_buffer, BUFFER >= BURST, ("dma_mm2s: BUFFER=%0d must be at least BURST=%0d", BUFFER, BURST))
  `FINN_CHECK(check_style, BUFFER_STYLE == "distributed" || BUFFER_STYLE == "block",
              ("dma_mm2s: BUFFER_STYLE=%s must be distributed or block", BUFFER_STYLE))
  `FINN_CHECK(check_least, BUFFER >= (BUFFER_STYLE == "block" ? 4 : 3),
              ("dma_mm2s: BUFFER=%0d must be at least 3, 4 with BUFFER_STYLE=block", BUFFER))

  localparam int LaneW = $clog2(DATA_W / 8);
  localparam int BeatsW = finn_pkg::max(9, LENGTH_W - LaneW + 1);
  localparam int OffsetW = 12 - LaneW;
  localparam int BurstW = finn_pkg::index_width(BURST);
  localparam int LevelW = finn_pkg::count_width(BUFFER);
  localparam int CompareW = finn_pkg::max(LevelW, 8);

  typedef enum logic [1:0] {
    IDLE,
    CHECK,
    RUN,
    ABORT
  } state_e;

  state_e state_q;
  state_e state_d;
  logic start;
  logic is_empty;
  logic is_misaligned;
  logic is_beyond;
  // The job that begins to run is refused: it takes a cycle to know.
  logic refused_q;
  // It is so, or empty: the carry alone, for there is no time for more.
  logic beyond_q;

  // ---- Reads ----
  // Lengths are beats less 1.
  logic [BeatsW-1:0] left;
  logic [ADDR_W-1:0] burst_address;
  logic [7:0] burst_length;
  logic burst_valid;
  logic burst_ready;
  logic issue;
  // There is time to count a burst a cycle late: its data comes later, and so does the next one.
  logic issue_q;
  logic [LevelW-1:0] minus_issued;
  // Places of the buffer that are neither taken nor promised to a read.
  logic [LevelW-1:0] free_q;
  // Beats asked for that have not come.
  logic [LevelW-1:0] owed_q;

  assign burst_ready = state_q == RUN && !abort && CompareW'(free_q) > CompareW'(burst_length) &&
                       (m_axi_arready || !m_axi_arvalid);
  assign issue = burst_valid && burst_ready;
  assign minus_issued = issue_q ? ~(LevelW'(burst_length)) : '0;

  logic [DATA_W/8-1:0] last_keep;

  dma_job #(
      .ADDR_W     (ADDR_W),
      .DATA_W     (DATA_W),
      .LENGTH_W   (LENGTH_W),
      .BURST      (BURST),
      .AVAILABLE_W(BeatsW),
      .TAKES_BURSTS(1)
  ) u_job (
      .aclk,
      .aresetn,
      .start,
      .address    (s_cmd_address),
      .bytes      (s_cmd_bytes),
      .is_empty,
      .is_misaligned,
      .is_beyond,
      .left,
      .take       (issue_q),
      .take_length(burst_length),
      .last_keep,
      .available  (left),
      .complete   (1'b1),
      .burst_address,
      .burst_length,
      .burst_valid,
      .burst_ready
  );

  assign m_axi_arsize  = 3'(LaneW);
  assign m_axi_arburst = 2'b01;
  assign m_axi_arcache = 4'b0011;
  assign m_axi_arprot  = 3'b000;

  always_ff @(posedge aclk) begin
    issue_q <= issue;
    if (m_axi_arready || !m_axi_arvalid) begin
      m_axi_araddr  <= burst_address;
      m_axi_arlen   <= burst_length;
      m_axi_arvalid <= issue;
    end
    if (!aresetn) m_axi_arvalid <= 1'b0;
  end

  // ---- Data ----
  logic come;
  logic leave;
  logic is_final;
  // The beat that comes next: its place in its page and in its burst. Bursts are cut by rule, so no list of their
  // lengths is needed to know where RLAST must be.
  logic [OffsetW-1:0] offset_q;
  logic [BurstW-1:0] beat_q;
  logic ends_burst;

  assign come = m_axi_rvalid && m_axi_rready;
  assign leave = m_axis_tvalid && m_axis_tready;
  assign is_final = left[BeatsW-1] && owed_q == LevelW'(1);
  assign ends_burst = is_final || beat_q == BurstW'(BURST - 1) || offset_q == '1;

  always_ff @(posedge aclk) begin
    free_q <= free_q + LevelW'(leave) + minus_issued;
    owed_q <= owed_q - LevelW'(come) - minus_issued;
    if (come) begin
      offset_q <= offset_q + 1'b1;
      beat_q   <= ends_burst ? '0 : beat_q + 1'b1;
    end
    if (state_q == CHECK) begin
      free_q   <= LevelW'(BUFFER);
      owed_q   <= '0;
      offset_q <= burst_address[11:LaneW];
      beat_q   <= '0;
    end
  end

  logic unused_ready;

  axis_fifo #(
      .WIDTH(DATA_W),
      .DEPTH(BUFFER),
      .STYLE(BUFFER_STYLE),
      .OUTPUT_REGISTER(1)
  ) u_buffer (
      .aclk,
      .aresetn      (aresetn && !abort && state_q != ABORT),
      .s_axis_tdata (m_axi_rdata),
      .s_axis_tlast (is_final),
      .s_axis_tvalid(come),
      .s_axis_tready(unused_ready),
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

  assign m_axis_tkeep = m_axis_tlast ? last_keep : '1;

  // ---- Job ----
  assign s_cmd_ready = !m_axi_rready;
  assign start = s_cmd_valid && s_cmd_ready;

  always_comb begin
    state_d = state_q;
    case (state_q)
      IDLE: if (start) state_d = CHECK;
      CHECK: state_d = RUN;
      RUN: if (refused_q || beyond_q || (leave && m_axis_tlast)) state_d = IDLE;
      default: if (owed_q == '0) state_d = IDLE;
    endcase
    if (abort && (state_q == CHECK || state_q == RUN)) state_d = ABORT;
  end

  always_ff @(posedge aclk) begin
    state_q <= state_d;
    m_axi_rready <= state_d != IDLE;
    done <= state_q != IDLE && state_d == IDLE;
    if (start) begin
      error_response <= 1'b0;
      error_length <= 1'b0;
      error_address <= 1'b0;
      aborted <= 1'b0;
    end
    refused_q <= state_q == CHECK && (is_empty || is_misaligned);
    beyond_q  <= state_q == CHECK && is_beyond;
    if (state_q == CHECK) begin
      error_length  <= is_empty;
      error_address <= is_misaligned;
    end
    if (beyond_q && !error_length) error_address <= 1'b1;
    if (state_d == ABORT) aborted <= 1'b1;
    if (come) begin
      if (m_axi_rresp != 2'b00) error_response <= 1'b1;
      if (m_axi_rlast != ends_burst) error_length <= 1'b1;
    end
    if (!aresetn) begin
      state_q <= IDLE;
      m_axi_rready <= 1'b0;
      done <= 1'b0;
      beyond_q <= 1'b0;
      error_response <= 1'b0;
      error_length <= 1'b0;
      error_address <= 1'b0;
      aborted <= 1'b0;
    end
  end

endmodule

`default_nettype wire
