// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// The rules of AXI4 for reads without IDs, with a master under proof and a memory that is assumed.
///
/// Asserted of the master: an address that is offered stays as it is until it is taken; bursts are INCR, of full width,
/// aligned, no longer than BURST and inside one page of 4 KiB; no more than BEATS beats are asked for and have not
/// come, and none of them waits for rready. Assumed of the memory: it gives beats that were asked for, no more, and a
/// beat that it offers stays until it is taken. What it gives, RLAST included, is up to the solver.
module axi_read_properties #(
    parameter int ADDR_W = 32,
    parameter int DATA_W = 64,
    /// Beats of the longest burst.
    parameter int BURST = 16,
    /// Beats that may be asked for and not have come.
    parameter int BEATS = 64,
    localparam int OWED_W = finn_pkg::count_width(BEATS + BURST)
) (
    input wire aclk,
    input wire aresetn,

    input wire [ADDR_W-1:0] araddr,
    input wire [       7:0] arlen,
    input wire [       2:0] arsize,
    input wire [       1:0] arburst,
    input wire              arvalid,
    input wire              arready,

    input wire [DATA_W-1:0] rdata,
    input wire [       1:0] rresp,
    input wire              rlast,
    input wire              rvalid,
    input wire              rready,

    /// An address, a beat is taken.
    output logic asks,
    output logic comes,
    /// Beats that were asked for and have not come; the next one ends its burst.
    output logic [OWED_W-1:0] owed_q,
    output logic ends_burst
);

  localparam int LaneW = $clog2(DATA_W / 8);

  // Of the beats that are owed, the next one first: whether it ends its burst.
  logic [BEATS+BURST-1:0] ends_q;
  logic [BEATS+BURST-1:0] ends;
  logic [OWED_W-1:0] owed;

  assign asks = arvalid && arready;
  assign comes = rvalid && rready;
  assign ends_burst = ends_q[0];
  assign owed = owed_q - OWED_W'(comes);

  always_comb begin
    ends = comes ? ends_q >> 1 : ends_q;
    for (int i = 0; i < BEATS + BURST; i++) begin
      if (asks && 32'(owed) + 32'(arlen) == i) ends[i] = 1'b1;
    end
  end

  always_ff @(posedge aclk) begin
    ends_q <= ends;
    owed_q <= owed + (asks ? OWED_W'(arlen) + 1'b1 : '0);
    if (!aresetn) begin
      ends_q <= '0;
      owed_q <= '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (rvalid) assume (owed_q != '0);
      if (arvalid) begin
        assert (araddr[LaneW-1:0] == '0);
        assert (32'(arsize) == LaneW);
        assert (arburst == 2'b01);
        assert (32'(arlen) < BURST);
        assert (32'(araddr[11:LaneW]) + 32'(arlen) < 4096 / (DATA_W / 8));
      end
      assert (32'(owed_q) + (arvalid ? 32'(arlen) + 1 : 0) <= BEATS);
      if (owed_q != '0) assert (rready);
      assert (ends_q >> owed_q == '0);
    end
  end

  axis_properties #(
      .WIDTH(ADDR_W + 13)
  ) u_address (
      .aclk,
      .aresetn,
      .tdata    ({araddr, arlen, arsize, arburst}),
      .tlast    (1'b0),
      .tvalid   (arvalid),
      .tready   (arready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH  (DATA_W + 2),
      .ASSUMED(1)
  ) u_data (
      .aclk,
      .aresetn,
      .tdata    ({rdata, rresp}),
      .tlast    (rlast),
      .tvalid   (rvalid),
      .tready   (rready),
      .is_broken(),
      .shown    ()
  );

endmodule

`default_nettype wire
