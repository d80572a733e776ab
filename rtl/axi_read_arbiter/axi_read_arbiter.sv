// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Several AXI4 read masters on one port: whole bursts in turn, round robin, in order and without IDs.
///
/// A master whose burst was taken is looked at last the next time: whoever asks is served within PORTS bursts. Bursts
/// pass as they come, with address and length, so that one that keeps the 4 KiB rule does so behind the arbiter; all
/// are INCR and of full width. Beats come back in the order of the bursts, each to the master that asked: they are
/// counted, so that RLAST at a wrong beat is seen by the master whose beat it is, and by no other. A master that does
/// not take its beats holds up the others: those of dma_mm2s always take them.
///
/// Latency: an address leaves 2 cycles after it came; a beat 1 cycle after it came. Throughput: a beat a cycle; a burst
/// a cycle where another master waits, of one master alone every second cycle. No combinational path from any input to
/// any output of the other side, and none between masters.
module axi_read_arbiter #(
    /// Masters, 2 to 16.
    parameter int PORTS = 2,
    /// Bits of an address, 12 to 64.
    parameter int ADDR_W = 32,
    /// Bits of a beat, a power of two from 32 to 1024.
    parameter int DATA_W = 64,
    /// Bursts that are asked for and have not come to their end, at most, >= 2.
    parameter int OUTSTANDING = 16
) (
    input wire aclk,
    input wire aresetn,

    /// Of the masters, side by side.
    input  wire  [PORTS*ADDR_W-1:0] s_axi_araddr,
    input  wire  [     PORTS*8-1:0] s_axi_arlen,
    input  wire  [       PORTS-1:0] s_axi_arvalid,
    output logic [       PORTS-1:0] s_axi_arready,
    /// What comes, for the master whose rvalid is high.
    output logic [      DATA_W-1:0] s_axi_rdata,
    output logic [             1:0] s_axi_rresp,
    output logic                    s_axi_rlast,
    output logic [       PORTS-1:0] s_axi_rvalid,
    input  wire  [       PORTS-1:0] s_axi_rready,

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
    output logic              m_axi_rready
);

  `FINN_CHECK(check_ports, PORTS >= 2 && PORTS <= 16, ("axi_read_arbiter: PORTS=%0d must be 2 to 16", PORTS))
  `FINN_CHECK(check_addr_w, ADDR_W >= 12 && ADDR_W <= 64, ("axi_read_arbiter: ADDR_W=%0d must be 12 to 64", ADDR_W))
  `FINN_CHECK(check_data_w, DATA_W >= 32 && DATA_W <= 1024 && 2 ** $clog2(DATA_W) == DATA_W,
              ("axi_read_arbiter: DATA_W=%0d must be a power of two from 32 to 1024", DATA_W))
  `FINN_CHECK(check_outstanding, OUTSTANDING >= 2,
              ("axi_read_arbiter: OUTSTANDING=%0d must be at least 2", OUTSTANDING))

  localparam int PortW = finn_pkg::index_width(PORTS);

  // ---- Addresses ----
  // The master whose turn it is, if it is anybody's.
  logic [PortW-1:0] turn_q;
  logic turn_valid_q;
  logic [PORTS-1:0] turn;
  logic address_ready;
  logic owner_ready;
  logic is_free;
  logic take;
  logic [7:0] take_length;
  logic [PortW-1:0] next;
  logic next_valid;

  assign take_length = s_axi_arlen[32'(turn_q)*8+:8];
  assign turn = turn_valid_q ? PORTS'(1) << turn_q : '0;
  assign is_free = address_ready && owner_ready;
  assign s_axi_arready = is_free ? turn : '0;
  assign take = (s_axi_arready & s_axi_arvalid) != '0;

  // The first one behind the present that asks; the present one is looked at when it has not just been served.
  always_comb begin
    next = turn_q;
    next_valid = 1'b0;
    for (int unsigned i = PORTS - 1; i >= 1; i--) begin
      if (s_axi_arvalid[(32'(turn_q)+i)%PORTS]) begin
        next = PortW'((32'(turn_q) + i) % PORTS);
        next_valid = 1'b1;
      end
    end
  end

  always_ff @(posedge aclk) begin
    if (take) begin
      turn_valid_q <= next_valid;
      turn_q <= next;
    end else if (!turn_valid_q) begin
      turn_valid_q <= next_valid || s_axi_arvalid[turn_q];
      turn_q <= next;
    end
    if (!aresetn) begin
      turn_valid_q <= 1'b0;
      turn_q <= '0;
    end
  end

  logic unused_address_last;

  axis_register #(
      .WIDTH(ADDR_W + 8)
  ) u_address (
      .aclk,
      .aresetn,
      .s_axis_tdata ({s_axi_araddr[32'(turn_q)*ADDR_W+:ADDR_W], take_length}),
      .s_axis_tlast (1'b0),
      .s_axis_tvalid(take),
      .s_axis_tready(address_ready),
      .m_axis_tdata ({m_axi_araddr, m_axi_arlen}),
      .m_axis_tlast (unused_address_last),
      .m_axis_tvalid(m_axi_arvalid),
      .m_axis_tready(m_axi_arready)
  );

  assign m_axi_arsize  = 3'($clog2(DATA_W / 8));
  assign m_axi_arburst = 2'b01;
  assign m_axi_arcache = 4'b0011;
  assign m_axi_arprot  = 3'b000;

  // ---- Data ----
  // Whose the bursts are, and their beats less 1, in the order in which they were asked for.
  logic [PortW-1:0] owner;
  logic [7:0] length;
  logic owner_valid;
  // Of the oldest burst.
  logic [7:0] beat_q;
  logic ends_burst;
  logic beat_valid;
  logic beat_ready;
  logic unused_owner_last;

  axis_fifo #(
      .WIDTH(PortW + 8),
      .DEPTH(OUTSTANDING)
  ) u_owners (
      .aclk,
      .aresetn,
      .s_axis_tdata ({turn_q, take_length}),
      .s_axis_tlast (1'b0),
      .s_axis_tvalid(take),
      .s_axis_tready(owner_ready),
      .m_axis_tdata ({owner, length}),
      .m_axis_tlast (unused_owner_last),
      .m_axis_tvalid(owner_valid),
      .m_axis_tready(beat_ready && ends_burst)
  );

  axis_register #(
      .WIDTH(DATA_W + 2)
  ) u_data (
      .aclk,
      .aresetn,
      .s_axis_tdata ({m_axi_rdata, m_axi_rresp}),
      .s_axis_tlast (m_axi_rlast),
      .s_axis_tvalid(m_axi_rvalid),
      .s_axis_tready(m_axi_rready),
      .m_axis_tdata ({s_axi_rdata, s_axi_rresp}),
      .m_axis_tlast (s_axi_rlast),
      .m_axis_tvalid(beat_valid),
      .m_axis_tready(beat_ready)
  );

  assign s_axi_rvalid = (beat_valid && owner_valid) ? PORTS'(1) << owner : '0;
  assign beat_ready = (s_axi_rvalid & s_axi_rready) != '0;
  assign ends_burst = beat_q == length;

  always_ff @(posedge aclk) begin
    if (beat_ready) beat_q <= ends_burst ? '0 : beat_q + 1'b1;
    if (!aresetn) beat_q <= '0;
  end

endmodule

`default_nettype wire
