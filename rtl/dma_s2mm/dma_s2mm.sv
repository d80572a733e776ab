// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// DMA from AXI4-Stream to AXI4 memory: one frame goes where a command of an address and a number of bytes says.
///
/// One job at a time. It is written in bursts as long as they may be, INCR, full width, in order and without IDs. A
/// burst is issued only when all of its beats are in the buffer, so that a slow stream never holds up the memory, or
/// others on the way to it. Up to 16 bursts wait for their response. A frame that is too short ends the job with what
/// came; of one that is too long the surplus is taken and dropped.
///
/// Latency: awvalid 3 cycles, wvalid 4 after a burst's last beat was taken. Throughput: 1 beat a cycle with BURST >= 4
/// (a burst takes 3 cycles at least) and BUFFER >= BURST + 3; 1 more where 4 KiB boundaries cut bursts. No
/// combinational path from any input to any output.
module dma_s2mm #(
    /// Bits of an address, 12 to 64.
    parameter int ADDR_W = 32,
    /// Bits of a beat, in memory and on the stream, a power of two from 32 to 1024.
    parameter int DATA_W = 64,
    /// Bits of a job's length in bytes, 8 to ADDR_W.
    parameter int LENGTH_W = 32,
    /// Beats of the longest burst, 1 to 256.
    parameter int BURST = 16,
    /// Beats of the write buffer, >= BURST and >= 3, "block" >= 4.
    parameter int BUFFER = 64,
    /// "distributed" (LUT RAM) or "block" (block RAM).
    parameter BUFFER_STYLE = "distributed"
) (
    input wire aclk,
    input wire aresetn,

    /// A multiple of DATA_W / 8.
    input  wire  [  ADDR_W-1:0] s_cmd_address,
    /// Bytes that the frame must have, at least 1.
    input  wire  [LENGTH_W-1:0] s_cmd_bytes,
    input  wire                 s_cmd_valid,
    output logic                s_cmd_ready,

    /// Ends the job early: no further burst, those issued are completed, what waits in the buffer is dropped.
    input wire abort,

    /// One cycle, behind the job's last response or its end by another way.
    output logic done,
    /// These mean something from `done` until the next command is taken.
    /// Some response was not OKAY.
    output logic error_response,
    /// The frame had fewer bytes than the command.
    output logic error_underrun,
    /// The frame had more bytes than the command.
    output logic error_overrun,
    /// The job had no bytes.
    output logic error_length,
    /// The address was no multiple of DATA_W / 8, or the job reached behind the last address.
    output logic error_address,
    output logic aborted,
    /// Bytes sent to memory, whatever the responses said.
    output logic [LENGTH_W-1:0] written,

    input  wire  [  DATA_W-1:0] s_axis_tdata,
    /// Ones from lane 0 up; looked at in the job's last beat only, whose bytes it counts.
    input  wire  [DATA_W/8-1:0] s_axis_tkeep,
    input  wire                 s_axis_tlast,
    input  wire                 s_axis_tvalid,
    output logic                s_axis_tready,

    output logic [ADDR_W-1:0] m_axi_awaddr,
    output logic [       7:0] m_axi_awlen,
    output logic [       2:0] m_axi_awsize,
    output logic [       1:0] m_axi_awburst,
    output logic [       3:0] m_axi_awcache,
    output logic [       2:0] m_axi_awprot,
    output logic              m_axi_awvalid,
    input  wire               m_axi_awready,

    output logic [  DATA_W-1:0] m_axi_wdata,
    output logic [DATA_W/8-1:0] m_axi_wstrb,
    output logic                m_axi_wlast,
    output logic                m_axi_wvalid,
    input  wire                 m_axi_wready,

    input  wire  [1:0] m_axi_bresp,
    input  wire        m_axi_bvalid,
    output logic       m_axi_bready
);

  `FINN_CHECK(check_buffer, BUFFER >= BURST, ("dma_s2mm: BUFFER=%0d must be at least BURST=%0d", BUFFER, BURST))
  `FINN_CHECK(check_style, BUFFER_STYLE == "distributed" || BUFFER_STYLE == "block",
              ("dma_s2mm: BUFFER_STYLE=%s must be distributed or block", BUFFER_STYLE))
  `FINN_CHECK(check_least, BUFFER >= (BUFFER_STYLE == "block" ? 4 : 3),
              ("dma_s2mm: BUFFER=%0d must be at least 3, 4 with BUFFER_STYLE=block", BUFFER))

  localparam int Lanes = DATA_W / 8;
  localparam int LaneW = $clog2(Lanes);
  localparam int BeatsW = finn_pkg::max(9, LENGTH_W - LaneW + 1);
  localparam int StoredW = finn_pkg::index_width(BUFFER) + 1;
  // Bursts that wait for their response, at most.
  localparam int Outstanding = 16;
  localparam int OutstandingW = finn_pkg::count_width(Outstanding);

  // TAKE: beats of the frame are stored; DROP: its surplus is dropped; DRAIN: its end has come. The top bit alone says
  // that beats are stored, the one below that bursts may be issued.
  typedef enum logic [3:0] {
    IDLE  = 4'b0000,
    CHECK = 4'b0001,
    ABORT = 4'b0010,
    TAKE  = 4'b1100,
    DROP  = 4'b0101,
    DRAIN = 4'b0110
  } state_e;

  state_e state_q;
  state_e state_d;
  logic start;
  logic is_empty;
  logic is_misaligned;
  logic is_beyond;
  // The job whose beats would be taken now is refused: it takes a cycle to know.
  logic refused_q;
  // It is so, or empty: the carry alone, for there is no time for more.
  logic beyond_q;
  logic aborts;
  logic settles;
  logic ends;

  // ---- Stream ----
  logic fifo_ready;
  logic takes;
  logic store;
  logic [BeatsW-1:0] left;
  logic is_near_q;
  logic is_commanded_end_q;
  logic [Lanes-1:0] last_keep;
  logic [Lanes-1:0] wanted;
  logic is_final;

  assign takes = state_q[3] && fifo_ready && !refused_q && !beyond_q;
  assign s_axis_tready = takes || state_q == DROP;
  assign store = takes && s_axis_tvalid;
  assign wanted = is_commanded_end_q ? last_keep : '1;
  assign is_final = is_commanded_end_q || s_axis_tlast;

  // Whether the next beat is the last one commanded: `left`, beats less 1, will be 0. A cycle before, it was at most 3.
  always_ff @(posedge aclk) begin
    is_near_q <= start ? s_cmd_bytes[LENGTH_W-1:LaneW+2] == '0 : left[BeatsW-1:2] == '0;
    is_commanded_end_q <= is_near_q && !left[1] && left[0] == store;
  end

  // ---- Bursts ----
  logic [ADDR_W-1:0] burst_address;
  logic [7:0] burst_length;
  logic burst_valid;
  logic burst_ready;
  logic issue;
  // A burst is counted a cycle late, in time for the next one.
  logic issue_q;
  logic queue_ready;
  // Beats stored that no burst has been made of, less 1; negative: none.
  logic [StoredW-1:0] stored_q;
  logic [OutstandingW-1:0] outstanding_q;
  // No further one may be.
  logic is_full_q;
  logic respond;

  assign burst_ready = state_q[2] && !abort && queue_ready && !is_full_q && (m_axi_awready || !m_axi_awvalid);
  assign issue = burst_valid && burst_ready;
  assign respond = m_axi_bvalid && m_axi_bready;

  dma_job #(
      .ADDR_W     (ADDR_W),
      .DATA_W     (DATA_W),
      .LENGTH_W   (LENGTH_W),
      .BURST      (BURST),
      .AVAILABLE_W(StoredW)
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
      .take       (store),
      .take_length(8'd0),
      .last_keep,
      .available  (stored_q),
      .complete   (state_q == DROP || state_q == DRAIN),
      .burst_address,
      .burst_length,
      .burst_valid,
      .burst_ready
  );

  assign m_axi_awsize  = 3'(LaneW);
  assign m_axi_awburst = 2'b01;
  assign m_axi_awcache = 4'b0011;
  assign m_axi_awprot  = 3'b000;

  always_ff @(posedge aclk) begin
    issue_q  <= issue;
    stored_q <= stored_q + StoredW'(store) + (issue_q ? ~(StoredW'(burst_length)) : '0);
    if (issue != respond) begin
      outstanding_q <= issue ? outstanding_q + 1'b1 : outstanding_q - 1'b1;
      is_full_q <= issue && outstanding_q == OutstandingW'(Outstanding - 1);
    end
    if (state_q == CHECK) begin
      stored_q <= '1;
      outstanding_q <= '0;
      is_full_q <= 1'b0;
    end
    if (m_axi_awready || !m_axi_awvalid) begin
      m_axi_awaddr  <= burst_address;
      m_axi_awlen   <= burst_length;
      m_axi_awvalid <= issue;
    end
    if (!aresetn) m_axi_awvalid <= 1'b0;
  end

  // ---- Data ----
  // Length less 1 of the burst that is sent next. With it its data is there: it went into the buffer 3 cycles before at
  // the latest.
  logic [7:0] length;
  logic length_valid;
  logic next_burst;
  // Beats of the present burst behind this one.
  logic [7:0] behind_q;
  logic data_is_final;
  logic send;
  logic sent_q;
  logic sent_final_q;
  logic [Lanes-1:0] strobe_q;
  logic [LaneW:0] final_bytes_q;
  logic unused_last;
  logic unused_valid;

  axis_fifo #(
      .WIDTH(8),
      .DEPTH(2)
  ) u_lengths (
      .aclk,
      .aresetn,
      .s_axis_tdata (burst_length),
      .s_axis_tlast (1'b1),
      .s_axis_tvalid(issue),
      .s_axis_tready(queue_ready),
      .m_axis_tdata (length),
      .m_axis_tlast (unused_last),
      .m_axis_tvalid(length_valid),
      .m_axis_tready(next_burst)
  );

  axis_fifo #(
      .WIDTH(DATA_W),
      .DEPTH(BUFFER),
      .STYLE(BUFFER_STYLE),
      .OUTPUT_REGISTER(1)
  ) u_buffer (
      .aclk,
      .aresetn      (aresetn && !(state_q == ABORT && settles)),
      .s_axis_tdata,
      .s_axis_tlast (is_final),
      .s_axis_tvalid(store),
      .s_axis_tready(fifo_ready),
      .m_axis_tdata (m_axi_wdata),
      .m_axis_tlast (data_is_final),
      .m_axis_tvalid(unused_valid),
      .m_axis_tready(send)
  );

  assign next_burst = !m_axi_wvalid || (m_axi_wready && m_axi_wlast);
  assign m_axi_wstrb = data_is_final ? strobe_q : '1;
  assign send = m_axi_wvalid && m_axi_wready;

  always_ff @(posedge aclk) begin
    if (store) strobe_q <= s_axis_tkeep & wanted;
    // There before the beat leaves the buffer: its burst is issued later.
    final_bytes_q <= (LaneW + 1)'($unsigned($countones(strobe_q)));
    if (next_burst) begin
      m_axi_wvalid <= length_valid;
      m_axi_wlast <= length == '0;
      behind_q <= length;
    end else if (send) begin
      m_axi_wlast <= behind_q == 8'd1;
      behind_q <= behind_q - 1'b1;
    end
    // Counted a cycle late, long before the response.
    sent_q <= send;
    sent_final_q <= data_is_final;
    if (sent_q) written <= written + (sent_final_q ? LENGTH_W'(final_bytes_q) : LENGTH_W'(Lanes));
    if (start) written <= '0;
    if (!aresetn) begin
      m_axi_wvalid <= 1'b0;
      sent_q <= 1'b0;
      written <= '0;
    end
  end

  // ---- Job ----
  assign s_cmd_ready = !m_axi_bready;
  assign start = s_cmd_valid && s_cmd_ready;

  always_comb begin
    state_d = state_q;
    case (state_q)
      IDLE: if (start) state_d = CHECK;
      CHECK: state_d = TAKE;
      TAKE:
      if (refused_q || beyond_q) begin
        state_d = IDLE;
      end else if (store && is_final) begin
        state_d = DROP;
        if (s_axis_tlast) state_d = DRAIN;
      end
      DROP: if (s_axis_tvalid && s_axis_tlast) state_d = DRAIN;
      default: if (settles) state_d = IDLE;
    endcase
    if (aborts) state_d = ABORT;
  end

  assign aborts = abort && state_q != IDLE && state_q != ABORT;
  assign settles = (state_q == ABORT || stored_q[StoredW-1]) && outstanding_q == '0;
  // Into IDLE.
  assign ends = !aborts && ((state_q == TAKE && (refused_q || beyond_q)) ||
                            ((state_q == DRAIN || state_q == ABORT) && settles));

  always_ff @(posedge aclk) begin
    state_q <= state_d;
    m_axi_bready <= start || (m_axi_bready && !ends);
    done <= ends;
    if (start) begin
      error_response <= 1'b0;
      error_underrun <= 1'b0;
      error_overrun <= 1'b0;
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
    if (store && is_final) begin
      error_underrun <= !is_commanded_end_q || (wanted & ~s_axis_tkeep) != '0;
      error_overrun  <= is_commanded_end_q && (!s_axis_tlast || (s_axis_tkeep & ~wanted) != '0);
    end
    if (respond && m_axi_bresp != 2'b00) error_response <= 1'b1;
    if (aborts) aborted <= 1'b1;
    if (!aresetn) begin
      state_q <= IDLE;
      m_axi_bready <= 1'b0;
      done <= 1'b0;
      beyond_q <= 1'b0;
      error_response <= 1'b0;
      error_underrun <= 1'b0;
      error_overrun <= 1'b0;
      error_length <= 1'b0;
      error_address <= 1'b0;
      aborted <= 1'b0;
    end
  end

endmodule

`default_nettype wire
