// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// threshold_compare: the level says of each of any ascending thresholds whether the value reaches it.
module threshold_compare_proof #(
    parameter int COUNT = 3,
    parameter int WIDTH = 4,
    parameter bit SIGNED_VALUES = 0,
    localparam int OUT_W = finn_pkg::count_width(COUNT)
) (
    input wire aclk,

    input wire [      WIDTH-1:0] any_value,
    input wire [COUNT*WIDTH-1:0] any_thresholds
);

  // Registers, because the solver is made for circuits that have some.
  logic [WIDTH-1:0] value;
  logic [COUNT*WIDTH-1:0] thresholds;
  logic [OUT_W-1:0] level;

  always_ff @(posedge aclk) begin
    value <= any_value;
    thresholds <= any_thresholds;
  end

  threshold_compare #(
      .COUNT(COUNT),
      .WIDTH(WIDTH),
      .SIGNED_VALUES(SIGNED_VALUES)
  ) dut (
      .*
  );

  function automatic logic reaches(input logic [WIDTH-1:0] a, input logic [WIDTH-1:0] b);
    reaches = SIGNED_VALUES ? $signed(a) >= $signed(b) : a >= b;
  endfunction

  always_ff @(posedge aclk) begin
    for (int i = 0; i + 1 < COUNT; i++) begin
      assume (reaches(thresholds[(i+1)*WIDTH+:WIDTH], thresholds[i*WIDTH+:WIDTH]));
    end
    for (int i = 0; i < COUNT; i++) begin
      assert ((32'(level) > i) == reaches(value, thresholds[i*WIDTH+:WIDTH]));
    end
    assert (32'(level) <= COUNT);
    cover (32'(level) == COUNT);
    cover (level == '0);
  end

endmodule

`default_nettype wire
