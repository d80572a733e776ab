// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// uart_tx and uart_rx: what the sender is given stands on the line bit by bit, in CLOCKS_PER_BIT cycles each, and is
/// what a receiver at the line's other end gives, each byte once and without an error.
module uart_tx_proof #(
    parameter int CLOCKS_PER_BIT = 4
) (
    input wire aclk,
    input wire aresetn,

    input wire [7:0] s_axis_tdata,
    input wire       s_axis_tvalid
);

  localparam int ByteClocks = 10 * CLOCKS_PER_BIT;

  logic s_axis_tready;
  logic tx;
  logic [7:0] data;
  logic valid;
  logic error;

  uart_tx #(
      .CLOCKS_PER_BIT(CLOCKS_PER_BIT)
  ) dut (
      .*
  );

  uart_rx #(
      .CLOCKS_PER_BIT(CLOCKS_PER_BIT)
  ) u_rx (
      .*,
      .rx(tx)
  );

  reset_properties u_reset (.*);

  axis_properties #(
      .WIDTH  (8),
      .ASSUMED(1)
  ) u_source (
      .aclk,
      .aresetn,
      .tdata    (s_axis_tdata),
      .tlast    (1'b0),
      .tvalid   (s_axis_tvalid),
      .tready   (s_axis_tready),
      .is_broken(),
      .shown    ()
  );

  // The receiver sees the line 2 cycles late, looks at a bit in its middle, and a byte leaves a register.
  localparam int Latency = 9 * CLOCKS_PER_BIT + (CLOCKS_PER_BIT - 1) / 2 + 4;

  // Cycles since a byte was taken, up to those of a byte; the byte and the one before it.
  logic [finn_pkg::count_width(ByteClocks)-1:0] age_q;
  logic [7:0] byte_q;
  logic [7:0] before_q;
  // Whether a byte was taken, so many cycles ago.
  logic [Latency:1] taken_q;
  logic takes;
  logic [9:0] frame;

  assign takes = s_axis_tvalid && s_axis_tready;
  assign frame = {1'b1, byte_q, 1'b0};

  always_ff @(posedge aclk) begin
    taken_q <= {taken_q[Latency-1:1], takes};
    if (32'(age_q) != ByteClocks) age_q <= age_q + 1'b1;
    if (takes) begin
      age_q <= '0;
      byte_q <= s_axis_tdata;
      before_q <= byte_q;
    end
    if (!aresetn) begin
      age_q   <= ($bits(age_q))'(ByteClocks);
      taken_q <= '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (tx == (32'(age_q) == ByteClocks || frame[4'(32'(age_q)/CLOCKS_PER_BIT)]));
      assert (s_axis_tready == (32'(age_q) >= ByteClocks - 1));
      assert (valid == taken_q[Latency]);
      // The next byte may have been taken since.
      if (valid) assert (!error && data == ((32'(age_q) < Latency - 1) ? before_q : byte_q));
      cover (valid && takes);
      cover (valid && data == 8'h5A);
    end
  end

`ifndef PROMISED
  // Lemmas: registers that say of the counters where they are.
  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (dut.is_idle_q == (dut.left_q == '0) && dut.is_last_q == (dut.left_q == 4'd1));
    end
  end
`endif

endmodule

`default_nettype wire
