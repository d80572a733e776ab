// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// parameter_loader in front of a network that takes frames and gives their results at any time, and of two memories of
/// one word and of two: whatever packets come, and whatever resets, every beat that is offered to the network finds in
/// the memories a set that came whole, or the one they were built with; while a frame is inside nothing in them changes;
/// and behind every change the network was reset before a frame comes. That the checksum is that of zlib, tests see.
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

endmodule

`default_nettype wire
