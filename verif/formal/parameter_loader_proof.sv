// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// parameter_loader in front of a network that takes frames and gives their results at any time, and of two memories of
/// one word and of two: whatever packets come, and whatever resets, every beat that is offered to the network finds in
/// the memories a set that came whole, or the one they were built with; while a frame is inside nothing in them
/// changes; and behind every change the network was reset before a frame comes. That the checksum is that of zlib,
/// tests see.
module parameter_loader_proof #(
    parameter int BANKS = 1,
    parameter int BEATS = 2,
    localparam int FRAMES = 2
) (
    input wire aclk,
    input wire aresetn,
    /// The word of the set that is followed, and its bit.
    input wire [1:0] place,
    input wire [4:0] bit_place,

    input wire [31:0] s_axis_tdata,
    input wire        s_axis_tlast,
    input wire        s_axis_tvalid,
    input wire        s_axis_frame_tvalid,
    input wire        m_axis_frame_tready,
    input wire        result_leaves
);

  localparam int Words = 3;
  localparam int LoadW = finn_pkg::LOAD_W;
  localparam logic [31:0] Signature = 32'h12345678;

  logic s_axis_tready;
  logic done;
  logic error_signature;
  logic error_length;
  logic error_checksum;
  logic set_valid;
  logic [31:0] set_number;
  logic [LoadW-1:0] m_load;
  logic [LoadW-1:0] s_load;
  logic s_axis_frame_tready;
  logic m_axis_frame_tvalid;
  logic network_aresetn;

  parameter_loader #(
      .SIGNATURE(Signature),
      .WORDS(Words),
      .BANKS(BANKS),
      .BEATS(BEATS),
      .FRAMES(FRAMES)
  ) dut (
      .*
  );

  reset_properties u_reset (.*);

  axis_properties #(
      .WIDTH  (32),
      .ASSUMED(1)
  ) u_packet (
      .aclk,
      .aresetn,
      .tdata (s_axis_tdata),
      .tlast (s_axis_tlast),
      .tvalid(s_axis_tvalid),
      .tready(s_axis_tready),
      .is_broken(),
      .shown()
  );

  axis_properties #(
      .WIDTH  (1),
      .ASSUMED(1)
  ) u_frames_in (
      .aclk,
      .aresetn,
      .tdata (1'b0),
      .tlast (1'b0),
      .tvalid(s_axis_frame_tvalid),
      .tready(s_axis_frame_tready),
      .is_broken(),
      .shown()
  );

  axis_properties #(
      .WIDTH(1)
  ) u_frames_out (
      .aclk,
      .aresetn(aresetn && network_aresetn),
      .tdata (1'b0),
      .tlast (1'b0),
      .tvalid(m_axis_frame_tvalid),
      .tready(m_axis_frame_tready),
      .is_broken(),
      .shown()
  );

  // ---- The memories ----
  logic [LoadW-1:0] between;
  logic write_a;
  logic write_b;
  logic [finn_pkg::place_width(1, BANKS)-1:0] unused_place;
  logic [finn_pkg::place_width(2, BANKS)-1:0] place_b;
  logic [31:0] data_a;
  logic [31:0] data_b;
  logic bank_a;
  logic bank_b;

  load_port #(
      .DEPTH(1),
      .BANKS(BANKS)
  ) u_a (
      .aclk,
      .s_load(m_load),
      .m_load(between),
      .write(write_a),
      .write_place(unused_place),
      .write_data(data_a),
      .bank(bank_a)
  );

  load_port #(
      .DEPTH(2),
      .BANKS(BANKS)
  ) u_b (
      .aclk,
      .s_load(between),
      .m_load(s_load),
      .write(write_b),
      .write_place(place_b),
      .write_data(data_b),
      .bank(bank_b)
  );

  // The bit that is followed, in either bank; what is configured is a set.
  logic [1:0] memory_q = 2'b00;
  logic [1:0] place_q;
  logic [4:0] bit_q;
  logic written_bank;
  logic read_bit;
  logic writes;

  assign writes = (place_q == '0) ? write_a : write_b && place_b[0] == (place_q == 2'd2);
  assign written_bank = (BANKS == 2) && !((place_q == '0) ? bank_a : bank_b);
  assign read_bit = memory_q[(place_q == '0) ? bank_a : bank_b];

  // A place for all of the run.
  logic is_first_q = 1'b1;

  always_ff @(posedge aclk) begin
    is_first_q <= 1'b0;
    if (is_first_q) begin
      place_q <= place;
      bit_q   <= bit_place;
      assume (place < 2'(Words));
    end
    if (writes) memory_q[written_bank] <= (place_q == '0) ? data_a[bit_q] : data_b[bit_q];
  end

  // ---- The packets: the words so far, the bit that is followed, whether all of it was right ----
  logic [3:0] word_q;
  logic bit_came_q;
  logic is_good_q;
  logic takes;
  logic is_good;
  // That of the set that the memories shall hold.
  logic whole_q = 1'b0;

  assign takes = s_axis_tvalid && s_axis_tready;

  always_comb begin
    is_good = is_good_q;
    case (word_q)
      4'd0: is_good = s_axis_tdata == 32'h50544553;
      4'd1: is_good = is_good_q && s_axis_tdata == Signature;
      4'd2: is_good = is_good_q && s_axis_tdata == 32'(Words);
      4'd3, 4'd4, 4'd5, 4'd6: ;
      4'd7: is_good = is_good_q && s_axis_tdata == ~dut.crc_q;
      default: is_good = is_good_q && s_axis_tdata == '0;
    endcase
  end

  always_ff @(posedge aclk) begin
    if (takes) begin
      word_q <= s_axis_tlast ? '0 : (word_q == 4'd8) ? 4'd8 : word_q + 1'b1;
      is_good_q <= is_good;
      if (word_q == 4'd4 + 4'(place_q)) bit_came_q <= s_axis_tdata[bit_q];
    end
    if (!aresetn) word_q <= '0;
  end

  // A good packet has ended, and its exchange has begun; what is reset before that is not loaded.
  logic ended_q;

  always_ff @(posedge aclk) begin
    if (takes && s_axis_tlast) ended_q <= is_good && word_q >= 4'd7;
    if (dut.m_load[34]) begin
      whole_q <= bit_came_q;
      ended_q <= 1'b0;
    end
    if (!aresetn) ended_q <= 1'b0;
  end

  // ---- The network: frames inside ----
  logic enters;
  logic leaves;
  logic [1:0] inside_q;
  logic beat_q;
  logic beat_is_last;
  // Something in the memories has changed since the network's last reset.
  logic stale_q = 1'b0;
  logic changes;
  logic [1:0] banks_q = 2'b00;

  assign beat_is_last = 32'(beat_q) == BEATS - 1;
  assign enters = m_axis_frame_tvalid && m_axis_frame_tready && beat_q == 1'b0;
  assign leaves = result_leaves;
  assign changes = {bank_b, bank_a} != banks_q || (BANKS == 1 && (write_a || write_b));

  always_ff @(posedge aclk) begin
    if (m_axis_frame_tvalid && m_axis_frame_tready) beat_q <= beat_is_last ? 1'b0 : 1'b1;
    inside_q <= inside_q + 2'(enters) - 2'(leaves);
    banks_q  <= {bank_b, bank_a};
    stale_q  <= (stale_q && network_aresetn) || changes;
    if (!aresetn) begin
      beat_q   <= 1'b0;
      inside_q <= '0;
    end
  end

  // A result is that of a frame that has come, and no more come than there is room for.
  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assume (!result_leaves || inside_q != '0);
      assume (!enters || 32'(inside_q) < FRAMES || result_leaves);
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (m_axis_frame_tvalid || inside_q != '0) begin
        assert (set_valid);
        assert (!changes);
        assert (!stale_q);
        assert (read_bit == whole_q);
      end
      if (dut.m_load[34]) assert (ended_q);
      if (done && (error_signature || error_length || error_checksum)) assert (!ended_q);
      cover (m_axis_frame_tvalid && whole_q);
      cover (done && error_length);
      cover (done && error_signature);
      cover (done && error_checksum);
    end
  end

`ifndef PROMISED
  // ---- Lemmas ----
  // How registers follow the packet, the load and the token on their way: with these the other assertions are
  // inductive.
  localparam logic [3:0] Magic = 4'd0, Shape = 4'd1, Length = 4'd2, Number = 4'd3, Empty = 4'd4, Payload = 4'd5,
      Checksum = 4'd6, Fill = 4'd7, Switch = 4'd8, Swap = 4'd9, Restart = 4'd10, Refuse = 4'd11, Tell = 4'd12;

  logic [3:0] state;
  // The words of the last load that each memory has seen, at most 3; before the first load all.
  logic [1:0] seen_a_q = 2'd3;
  logic [1:0] seen_b_q = 2'd3;
  // The words that have been sent are those of the packet: until their token has passed the first memory.
  logic follows;
  // The start of the load has passed both memories.
  logic begun;
  logic written_bit;

  assign state = 4'(dut.state_q);
  assign follows = state == Payload || state == Checksum || state == Fill || state == Switch
                   || (state == Swap && m_load[34]);
  assign begun = !m_load[33] && !between[33];
  assign written_bit = memory_q[written_bank];

  always_ff @(posedge aclk) begin
    if (m_load[33]) seen_a_q <= 2'd0;
    else if (m_load[32] && seen_a_q != 2'd3) seen_a_q <= seen_a_q + 1'b1;
    if (between[33]) seen_b_q <= 2'd0;
    else if (between[32] && seen_b_q != 2'd3) seen_b_q <= seen_b_q + 1'b1;
  end

  // What no reset touches.
  always_ff @(posedge aclk) begin
    if (is_first_q) begin
      assert (dut.valid_q && !dut.pending_q && !dut.travels_q);
      assert (m_load == '0 && between == '0 && s_load == '0);
      assert (memory_q == '0 && !whole_q && !stale_q && banks_q == '0);
    end
    assert (is_first_q == u_reset.is_first_q);
    assert (is_first_q || place_q < 2'(Words));

    // The places of the memories.
    assert (u_a.full_q == (seen_a_q != 2'd0));
    assert (u_a.full_q || u_a.address_q == 1'b0);
    assert (u_b.full_q == (seen_b_q >= 2'd2));
    assert (u_b.full_q || u_b.address_q == seen_b_q[0]);

    // One thing at a time.
    assert (32'(m_load[34]) + 32'(m_load[33]) + 32'(m_load[32]) <= 1);
    assert (32'(between[34]) + 32'(between[33]) + 32'(between[32]) <= 1);

    // The token: one, and nothing behind it.
    assert (32'(m_load[34]) + 32'(between[34]) + 32'(s_load[34]) == 32'(dut.travels_q));
    assert (!dut.travels_q || dut.pending_q);
    assert (!dut.pending_q || dut.valid_q);
    assert (!dut.pending_q || m_load[33:32] == '0);
    assert (!dut.pending_q || m_load[34] || between[33:32] == '0);
    assert (!dut.pending_q || m_load[34] || between[34] || s_load[33:32] == '0);
    assert (bank_a == (bank_b ^ (BANKS == 2 && between[34])));
    assert (BANKS == 2 || (banks_q == '0 && !bank_a && !bank_b));
    assert (banks_q[0] == (bank_a ^ (BANKS == 2 && between[34])));
    assert (banks_q[1] == (bank_b ^ (BANKS == 2 && s_load[34])));

    // What can be read.
    if (BANKS == 1) begin
      assert (!dut.valid_q || m_load[34] || memory_q[0] == whole_q);
      assert (!dut.valid_q || dut.pending_q || {m_load[33:32], between[33:32], s_load[33:32]} == '0);
    end else begin
      assert (dut.valid_q);
      if (place_q == '0 || !between[34]) assert (read_bit == whole_q);
      else assert (written_bit == whole_q);
    end
  end

  // The states, which are known behind the first reset.
  always_ff @(posedge aclk) begin
    if (!is_first_q) begin
      assert (state <= Tell);
      assert (dut.pending_q == (state == Swap || state == Restart));
      assert (!m_load[34] || state == Swap);
      assert (ended_q == (state == Switch || m_load[34]));
      assert (state != Restart || !dut.travels_q);

      // The packet.
      case (state)
        Magic, Switch, Swap, Restart, Tell: assert (word_q == 4'd0);
        Shape: assert (word_q == 4'd1 && is_good_q);
        Length: assert (word_q == 4'd2 && is_good_q);
        Number: assert (word_q == 4'd3 && is_good_q);
        Empty: assert (word_q == 4'd4 && is_good_q);
        Payload: assert (word_q == 4'd4 + 4'(dut.word_q) && dut.word_q <= 2'd2 && is_good_q);
        Checksum: assert (word_q == 4'd7 && is_good_q);
        Fill: assert (word_q == 4'd8 && is_good_q);
        default: assert (word_q >= 4'd1 && word_q <= 4'd8 && !is_good_q);
      endcase

      // The load.
      assert (!m_load[33] || state == Payload);
      assert (!m_load[32] || state == Payload || state == Checksum || state == Tell);
      if (follows) begin
        if (m_load[33]) assert (dut.word_q == '0);
        else assert (32'(seen_a_q) + 32'(m_load[32]) == 32'(dut.word_q));
        assert (!between[33] || seen_a_q == '0);
        if (begun) assert (32'(seen_b_q) + 32'(between[32]) == ((seen_a_q == '0) ? 0 : 32'(seen_a_q) - 1));
        assert (state == Payload || dut.word_q == 2'd3);
        assert (state == Payload || state == Checksum || !m_load[32]);
        assert (state != Swap || !between[32]);
        assert (state == Payload || begun);
        if (m_load[32] && !m_load[33] && seen_a_q == place_q) assert (m_load[bit_q] == bit_came_q);
        if (begun && place_q != '0 && between[32] && seen_b_q == place_q - 1'b1) assert (between[bit_q] == bit_came_q);
        if (place_q == '0) assert (m_load[33] || seen_a_q == '0 || written_bit == bit_came_q);
        else assert (!begun || seen_b_q < place_q || written_bit == bit_came_q);
      end

      // The gate, and the network's reset.
      assert (dut.u_gate.inside_q == inside_q && inside_q <= 2'd2);
      assert (dut.u_gate.beat_q == beat_q);
      assert (BEATS == 2 || beat_q == 1'b0);
      assert (dut.u_gate.open_q || beat_q == 1'b0);
      if (!dut.valid_q || dut.pending_q) assert (!dut.u_gate.open_q && inside_q == '0);
      if (state == Payload && BANKS == 1) assert (!dut.valid_q);
      if (BANKS == 1 && (state == Checksum || state == Fill || state == Switch)) assert (!dut.valid_q);
      if (stale_q) assert (!dut.valid_q || state == Swap || (state == Restart && dut.restart_q <= 3'd1));
      if (state == Restart && dut.restart_q != '0) begin
        assert (network_aresetn == (dut.restart_q > 3'd4));
      end
    end
  end
`endif

endmodule

`default_nettype wire
