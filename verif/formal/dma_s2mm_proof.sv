// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// dma_s2mm: beat n of a frame is written to place n of its job, with the strobes of the job's bytes; bursts follow
/// each other, as long as they may be; the surplus is dropped; the flags say what went wrong, and nothing else.
module dma_s2mm_proof #(
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

    input wire [  DATA_W-1:0] s_axis_tdata,
    input wire [DATA_W/8-1:0] s_axis_tkeep,
    input wire                s_axis_tlast,
    input wire                s_axis_tvalid,
    input wire                m_axi_awready,
    input wire                m_axi_wready,
    input wire [         1:0] m_axi_bresp,
    input wire                m_axi_bvalid
);

  localparam int Lanes = DATA_W / 8;
  localparam int LaneW = $clog2(Lanes);
  localparam int PageBeats = 4096 / Lanes;
  localparam int Outstanding = 16;

  logic s_cmd_ready;
  logic done;
  logic error_response;
  logic error_underrun;
  logic error_overrun;
  logic error_length;
  logic error_address;
  logic aborted;
  logic [LENGTH_W-1:0] written;
  logic s_axis_tready;
  logic [ADDR_W-1:0] m_axi_awaddr;
  logic [7:0] m_axi_awlen;
  logic [2:0] m_axi_awsize;
  logic [1:0] m_axi_awburst;
  logic [3:0] m_axi_awcache;
  logic [2:0] m_axi_awprot;
  logic m_axi_awvalid;
  logic [DATA_W-1:0] m_axi_wdata;
  logic [Lanes-1:0] m_axi_wstrb;
  logic m_axi_wlast;
  logic m_axi_wvalid;
  logic m_axi_bready;

  dma_s2mm #(
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

  axis_properties #(
      .WIDTH  (DATA_W + Lanes),
      .ASSUMED(1)
  ) u_source (
      .aclk,
      .aresetn,
      .tdata    ({s_axis_tdata, s_axis_tkeep}),
      .tlast    (s_axis_tlast),
      .tvalid   (s_axis_tvalid),
      .tready   (s_axis_tready),
      .is_broken(),
      .shown    ()
  );

  logic asks;
  logic sends;
  logic responds;
  logic [finn_pkg::count_width(3*BURST)-1:0] unsent;
  logic [3*BURST-1:0] ends;
  logic [finn_pkg::count_width(Outstanding)-1:0] bursts_asked;
  logic [finn_pkg::count_width(Outstanding)-1:0] bursts_sent;

  axi_write_properties #(
      .ADDR_W(ADDR_W),
      .DATA_W(DATA_W),
      .BURST(BURST),
      .BEATS(3 * BURST),
      .OUTSTANDING(Outstanding)
  ) u_write (
      .aclk,
      .aresetn,
      .awaddr (m_axi_awaddr),
      .awlen  (m_axi_awlen),
      .awsize (m_axi_awsize),
      .awburst(m_axi_awburst),
      .awvalid(m_axi_awvalid),
      .awready(m_axi_awready),
      .wdata  (m_axi_wdata),
      .wstrb  (m_axi_wstrb),
      .wlast  (m_axi_wlast),
      .wvalid (m_axi_wvalid),
      .wready (m_axi_wready),
      .bresp  (m_axi_bresp),
      .bvalid (m_axi_bvalid),
      .bready (m_axi_bready),
      .asks,
      .sends,
      .responds,
      .unsent,
      .ends,
      .asked_q(bursts_asked),
      .sent_q (bursts_sent)
  );

  // ---- The job ----
  // Beats: those commanded; those taken that count, asked for, sent. The address of the next burst.
  logic starts;
  logic takes;
  logic keeps;
  logic is_busy_q;
  logic is_aborted_q;
  logic is_misplaced_q;
  logic is_bad_q;
  // The frame has ended; or as many beats came as were commanded.
  logic is_ended_q;
  logic is_closed_q;
  logic is_short_q;
  logic is_long_q;
  logic [LENGTH_W-1:0] bytes_q;
  logic [LENGTH_W-1:0] written_q;
  logic [ADDR_W-1:0] address_q;
  logic [6:0] total;
  logic [6:0] kept_q;
  logic [6:0] asked_q;
  logic [6:0] sent_q;
  logic is_refused;
  logic is_last;
  logic [Lanes-1:0] commanded;
  // Strobes of the last beat.
  logic [Lanes-1:0] last_q;
  int to_page;
  int longest;

  assign starts = s_cmd_valid && s_cmd_ready;
  assign takes = s_axis_tvalid && s_axis_tready;
  assign keeps = takes && !is_closed_q;
  assign total = 7'((32'(bytes_q) + Lanes - 1) / Lanes);
  assign is_refused = is_misplaced_q || bytes_q == '0;
  assign is_last = kept_q + 1'b1 == total;
  assign commanded = (is_last && bytes_q[LaneW-1:0] != '0) ? ~({Lanes{1'b1}} << bytes_q[LaneW-1:0]) : {Lanes{1'b1}};
  assign to_page = PageBeats - 32'(address_q[11:LaneW]);
  assign longest = (to_page < BURST) ? to_page : BURST;

  always_ff @(posedge aclk) begin
    if (keeps) begin
      kept_q <= kept_q + 1'b1;
      last_q <= s_axis_tkeep & commanded;
      if (is_last || s_axis_tlast) begin
        is_closed_q <= 1'b1;
        is_short_q  <= !is_last || (commanded & ~s_axis_tkeep) != '0;
        is_long_q   <= is_last && (!s_axis_tlast || (s_axis_tkeep & ~commanded) != '0);
      end
    end
    if (takes && s_axis_tlast) is_ended_q <= 1'b1;
    if (asks) begin
      asked_q   <= asked_q + 7'(m_axi_awlen) + 1'b1;
      address_q <= address_q + ADDR_W'((32'(m_axi_awlen) + 1) * Lanes);
    end
    if (sends) begin
      sent_q <= sent_q + 1'b1;
      written_q <= written_q + LENGTH_W'($countones(m_axi_wstrb));
    end
    if (responds && m_axi_bresp != 2'b00) is_bad_q <= 1'b1;
    if (abort && is_busy_q && !done) is_aborted_q <= 1'b1;
    if (done) is_busy_q <= 1'b0;
    if (starts) begin
      is_busy_q <= 1'b1;
      is_aborted_q <= 1'b0;
      is_bad_q <= 1'b0;
      is_ended_q <= 1'b0;
      is_closed_q <= 1'b0;
      is_short_q <= 1'b0;
      is_long_q <= 1'b0;
      is_misplaced_q <= s_cmd_address[LaneW-1:0] != '0 || 32'(s_cmd_address) + 32'(s_cmd_bytes) > 2 ** ADDR_W;
      bytes_q <= s_cmd_bytes;
      written_q <= '0;
      kept_q <= '0;
      asked_q <= '0;
      sent_q <= '0;
      address_q <= s_cmd_address;
    end
    if (!aresetn) is_busy_q <= 1'b0;
  end

  // ---- One beat of it ----
  logic [5:0] place_q;
  logic [DATA_W-1:0] data_q;

  always_ff @(posedge aclk) begin
    if (keeps && kept_q == 7'(place_q)) data_q <= s_axis_tdata;
    if (!aresetn) place_q <= place;
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (s_cmd_ready == (!is_busy_q || done));
      if (s_axis_tready) assert (is_busy_q && !done && !is_refused && !is_aborted_q && !is_ended_q);
      if (m_axi_awvalid) begin
        assert (is_busy_q && !done && !is_refused);
        assert (m_axi_awaddr == address_q);
        assert (32'(asked_q) + 32'(m_axi_awlen) + 1 <= 32'(kept_q));
        assert (32'(m_axi_awlen) + 1 == longest || (is_closed_q && 32'(m_axi_awlen) + 1 < longest &&
                                                    32'(asked_q) + 32'(m_axi_awlen) + 1 == 32'(kept_q)));
      end
      if (m_axi_wvalid) begin
        assert (is_busy_q && !done && sent_q < kept_q);
        assert (m_axi_wstrb == ((is_closed_q && sent_q + 1'b1 == kept_q) ? last_q : {Lanes{1'b1}}));
        if (sent_q == 7'(place_q)) assert (m_axi_wdata == data_q);
      end
      if (done) begin
        assert (is_busy_q && !m_axi_awvalid && !m_axi_wvalid && bursts_asked == '0 && bursts_sent == '0);
        assert (sent_q == asked_q);
        assert (is_aborted_q || is_refused || (is_ended_q && sent_q == kept_q));
        assert (!is_refused || kept_q == '0);
        assert (aborted == is_aborted_q);
        assert (error_address == is_misplaced_q);
        assert (error_length == (bytes_q == '0));
        assert (error_response == is_bad_q);
        assert (error_underrun == is_short_q);
        assert (error_overrun == is_long_q);
        assert (written == written_q);
      end
      cover (done && sent_q == 7'd3 && !is_short_q && !is_long_q);
      cover (done && is_aborted_q && sent_q != '0);
      cover (done && is_long_q && is_bad_q);
      cover (asks && longest < BURST);
    end
  end

  // The job goes on while stream and memory do their part.
  response_properties #(
      .CYCLES(6)
  ) u_response (
      .aclk,
      .aresetn,
      .is_due (is_busy_q && !done && m_axi_awready && m_axi_wready &&
               (s_axis_tvalid || is_ended_q || is_aborted_q) &&
               (m_axi_bvalid || bursts_asked == '0 || bursts_sent == '0)),
      .happens(takes || asks || sends || responds || done)
  );

`ifndef PROMISED
  // ---- Lemmas ----
  // How the DMA's registers follow the job: with these the other assertions are inductive.
  localparam logic [2:0] Check = 3'd1, Abort = 3'd2, Take = 3'd4, Drop = 3'd5, Drain = 3'd6;
  localparam logic [1:0] Room = 2'd0, Length = 2'd1, Ready = 2'd2, Wait = 2'd3;

  logic [2:0] state;
  logic [1:0] phase;
  // Beats asked for, those of the burst included that is offered, and beats not asked for.
  int asked;
  int left;
  logic [ADDR_W-1:0] burst_address;
  int room;
  // The lengths of the bursts that are being sent.
  int lengths;
  logic [7:0] length0;
  logic [7:0] length1;
  int present;
  int unsent_expected;
  // Beats that are not sent, those of the burst included that is there to be offered.
  int due;
  logic [3*BURST-1:0] ends_expected;
  // Bytes that `written` lacks.
  int uncounted;

  assign state = dut.state_q[2:0];
  assign phase = dut.u_job.phase_q;
  assign asked = 32'(asked_q) + (m_axi_awvalid ? 32'(m_axi_awlen) + 1 : 0);
  assign left = 32'(kept_q) - asked;
  assign burst_address = address_q + (m_axi_awvalid ? ADDR_W'((32'(m_axi_awlen) + 1) * Lanes) : '0);
  assign room = (PageBeats - 32'(burst_address[11:LaneW]) < BURST) ? PageBeats - 32'(burst_address[11:LaneW]) : BURST;

  assign lengths = 32'(dut.u_lengths.level_q);
  assign length0 = dut.u_lengths.memory[dut.u_lengths.read_q][7:0];
  assign length1 = dut.u_lengths.memory[!dut.u_lengths.read_q][7:0];
  assign present = m_axi_wvalid ? 32'(dut.behind_q) + 1 : 0;
  assign unsent_expected = present + (lengths > 0 ? 32'(length0) + 1 : 0) + (lengths > 1 ? 32'(length1) + 1 : 0);
  assign due = unsent_expected + (phase >= Ready && state > Check ? 32'(dut.burst_length) + 1 : 0);
  assign uncounted = !dut.sent_q ? 0 : dut.sent_final_q ? 32'($countones(last_q)) : Lanes;

  always_comb begin
    for (int i = 0; i < 3 * BURST; i++) begin
      ends_expected[i] = (m_axi_wvalid && i == 32'(dut.behind_q)) ||
                         (lengths > 0 && i == present + 32'(length0)) ||
                         (lengths > 1 && i == present + 32'(length0) + 1 + 32'(length1));
    end
  end

  // What the buffer holds, the oldest beat first: in the output's register, in that of block RAM, in the memory.
  localparam bit IsBlock = BUFFER_STYLE == "block";
  localparam int Depth = IsBlock ? BUFFER - 2 : BUFFER - 1;

  int held;
  logic [DATA_W:0] stored[BUFFER];
  logic is_out;
  logic is_read;
  logic [DATA_W:0] read;

  if (IsBlock) begin : g_block
    assign is_read = dut.u_buffer.g_block.output_valid_q;
    assign read = dut.u_buffer.g_block.output_q;
  end else begin : g_distributed
    assign is_read = 1'b0;
    assign read = '0;
  end

  assign is_out = dut.unused_valid;
  assign held = 32'(dut.u_buffer.level_q) + 32'(is_read) + 32'(is_out);

  always_comb begin
    for (int i = 0; i < BUFFER; i++) begin
      if (is_out && i == 0) stored[i] = {dut.data_is_final, m_axi_wdata};
      else if (is_read && i == 32'(is_out)) stored[i] = read;
      else stored[i] = dut.u_buffer.memory[(32'(dut.u_buffer.read_q)+i-32'(is_read)-32'(is_out))%Depth];
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert ((is_busy_q && !done) == (state != '0) && state != 3'd3 && state != 3'd7);
      assert (dut.state_q[3] == (state == Take) && m_axi_bready == (state != '0));
      assert (32'(dut.u_lengths.write_q) == (32'(dut.u_lengths.read_q) + lengths) % 2 && lengths <= 2);
      assert (dut.u_lengths.some_q == (lengths != 0) && dut.u_lengths.full_q == (lengths == 2));
      assert (32'(unsent) == unsent_expected && ends == ends_expected);
      if (m_axi_wvalid) assert (32'(dut.behind_q) < BURST && m_axi_wlast == (dut.behind_q == '0));
      if (lengths > 0) assert (32'(length0) < BURST);
      if (lengths > 1) assert (32'(length1) < BURST);
      assert (32'(bursts_asked) + 32'(m_axi_awvalid) == 32'(bursts_sent) + 32'(m_axi_wvalid) + lengths);
      assert (32'(dut.u_buffer.read_q) < Depth && 32'(dut.u_buffer.write_q) < Depth);
      assert (32'(dut.u_buffer.level_q) <= Depth);
      assert (dut.u_buffer.some_q == (dut.u_buffer.level_q != '0));
      assert (dut.u_buffer.full_q == (32'(dut.u_buffer.level_q) == Depth));
      assert (32'(dut.u_buffer.write_q) == (32'(dut.u_buffer.read_q) + 32'(dut.u_buffer.level_q)) % Depth);
      if (held > 1 || (held > 0 && phase >= Ready)) assert (is_out || is_read);
      if (held > 2 || due > 1 || unsent_expected > 0) assert (is_out);
      if (IsBlock && (held > 2 || due > 1)) assert (is_read);
      if (state <= Check) begin
        assert (!m_axi_awvalid && bursts_asked == '0 && bursts_sent == '0 && lengths == 0 && held == 0);
        assert (!m_axi_wvalid && !dut.sent_q && !dut.beyond_q);
      end
      if (state == Check) begin
        assert (kept_q == '0 && asked_q == '0 && sent_q == '0 && !is_closed_q && !is_ended_q && !is_bad_q);
        assert (!is_short_q && !is_long_q);
        assert (dut.u_job.is_misaligned == (address_q[LaneW-1:0] != '0));
        assert (is_misplaced_q == (address_q[LaneW-1:0] != '0 || 32'(address_q) + 32'(bytes_q) > 2 ** ADDR_W));
        assert (phase == Room && !error_length && !error_address);
      end
      if (state != '0) begin
        assert ((state == Abort) == is_aborted_q);
        assert (aborted == is_aborted_q);
        assert (error_response == is_bad_q);
        assert (error_underrun == is_short_q);
        assert (error_overrun == is_long_q);
        assert (written + LENGTH_W'(uncounted) == written_q);
        if (dut.sent_q) assert (32'(bursts_sent) + 32'(m_axi_wvalid) + lengths > 0);
        if (dut.sent_q && dut.sent_final_q) assert (is_closed_q && sent_q == kept_q);
        assert (asked <= 32'(kept_q) && kept_q <= total && sent_q <= kept_q);
        assert (dut.left == 9'(total) - 9'(kept_q) - 1'b1);
        if (dut.left <= 9'd1) assert (dut.is_near_q);
        if (dut.is_near_q) assert (dut.left <= 9'd3 || dut.left == '1);
        assert (dut.u_job.rest_q == bytes_q[LaneW-1:0]);
        if (!is_misplaced_q) assert (address_q[LaneW-1:0] == '0);
        if (address_q[LaneW-1:0] == '0) begin
          if (phase != Room || state == Check) assert (dut.burst_address == burst_address);
          assert ({dut.u_job.place_q, LaneW'(0)} ==
                  burst_address + (phase == Wait ? (ADDR_W'(dut.burst_length) + 1'b1) << LaneW : '0));
        end
        if (!is_refused) assert (32'(address_q) + 32'(total - asked_q) * Lanes <= 2 ** ADDR_W);
        if (is_closed_q) assert (dut.strobe_q == last_q);
        assert (!is_ended_q || is_closed_q);
        if (kept_q == total && !is_refused) assert (is_closed_q);
      end
      if (state != '0) begin
        assert (32'(u_response.waited_q) <=
                (state == Abort ? 4 : state == Check ? 0 : m_axi_awvalid ? 3 : phase >= Ready ? 2 : 32'(phase)));
      end
      if (state > Check) begin
        assert (!is_refused || ((state == Abort || (state == Take && phase == Length)) && kept_q == '0 && asked == 0 &&
                                bursts_asked == '0));
        if (state == Take) assert ((dut.refused_q || dut.beyond_q) == is_refused);
        assert (dut.is_full_q == (32'(dut.outstanding_q) == Outstanding));
        assert (state == Abort || state == (!is_closed_q ? Take : !is_ended_q ? Drop : Drain));
        assert ((error_address || (dut.beyond_q && !error_length)) == is_misplaced_q);
        assert (error_length == (bytes_q == '0));
        assert (dut.is_commanded_end_q == (kept_q + 1'b1 == total));
        assert (32'($signed(dut.stored_q)) == left - 1 + (dut.issue_q ? 32'(dut.burst_length) + 1 : 0));
        if (dut.issue_q) assert (phase == Room && state != Check && m_axi_awvalid && dut.burst_length == m_axi_awlen);
        assert (32'(dut.outstanding_q) == 32'(bursts_asked) + 32'(m_axi_awvalid) && dut.outstanding_q <= Outstanding);
        assert (held == 32'(kept_q) - 32'(sent_q));
        assert (asked == 32'(sent_q) + unsent_expected);
        for (int i = 0; i < BUFFER; i++) begin
          if (i < held) begin
            assert (stored[i][DATA_W] == (is_closed_q && 32'(sent_q) + i + 1 == 32'(kept_q)));
            if (32'(sent_q) + i == 32'(place_q)) assert (stored[i][DATA_W-1:0] == data_q);
          end
        end
        if (is_closed_q && (left == 0 || (phase >= Ready && left == 32'(dut.burst_length) + 1))) begin
          assert (32'(dut.final_bytes_q) == $countones(last_q));
        end
        if (!is_refused && phase != Room) assert (32'(dut.u_job.room_q) + 1 == room);
        if (!is_refused && phase >= Ready) begin
          assert (32'(dut.burst_length) < left);
          assert (32'(dut.burst_length) + 1 == room ||
                  (is_closed_q && 32'(dut.burst_length) + 1 < room && 32'(dut.burst_length) + 1 == left));
        end
      end
    end
  end
`endif

endmodule

`default_nettype wire
