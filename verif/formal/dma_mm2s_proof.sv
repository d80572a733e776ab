// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// dma_mm2s: a job's bursts follow each other, as long as they may be, from its first byte to its last; each beat that
/// memory gives leaves, unchanged and in order; the flags say what went wrong, and nothing else.
module dma_mm2s_proof #(
    parameter int BURST = 2,
    parameter int BUFFER = 4,
    parameter BUFFER_STYLE = "distributed",
    localparam int ADDR_W = 13,
    localparam int DATA_W = 32,
    localparam int LENGTH_W = 8
) (
    input wire aclk,
    input wire aresetn,
    /// The beat of each job that is followed.
    input wire [5:0] place,

    input wire [  ADDR_W-1:0] s_cmd_address,
    input wire [LENGTH_W-1:0] s_cmd_bytes,
    input wire                s_cmd_valid,
    input wire                abort,

    input wire              m_axi_arready,
    input wire [DATA_W-1:0] m_axi_rdata,
    input wire [       1:0] m_axi_rresp,
    input wire              m_axi_rlast,
    input wire              m_axi_rvalid,
    input wire              m_axis_tready
);

  localparam int Lanes = DATA_W / 8;
  localparam int LaneW = $clog2(Lanes);
  localparam int PageBeats = 4096 / Lanes;

  logic s_cmd_ready;
  logic done;
  logic error_response;
  logic error_length;
  logic error_address;
  logic aborted;
  logic [ADDR_W-1:0] m_axi_araddr;
  logic [7:0] m_axi_arlen;
  logic [2:0] m_axi_arsize;
  logic [1:0] m_axi_arburst;
  logic [3:0] m_axi_arcache;
  logic [2:0] m_axi_arprot;
  logic m_axi_arvalid;
  logic m_axi_rready;
  logic [DATA_W-1:0] m_axis_tdata;
  logic [Lanes-1:0] m_axis_tkeep;
  logic m_axis_tlast;
  logic m_axis_tvalid;

  dma_mm2s #(
      .ADDR_W(ADDR_W),
      .DATA_W(DATA_W),
      .LENGTH_W(LENGTH_W),
      .BURST(BURST),
      .BUFFER(BUFFER),
      .BUFFER_STYLE(BUFFER_STYLE)
  ) dut (
      .*
  );

  reset_properties u_reset (.*);

  logic asks;
  logic comes;
  logic [finn_pkg::count_width(BUFFER+BURST)-1:0] owed;
  logic ends_burst;

  axi_read_properties #(
      .ADDR_W(ADDR_W),
      .DATA_W(DATA_W),
      .BURST (BURST),
      .BEATS (BUFFER)
  ) u_read (
      .aclk,
      .aresetn,
      .araddr (m_axi_araddr),
      .arlen  (m_axi_arlen),
      .arsize (m_axi_arsize),
      .arburst(m_axi_arburst),
      .arvalid(m_axi_arvalid),
      .arready(m_axi_arready),
      .rdata  (m_axi_rdata),
      .rresp  (m_axi_rresp),
      .rlast  (m_axi_rlast),
      .rvalid (m_axi_rvalid),
      .rready (m_axi_rready),
      .asks,
      .comes,
      .owed_q (owed),
      .ends_burst
  );

  // Abort takes back a beat that is offered.
  axis_properties #(
      .WIDTH(DATA_W + Lanes)
  ) u_sink (
      .aclk,
      .aresetn  (aresetn && !abort),
      .tdata    ({m_axis_tdata, m_axis_tkeep}),
      .tlast    (m_axis_tlast),
      .tvalid   (m_axis_tvalid),
      .tready   (m_axis_tready),
      .is_broken(),
      .shown    ()
  );

  // ---- The job ----
  // Beats: all of them; asked for, come, left. The address of the next burst.
  logic starts;
  logic leaves;
  logic is_busy_q;
  logic is_aborted_q;
  logic is_misplaced_q;
  logic is_response_bad_q;
  logic is_last_bad_q;
  logic [LENGTH_W-1:0] bytes_q;
  logic [6:0] total;
  logic [6:0] asked_q;
  logic [6:0] came_q;
  logic [6:0] left_q;
  logic [ADDR_W-1:0] address_q;
  logic is_refused;
  // What the next burst may be.
  logic [6:0] longest;
  int to_page;

  assign starts = s_cmd_valid && s_cmd_ready;
  assign leaves = m_axis_tvalid && m_axis_tready;
  assign total = 7'((32'(bytes_q) + Lanes - 1) / Lanes);
  assign is_refused = is_misplaced_q || bytes_q == '0;

  always_comb begin
    to_page = PageBeats - 32'(address_q[11:LaneW]);
    longest = total - asked_q;
    if (32'(longest) > BURST) longest = 7'(BURST);
    if (32'(longest) > to_page) longest = 7'(to_page);
  end

  always_ff @(posedge aclk) begin
    if (asks) begin
      asked_q   <= asked_q + 7'(m_axi_arlen) + 1'b1;
      address_q <= address_q + ADDR_W'((32'(m_axi_arlen) + 1) * Lanes);
    end
    if (comes) begin
      came_q <= came_q + 1'b1;
      if (m_axi_rresp != 2'b00) is_response_bad_q <= 1'b1;
      if (m_axi_rlast != ends_burst) is_last_bad_q <= 1'b1;
    end
    if (leaves) left_q <= left_q + 1'b1;
    if (abort && is_busy_q && !done) is_aborted_q <= 1'b1;
    if (done) is_busy_q <= 1'b0;
    if (starts) begin
      is_busy_q <= 1'b1;
      is_aborted_q <= 1'b0;
      is_response_bad_q <= 1'b0;
      is_last_bad_q <= 1'b0;
      is_misplaced_q <= s_cmd_address[LaneW-1:0] != '0 || 32'(s_cmd_address) + 32'(s_cmd_bytes) > 2 ** ADDR_W;
      bytes_q <= s_cmd_bytes;
      asked_q <= '0;
      came_q <= '0;
      left_q <= '0;
      address_q <= s_cmd_address;
    end
    if (!aresetn) is_busy_q <= 1'b0;
  end

  // ---- One beat of it ----
  logic [5:0] place_q;
  logic [DATA_W-1:0] data_q;

  always_ff @(posedge aclk) begin
    if (comes && came_q == 7'(place_q)) data_q <= m_axi_rdata;
    if (!aresetn) place_q <= place;
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (s_cmd_ready == (!is_busy_q || done));
      if (m_axi_arvalid) begin
        assert (is_busy_q && !done && !is_refused && asked_q < total);
        assert (m_axi_araddr == address_q);
        assert (32'(m_axi_arlen) + 1 == 32'(longest));
      end
      if (m_axis_tvalid) begin
        assert (is_busy_q && !done && !is_aborted_q && left_q < came_q);
        assert (m_axis_tlast == (left_q + 1'b1 == total));
        assert (m_axis_tkeep == ((m_axis_tlast && bytes_q[LaneW-1:0] != '0) ?
                                 ~({Lanes{1'b1}} << bytes_q[LaneW-1:0]) : {Lanes{1'b1}}));
        if (left_q == 7'(place_q)) assert (m_axis_tdata == data_q);
      end
      if (done) begin
        assert (is_busy_q && owed == '0 && !m_axi_arvalid);
        assert (is_aborted_q || left_q == (is_refused ? '0 : total));
        assert (aborted == is_aborted_q);
        assert (error_address == is_misplaced_q);
        assert (error_response == is_response_bad_q);
        assert (error_length == (is_last_bad_q || bytes_q == '0));
      end
      cover (done && left_q == 7'd3 && !error_length);
      cover (done && is_aborted_q && came_q != '0);
      cover (asks && 32'(longest) == to_page && to_page < BURST);
      cover (done && is_last_bad_q);
    end
  end

  // The job goes on while memory and sink do their part.
  response_properties #(
      .CYCLES(6)
  ) u_response (
      .aclk,
      .aresetn,
      .is_due (is_busy_q && !done && m_axi_arready && m_axis_tready && (owed == '0 || m_axi_rvalid)),
      .happens(asks || comes || leaves || done)
  );

`ifndef PROMISED
  // ---- Lemmas ----
  // How the DMA's registers follow the job: with these the other assertions are inductive.
  localparam logic [1:0] Check = 2'd1, Run = 2'd2, Abort = 2'd3;
  localparam logic [1:0] Room = 2'd0, Length = 2'd1, Ready = 2'd2, Wait = 2'd3;

  logic [1:0] state;
  logic [1:0] phase;
  // Beats of the burst that is offered, and of one that is not yet counted.
  logic [6:0] offered;
  logic [6:0] uncounted;
  // Beats not issued; what the next burst may be.
  logic [6:0] unissued;
  logic [ADDR_W-1:0] burst_address;
  logic [6:0] room;
  logic [BUFFER+BURST:0] ends;
  logic [8:0] beat;

  assign state = dut.state_q;
  assign phase = dut.u_job.phase_q;
  assign offered = m_axi_arvalid ? 7'(m_axi_arlen) + 1'b1 : '0;
  assign uncounted = dut.issue_q ? offered : '0;
  assign unissued = total - asked_q - offered;
  assign burst_address = address_q + (ADDR_W'(offered) << LaneW);
  always_comb begin
    room = 7'(BURST);
    if (PageBeats - 32'(burst_address[11:LaneW]) < BURST) room = 7'(PageBeats - 32'(burst_address[11:LaneW]));
  end

  // What the buffer holds, the oldest beat first: in the output's register, in that of block RAM, in the memory.
  localparam bit IsBlock = BUFFER_STYLE == "block";
  localparam int Depth = IsBlock ? BUFFER - 2 : BUFFER - 1;

  logic [finn_pkg::count_width(BUFFER)-1:0] held;
  logic [DATA_W:0] stored[BUFFER];
  logic is_read;
  logic [DATA_W:0] read;

  if (IsBlock) begin : g_block
    assign is_read = dut.u_buffer.g_block.output_valid_q;
    assign read = dut.u_buffer.g_block.output_q;
  end else begin : g_distributed
    assign is_read = 1'b0;
    assign read = '0;
  end

  assign held = dut.u_buffer.level_q + $bits(held)'(is_read) + $bits(held)'(m_axis_tvalid);

  always_comb begin
    for (int i = 0; i < BUFFER; i++) begin
      if (m_axis_tvalid && i == 0) stored[i] = {m_axis_tlast, m_axis_tdata};
      else if (is_read && i == 32'(m_axis_tvalid)) stored[i] = read;
      else stored[i] = dut.u_buffer.memory[(32'(dut.u_buffer.read_q)+i-32'(is_read)-32'(m_axis_tvalid))%Depth];
    end
  end

  // Which of the beats that are owed end a burst, and the place of the one behind them in its burst.
  always_comb begin
    ends = '0;
    beat = 9'(dut.beat_q);
    for (int i = 0; i < BUFFER + BURST; i++) begin
      if (i < 32'(owed)) begin
        ends[i] = 32'(beat) == BURST - 1 || 32'(came_q) + i + 1 == 32'(total) ||
                  10'(32'(dut.offset_q) + i) == '1;
        beat = ends[i] ? '0 : beat + 1'b1;
      end
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert ((is_busy_q && !done) == (state != '0));
      assert (m_axi_rready == (state != '0));
      assert (32'(dut.u_buffer.read_q) < Depth && 32'(dut.u_buffer.write_q) < Depth);
      assert (32'(dut.u_buffer.level_q) <= Depth);
      assert (dut.u_buffer.some_q == (dut.u_buffer.level_q != '0));
      assert (dut.u_buffer.full_q == (32'(dut.u_buffer.level_q) == Depth));
      assert (32'(dut.u_buffer.write_q) == (32'(dut.u_buffer.read_q) + 32'(dut.u_buffer.level_q)) % Depth);
      if (32'(held) > 1) assert (m_axis_tvalid || (is_read && 32'(held) == 2));
      if (32'(held) > 2) assert (m_axis_tvalid && (is_read || !IsBlock));
      if (state != Run || is_refused) assert (held == '0);
      if (state == Run) assert ((dut.refused_q || dut.beyond_q) == is_refused);
      if (state == '0 || state == Check) assert (!dut.beyond_q);
      if (state == Run && is_refused) assert (phase == Length && left_q == '0 && came_q == '0);
      if (dut.issue_q && state != '0) begin
        assert (state == Run && phase == Room && m_axi_arvalid && dut.burst_length == m_axi_arlen);
      end
      if (state == '0) assert (!m_axi_arvalid && owed == '0);
      if (state == Check) begin
        assert (!m_axi_arvalid && !dut.issue_q && owed == '0);
        assert (asked_q == '0 && came_q == '0 && left_q == '0);
        assert (dut.u_job.is_misaligned == (address_q[LaneW-1:0] != '0));
        assert (is_misplaced_q == (address_q[LaneW-1:0] != '0 || 32'(address_q) + 32'(bytes_q) > 2 ** ADDR_W));
        assert (phase == Room);
      end
      if (state == Run && !is_refused) begin
        assert (left_q < total);
        assert (32'(dut.free_q) == BUFFER - 32'(asked_q) - 32'(offered) + 32'(uncounted) + 32'(left_q));
        assert (32'(asked_q) + 32'(offered) <= BUFFER + 32'(left_q));
        assert (32'(held) == 32'(came_q) - 32'(left_q));
        for (int i = 0; i < BUFFER; i++) begin
          if (i < 32'(held)) begin
            assert (stored[i][DATA_W] == (32'(left_q) + i + 1 == 32'(total)));
            if (32'(left_q) + i == 32'(place_q)) assert (stored[i][DATA_W-1:0] == data_q);
          end
        end
      end
      if (is_refused && state != '0) assert (asked_q == '0 && !m_axi_arvalid && !dut.issue_q);
      if (state != '0) begin
        assert (asked_q <= total && 32'(asked_q) + 32'(offered) <= 32'(total));
        assert (32'(asked_q) == 32'(came_q) + 32'(owed) && left_q <= came_q);
        assert (dut.left == 9'(unissued) + 9'(uncounted) - 1'b1);
        if (dut.issue_q) assert (dut.u_job.g_bursts.left_behind_q == 9'(unissued) - 1'b1);
        assert (dut.u_job.rest_q == bytes_q[LaneW-1:0]);
        if (address_q[LaneW-1:0] == '0 || asked_q != '0) begin
          if (phase != Room || state == Check) assert (dut.burst_address == burst_address);
          assert ({dut.u_job.place_q, LaneW'(0)} ==
                  burst_address + (phase == Wait ? (ADDR_W'(dut.burst_length) + 1'b1) << LaneW : '0));
        end
        if (!is_refused) assert (32'(address_q) + 32'(total - asked_q) * Lanes <= 2 ** ADDR_W);
        if (!is_misplaced_q) assert (address_q[LaneW-1:0] == '0);
        assert (aborted == is_aborted_q);
        assert (error_response == is_response_bad_q);
        if (state != Check) begin
          assert (32'(dut.owed_q) == 32'(owed) + 32'(offered) - 32'(uncounted));
          assert ((error_address || (dut.beyond_q && !error_length)) == is_misplaced_q);
          assert (error_length == (is_last_bad_q || bytes_q == '0));
          if (!is_refused) begin
            assert ((10'(dut.offset_q) + 10'(owed)) == address_q[11:LaneW]);
            assert (u_read.ends_q == (BUFFER + BURST)'(ends) && beat == '0 && 32'(dut.beat_q) < BURST);
          end
        end
        if (state == Check) assert (!is_last_bad_q && !is_response_bad_q && !error_length && !error_address);
        assert ((state == Abort) == is_aborted_q);
        if (held != '0 && !m_axis_tvalid) assert (32'(u_response.waited_q) <= 32'(is_read));
        assert (32'(u_response.waited_q) <=
                (state == Check ? 0 : (state == Abort || m_axi_arvalid) ? 4 : phase >= Ready ? 3 : 32'(phase) + 1));
      end
      if (!is_refused && state != '0) begin
        if (phase != Room) assert (32'(dut.u_job.room_q) + 1 == 32'(room));
        if (phase >= Ready) begin
          assert (unissued != '0);
          assert (32'(dut.burst_length) + 1 == ((unissued < room) ? 32'(unissued) : 32'(room)));
        end
      end
    end
  end
`endif

endmodule

`default_nettype wire
