// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// axi_read_arbiter: bursts leave as they came, in the order in which they were taken; every beat goes to the master
/// whose burst it belongs to, unchanged and in order, wherever memory says that bursts end; and whoever asks is served
/// soon.
module axi_read_arbiter_proof #(
    parameter int PORTS = 2,
    parameter int OUTSTANDING = 2,
    localparam int ADDR_W = 12,
    localparam int DATA_W = 32
) (
    input wire aclk,
    input wire aresetn,

    input wire [PORTS*ADDR_W-1:0] s_axi_araddr,
    input wire [     PORTS*8-1:0] s_axi_arlen,
    input wire [       PORTS-1:0] s_axi_arvalid,
    input wire [       PORTS-1:0] s_axi_rready,
    input wire                    m_axi_arready,
    input wire [      DATA_W-1:0] m_axi_rdata,
    input wire [             1:0] m_axi_rresp,
    input wire                    m_axi_rlast,
    input wire                    m_axi_rvalid
);

  localparam int PortW = finn_pkg::index_width(PORTS);
  localparam int CountW = finn_pkg::count_width(OUTSTANDING);
  // Beats of a burst less 1, at most, that are looked at.
  localparam int MostLength = 2;

  logic [PORTS-1:0] s_axi_arready;
  logic [DATA_W-1:0] s_axi_rdata;
  logic [1:0] s_axi_rresp;
  logic s_axi_rlast;
  logic [PORTS-1:0] s_axi_rvalid;
  logic [ADDR_W-1:0] m_axi_araddr;
  logic [7:0] m_axi_arlen;
  logic [2:0] m_axi_arsize;
  logic [1:0] m_axi_arburst;
  logic [3:0] m_axi_arcache;
  logic [2:0] m_axi_arprot;
  logic m_axi_arvalid;
  logic m_axi_rready;

  axi_read_arbiter #(
      .PORTS(PORTS),
      .ADDR_W(ADDR_W),
      .DATA_W(DATA_W),
      .OUTSTANDING(OUTSTANDING)
  ) dut (
      .*
  );

  reset_properties u_reset (
      .aclk,
      .aresetn
  );

  // ---- Bursts that were taken and have not come whole, the oldest first ----
  logic [PortW-1:0] owner_q[OUTSTANDING];
  logic [ADDR_W-1:0] address_q[OUTSTANDING];
  logic [7:0] length_q[OUTSTANDING];
  logic [CountW-1:0] count_q;
  // Those of the newest that were not given to memory; those of the oldest that came from memory whole; beats of the
  // one that comes, and of the one that is delivered.
  logic [CountW-1:0] pending_q;
  logic [CountW-1:0] come_q;
  logic [7:0] come_beat_q;
  logic [7:0] beat_q;
  // Beats that came and were not delivered, the newest first.
  logic [DATA_W+2:0] data_q[2];
  logic [1:0] held_q;

  logic [PORTS-1:0] takes;
  logic take;
  logic [PortW-1:0] taker;
  logic gives;
  logic comes;
  logic comes_last;
  logic leaves;
  logic leaves_last;
  logic pops;
  logic [CountW-1:0] kept;

  assign takes = s_axi_arvalid & s_axi_arready;
  assign take = takes != '0;
  assign gives = m_axi_arvalid && m_axi_arready;
  assign comes = m_axi_rvalid && m_axi_rready;
  assign leaves = (s_axi_rvalid & s_axi_rready) != '0;
  assign leaves_last = beat_q == length_q[0];
  assign pops = leaves && leaves_last;
  assign kept = count_q - CountW'(pops);

  always_comb begin
    taker = '0;
    for (int i = 0; i < PORTS; i++) if (takes[i]) taker = PortW'(i);
    comes_last = 1'b0;
    for (int i = 0; i < OUTSTANDING; i++) if (i == 32'(come_q)) comes_last = come_beat_q == length_q[i];
  end

  always_ff @(posedge aclk) begin
    for (int i = 0; i < OUTSTANDING; i++) begin
      if (pops && i + 1 < OUTSTANDING) begin
        owner_q[i]   <= owner_q[(i+1)%OUTSTANDING];
        address_q[i] <= address_q[(i+1)%OUTSTANDING];
        length_q[i]  <= length_q[(i+1)%OUTSTANDING];
      end
      if (take && i == 32'(kept)) begin
        owner_q[i]   <= taker;
        address_q[i] <= s_axi_araddr[32'(taker)*ADDR_W+:ADDR_W];
        length_q[i]  <= s_axi_arlen[32'(taker)*8+:8];
      end
    end
    count_q <= kept + CountW'(take);
    pending_q <= pending_q + CountW'(take) - CountW'(gives);
    come_q <= come_q + CountW'(comes && comes_last) - CountW'(pops);
    if (comes) begin
      come_beat_q <= comes_last ? '0 : come_beat_q + 1'b1;
      data_q[0] <= {m_axi_rlast, m_axi_rdata, m_axi_rresp};
      data_q[1] <= data_q[0];
    end
    if (leaves) beat_q <= leaves_last ? '0 : beat_q + 1'b1;
    held_q <= held_q + 2'(comes) - 2'(leaves);
    if (!aresetn) begin
      count_q <= '0;
      pending_q <= '0;
      come_q <= '0;
      come_beat_q <= '0;
      beat_q <= '0;
      held_q <= '0;
    end
  end

  // Memory gives as many beats as it was asked for.
  always_ff @(posedge aclk) if (aresetn && m_axi_rvalid) assume (come_q + pending_q < count_q);

  axis_properties #(
      .WIDTH  (DATA_W + 2),
      .ASSUMED(1)
  ) u_data (
      .aclk,
      .aresetn,
      .tdata    ({m_axi_rdata, m_axi_rresp}),
      .tlast    (m_axi_rlast),
      .tvalid   (m_axi_rvalid),
      .tready   (m_axi_rready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH(ADDR_W + 8)
  ) u_address (
      .aclk,
      .aresetn,
      .tdata    ({m_axi_araddr, m_axi_arlen}),
      .tlast    (1'b0),
      .tvalid   (m_axi_arvalid),
      .tready   (m_axi_arready),
      .is_broken(),
      .shown    ()
  );

  for (genvar i = 0; i < PORTS; i++) begin : g_port
    axis_properties #(
        .WIDTH  (ADDR_W + 8),
        .ASSUMED(1)
    ) u_burst (
        .aclk,
        .aresetn,
        .tdata    ({s_axi_araddr[i*ADDR_W+:ADDR_W], s_axi_arlen[i*8+:8]}),
        .tlast    (1'b0),
        .tvalid   (s_axi_arvalid[i]),
        .tready   (s_axi_arready[i]),
        .is_broken(),
        .shown    ()
    );

    axis_properties #(
        .WIDTH(DATA_W + 2)
    ) u_beat (
        .aclk,
        .aresetn,
        .tdata    ({s_axi_rdata, s_axi_rresp}),
        .tlast    (s_axi_rlast),
        .tvalid   (s_axi_rvalid[i]),
        .tready   (s_axi_rready[i]),
        .is_broken(),
        .shown    ()
    );

    // Each of the others may have a burst before, and the turn goes on once for each.
    response_properties #(
        .CYCLES(2 * PORTS + 2)
    ) u_response (
        .aclk,
        .aresetn,
        .is_due (s_axi_arvalid[i] && m_axi_arready && 32'(count_q) < OUTSTANDING),
        .happens(takes[i])
    );

    always_ff @(posedge aclk) begin
      if (aresetn) begin
        if (s_axi_arvalid[i]) assume (s_axi_arlen[i*8+:8] <= 8'(MostLength));
        cover (takes[i] && owner_q[0] != PortW'(i) && count_q == CountW'(1));
        cover (s_axi_rvalid[i] && !s_axi_rready[i] && s_axi_rlast);
      end
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (32'(count_q) <= OUTSTANDING);
      assert ((s_axi_arready & (s_axi_arready - 1'b1)) == '0);
      assert (m_axi_arvalid == (pending_q != '0));
      for (int i = 0; i < OUTSTANDING; i++) begin
        if (m_axi_arvalid && i == 32'(count_q) - 32'(pending_q)) begin
          assert (m_axi_araddr == address_q[i]);
          assert (m_axi_arlen == length_q[i]);
        end
      end
      assert (32'(m_axi_arsize) == $clog2(DATA_W / 8) && m_axi_arburst == 2'b01);
      assert (held_q <= 2'd2);
      assert ((s_axi_rvalid != '0) == (held_q != '0));
      if (held_q != '0) begin
        assert (count_q != '0);
        assert (s_axi_rvalid == PORTS'(1) << owner_q[0]);
        assert ({s_axi_rlast, s_axi_rdata, s_axi_rresp} == data_q[held_q[1]]);
      end
      // Memory is never held up for another reason than a master that does not take.
      if (held_q == '0) assert (m_axi_rready);
      cover (count_q == CountW'(OUTSTANDING));
    end
  end

`ifndef PROMISED
  // ---- Lemmas ----
  // What the arbiter's registers hold of the bursts and beats above: with these the other assertions are inductive.
  localparam int OwnerW = finn_pkg::index_width(OUTSTANDING);

  logic [CountW-1:0] given;
  // Of the beats that came: the place behind the first one that was not delivered, and behind the second.
  logic [CountW-1:0] burst[3];
  logic [7:0] beat[3];
  logic [2:0] ends;

  assign given = count_q - pending_q;

  always_comb begin
    burst[0] = '0;
    beat[0] = beat_q;
    for (int i = 0; i < 3; i++) begin
      ends[i] = 1'b0;
      for (int j = 0; j < OUTSTANDING; j++) if (j == 32'(burst[i])) ends[i] = beat[i] == length_q[j];
      if (i < 2) begin
        burst[i+1] = burst[i] + CountW'(ends[i]);
        beat[i+1] = ends[i] ? '0 : beat[i] + 1'b1;
      end
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      // Addresses.
      assert (dut.u_address.output_valid_q || dut.u_address.spare_free_q);
      assert (32'(pending_q) == 32'(dut.u_address.output_valid_q) + 32'(!dut.u_address.spare_free_q));
      assert (pending_q <= count_q);
      for (int i = 0; i < OUTSTANDING; i++) begin
        if (i < 32'(count_q)) begin
          assert (32'(owner_q[i]) < PORTS && length_q[i] <= 8'(MostLength));
          assert (dut.u_owners.memory[OwnerW'((32'(dut.u_owners.read_q)+i)%OUTSTANDING)][PortW+7:0] ==
                  {owner_q[i], length_q[i]});
        end
        if (i + 1 == 32'(count_q) && !dut.u_address.spare_free_q) begin
          assert (dut.u_address.g_early.spare_q[ADDR_W+7:0] == {address_q[i], length_q[i]});
        end
      end
      // Owners.
      assert (32'(dut.u_owners.level_q) == 32'(count_q));
      assert (dut.u_owners.some_q == (count_q != '0));
      assert (dut.u_owners.full_q == (32'(count_q) == OUTSTANDING));
      assert (32'(dut.u_owners.read_q) < OUTSTANDING);
      assert (32'(dut.u_owners.write_q) == (32'(dut.u_owners.read_q) + 32'(count_q)) % OUTSTANDING);
      // Turns.
      assert (32'(dut.turn_q) < PORTS);
      if (dut.turn_valid_q) assert (s_axi_arvalid[dut.turn_q]);
      // Beats.
      assert (dut.u_data.output_valid_q || dut.u_data.spare_free_q);
      assert (32'(held_q) == 32'(dut.u_data.output_valid_q) + 32'(!dut.u_data.spare_free_q));
      assert (dut.beat_q == beat_q);
      if (held_q == 2'd2) assert (dut.u_data.g_early.spare_q == data_q[0]);
      if (held_q != '0) assert (given != '0);
      if (held_q == 2'd2) assert (burst[1] < given);
      assert (come_q == burst[held_q] && come_beat_q == beat[held_q]);
      assert (come_q <= given);
      if (come_q == given) assert (come_beat_q == '0);
      for (int i = 0; i < OUTSTANDING; i++) if (i == 32'(come_q) && come_q < given) assert (come_beat_q <= length_q[i]);
    end
  end

  for (genvar i = 0; i < PORTS; i++) begin : g_turn
    // Who waits has been due in the cycle before: then the register takes, and each take brings the turn nearer.
    always_ff @(posedge aclk) begin
      if (aresetn && g_port[i].u_response.waited_q != '0) begin
        assert (dut.u_address.spare_free_q && dut.turn_valid_q);
        assert ((i + PORTS - 32'(dut.turn_q)) % PORTS + 32'(g_port[i].u_response.waited_q) <= PORTS);
      end
    end
  end
`endif

endmodule

`default_nettype wire
