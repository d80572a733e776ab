// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// The rules of AXI4 for writes without IDs, with a master under proof and a memory that is assumed.
///
/// Asserted of the master: what it offers stays as it is until it is taken; bursts are INCR, of full width, aligned, no
/// longer than BURST and inside one page of 4 KiB; data is offered from the cycle behind its address' on, never before,
/// and neither waits for the other to be taken; WLAST is at each burst's last beat; no more than OUTSTANDING bursts
/// wait for a response, and none of these waits for bready. Assumed of the memory: it answers a burst when it has its
/// address and all of its data, each once, and a response that it offers stays until it is taken.
module axi_write_properties #(
    parameter int ADDR_W = 32,
    parameter int DATA_W = 64,
    /// Beats of the longest burst.
    parameter int BURST = 16,
    /// Beats whose address was offered and that were not sent, at most.
    parameter int BEATS = 32,
    /// Bursts that wait for a response, at most.
    parameter int OUTSTANDING = 16,
    localparam int UNSENT_W = finn_pkg::count_width(BEATS),
    localparam int COUNT_W = finn_pkg::count_width(OUTSTANDING)
) (
    input wire aclk,
    input wire aresetn,

    input wire [ADDR_W-1:0] awaddr,
    input wire [       7:0] awlen,
    input wire [       2:0] awsize,
    input wire [       1:0] awburst,
    input wire              awvalid,
    input wire              awready,

    input wire [  DATA_W-1:0] wdata,
    input wire [DATA_W/8-1:0] wstrb,
    input wire                wlast,
    input wire                wvalid,
    input wire                wready,

    input wire [1:0] bresp,
    input wire       bvalid,
    input wire       bready,

    /// An address, a beat, a response is taken.
    output logic asks,
    output logic sends,
    output logic responds,
    /// Beats whose address was offered and that were not sent; whether each ends its burst, the next one first.
    output logic [UNSENT_W-1:0] unsent,
    output logic [BEATS-1:0] ends,
    /// Bursts without a response: those whose address was taken, those whose data was.
    output logic [COUNT_W-1:0] asked_q,
    output logic [COUNT_W-1:0] sent_q
);

  localparam int LaneW = $clog2(DATA_W / 8);

  // The address was offered in the cycle before and not taken.
  logic waits_q;
  logic [UNSENT_W-1:0] unsent_q;
  logic [BEATS-1:0] ends_q;

  assign asks = awvalid && awready;
  assign sends = wvalid && wready;
  assign responds = bvalid && bready;

  always_comb begin
    unsent = unsent_q;
    ends   = ends_q;
    if (awvalid && !waits_q) begin
      unsent = unsent_q + UNSENT_W'(awlen) + 1'b1;
      for (int i = 0; i < BEATS; i++) if (32'(unsent_q) + 32'(awlen) == i) ends[i] = 1'b1;
    end
  end

  always_ff @(posedge aclk) begin
    waits_q  <= awvalid && !awready;
    unsent_q <= unsent - UNSENT_W'(sends);
    ends_q   <= sends ? ends >> 1 : ends;
    asked_q  <= asked_q + COUNT_W'(asks) - COUNT_W'(responds);
    sent_q   <= sent_q + COUNT_W'(sends && wlast) - COUNT_W'(responds);
    if (!aresetn) begin
      waits_q  <= 1'b0;
      unsent_q <= '0;
      ends_q   <= '0;
      asked_q  <= '0;
      sent_q   <= '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (bvalid) assume (asked_q != '0 && sent_q != '0);
      if (awvalid) begin
        assert (awaddr[LaneW-1:0] == '0);
        assert (32'(awsize) == LaneW);
        assert (awburst == 2'b01);
        assert (32'(awlen) < BURST);
        assert (32'(awaddr[11:LaneW]) + 32'(awlen) < 4096 / (DATA_W / 8));
        if (!waits_q) assert (32'(unsent_q) + 32'(awlen) < BEATS);
      end
      if (waits_q) assert (awvalid);
      assert (wvalid == (unsent_q != '0));
      if (wvalid) assert (wlast == ends[0]);
      assert (ends >> unsent == '0);
      assert (32'(asked_q) + 32'(awvalid) <= OUTSTANDING && 32'(sent_q) <= OUTSTANDING);
      if (asked_q != '0 && sent_q != '0) assert (bready);
    end
  end

  axis_properties #(
      .WIDTH(ADDR_W + 13)
  ) u_address (
      .aclk,
      .aresetn,
      .tdata    ({awaddr, awlen, awsize, awburst}),
      .tlast    (1'b0),
      .tvalid   (awvalid),
      .tready   (awready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH(DATA_W + DATA_W / 8)
  ) u_data (
      .aclk,
      .aresetn,
      .tdata    ({wdata, wstrb}),
      .tlast    (wlast),
      .tvalid   (wvalid),
      .tready   (wready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH  (2),
      .ASSUMED(1)
  ) u_response (
      .aclk,
      .aresetn,
      .tdata    (bresp),
      .tlast    (1'b0),
      .tvalid   (bvalid),
      .tready   (bready),
      .is_broken(),
      .shown    ()
  );

endmodule

`default_nettype wire
