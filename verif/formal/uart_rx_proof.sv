// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// uart_rx: on any line, whatever is on it, a byte is given if and only if a falling edge was followed by a low middle
/// of a start bit; it is what the line was in the middle of each bit, and has an error if the stop bit was low.
module uart_rx_proof #(
    parameter int CLOCKS_PER_BIT = 4
) (
    input wire aclk,
    input wire aresetn,
    input wire rx
);

  // Cycles from an edge to the middle of the start bit, and to that of the stop bit.
  localparam int Middle = (CLOCKS_PER_BIT - 1) / 2;
  localparam int Stop = Middle + 9 * CLOCKS_PER_BIT;

  logic [7:0] data;
  logic valid;
  logic error;

  uart_rx #(
      .CLOCKS_PER_BIT(CLOCKS_PER_BIT)
  ) dut (
      .*
  );

  reset_properties u_reset (.*);

  // The line, 1 to 3 cycles ago; cycles since the edge that began the byte, 0 between bytes; its bits.
  logic [2:0] line_q;
  logic [finn_pkg::count_width(Stop)-1:0] age_q;
  logic [9:0] bits_q;
  logic ends_q;

  always_ff @(posedge aclk) begin
    line_q <= {line_q[1:0], rx};
    ends_q <= 1'b0;
    if (age_q == '0) begin
      if (line_q[2:1] == 2'b10) age_q <= ($bits(age_q))'(1);
    end else begin
      age_q <= age_q + 1'b1;
      for (int i = 0; i < 10; i++) begin
        if (32'(age_q) == Middle + i * CLOCKS_PER_BIT) bits_q[i] <= line_q[1];
      end
      if ((32'(age_q) == Middle && line_q[1]) || 32'(age_q) == Stop) age_q <= '0;
      ends_q <= 32'(age_q) == Stop;
    end
    if (!aresetn) begin
      line_q <= '1;
      age_q  <= '0;
      ends_q <= 1'b0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (valid == ends_q);
      if (valid) begin
        assert (!bits_q[0] && data == bits_q[8:1]);
        assert (error == !bits_q[9]);
      end
      cover (valid && !error && data == 8'hA5);
      cover (valid && error);
    end
  end

`ifndef PROMISED
  // ---- Lemmas ----
  // The sample counter and the clock of a bit follow the age, and the bits move up.
  int left;

  always_comb begin
    left = 10;
    for (int i = 0; i < 10; i++) if (32'(age_q) > Middle + i * CLOCKS_PER_BIT) left = 9 - i;
    if (age_q == '0) left = 0;
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert ({dut.line_before_q, dut.line_q} == line_q && age_q <= Stop);
      assert (32'(dut.left_q) == left);
      if (age_q != '0) assert (32'(dut.clock_q) == Middle + (10 - left) * CLOCKS_PER_BIT - 32'(age_q));
      for (int i = 1; i < 9; i++) begin
        if (left > 0 && left <= 9 - i) assert (data[left-2+i] == bits_q[i]);
      end
    end
  end
`endif

endmodule

`default_nettype wire
