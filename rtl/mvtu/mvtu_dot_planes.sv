// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Dot product of SIMD inputs of few bits with SIMD weights of few bits. Where one of both has a single bit, the bits
/// of the products are added up in columns (mvtu_sum_planes), else inputs times the digits of the weights
/// (mvtu_sum_digits).
///
/// `dot` exceeds the true product by a number of the row's weights alone:
///   f X (sum of all parts of weights below zero, made positive) - o (sum of the weights),
/// where x is the unsigned number that an input stands for, f x + o is what it is worth, and X = 2^INPUT_W - 1: f = 1
/// and o = 0 for unsigned inputs, o = -2^(INPUT_W-1) for signed ones, f = 2 and o = -1 for bipolar ones. The parts of a
/// weight are its bits, or its digits (mvtu_products_pkg). finn_rtl.ips.products.excess computes the number.
///
/// Latency STAGES cycles; one product a cycle while `enable` is high.
module mvtu_dot_planes #(
    /// Elements, >= 1; DOT_W must not exceed bit_heap_pkg::COLUMNS.
    parameter int SIMD = 16,
    /// Registers inside, 0 to the levels of logic, of products by digits one less.
    parameter int STAGES = 0,
    /// Bits of an input element, 1 to 16.
    parameter int INPUT_W = 2,
    /// 1: input elements are two's complement, of at least two bits; 0: unsigned.
    parameter bit SIGNED_INPUTS = 0,
    /// Bits of a weight, 1 to 8. 1: bit 1 is +1, bit 0 is -1; more are two's complement.
    parameter int WEIGHT_W = 1,
    /// 1: the most negative weight never occurs, for WEIGHT_W > 1.
    parameter bit NARROW_WEIGHTS = 0,
    /// For INPUT_W = 1: 1: an input is -1/+1; 0: it is 0/1.
    parameter bit BIPOLAR = 1,
    localparam int SUM_W = mvtu_products_pkg::sum_width(SIMD, INPUT_W, WEIGHT_W, NARROW_WEIGHTS),
    localparam int DOT_W = SUM_W + ((INPUT_W == 1 && BIPOLAR) ? 1 : 0)
) (
    input  wire                      aclk,
    input  wire                      enable,
    input  wire  [ SIMD*INPUT_W-1:0] inputs,
    input  wire  [SIMD*WEIGHT_W-1:0] weights,
    output logic [        DOT_W-1:0] dot
);

  `FINN_CHECK(check_simd, SIMD >= 1 && SUM_W <= bit_heap_pkg::COLUMNS,
              ("mvtu_dot_planes: SIMD=%0d must be at least 1, and a sum have at most %0d bits", SIMD,
               bit_heap_pkg::COLUMNS))
  `FINN_CHECK(check_input, INPUT_W >= 1 && INPUT_W <= 16,
              ("mvtu_dot_planes: INPUT_W=%0d must be 1 to 16", INPUT_W))
  `FINN_CHECK(check_weight, WEIGHT_W >= 1 && WEIGHT_W <= 8,
              ("mvtu_dot_planes: WEIGHT_W=%0d must be 1 to 8", WEIGHT_W))
  `FINN_CHECK(check_signed, !(SIGNED_INPUTS && INPUT_W == 1),
              ("mvtu_dot_planes: SIGNED_INPUTS=1 needs INPUT_W of at least 2"))

  logic [SUM_W-1:0] sum;

`ifdef FINN_PLAIN_SUMS
  // The same sums and latency in plain arithmetic, as in bit_heap. Bits are counted plane by plane, of all elements at
  // once, which is little code for simulators.
  localparam bit HasPlanes = mvtu_products_pkg::has_planes(INPUT_W, WEIGHT_W, NARROW_WEIGHTS);
  localparam int Digits = HasPlanes ? 0 : mvtu_products_pkg::digits(WEIGHT_W);

  // Where inputs and weights have as many bits, those of a plane stay so many places apart.
  localparam int Stride = (INPUT_W == WEIGHT_W) ? INPUT_W : 1;
  localparam logic [SIMD*Stride-1:0] Places = {SIMD{Stride'(1)}};

  for (genvar k = 0; k < INPUT_W; k++) begin : g_input
    // The upper bit of a signed element is inverted.
    localparam bit IsInverted = SIGNED_INPUTS && k == INPUT_W - 1;
    logic [SIMD*Stride-1:0] plane;
    if (Stride == INPUT_W) begin : g_apart
      assign plane = ((inputs >> k) & Places) ^ (IsInverted ? Places : '0);
    end else begin : g_dense
      for (genvar i = 0; i < SIMD; i++) begin : g_element
        assign plane[i] = inputs[i*INPUT_W+k] ^ IsInverted;
      end
    end
  end

  for (genvar j = 0; j < WEIGHT_W; j++) begin : g_weight
    logic [SIMD*Stride-1:0] plane;
    if (Stride == WEIGHT_W) begin : g_apart
      assign plane = (weights >> j) & Places;
    end else begin : g_dense
      for (genvar i = 0; i < SIMD; i++) begin : g_element
        assign plane[i] = weights[i*WEIGHT_W+j];
      end
    end
  end

  // Parts of the weights below zero, made positive: mvtu_products_pkg::below. Those of -1/+1 are counted below.
  for (genvar d = 0; d <= Digits; d++) begin : g_digit
    logic signed [31:0] below;
    if (d == 0) begin : g_planes
      assign below = (HasPlanes && WEIGHT_W > 1) ? $countones(g_weight[WEIGHT_W-1].plane) << (WEIGHT_W - 1) : 0;
    end else begin : g_booth
      localparam int Top = finn_pkg::min(2 * d - 1, WEIGHT_W - 1);
      logic [SIMD*Stride-1:0] top;
      logic [SIMD*Stride-1:0] lowest;
      assign top = g_weight[Top].plane;
      if (d == 1) begin : g_none
        assign lowest = '0;
      end else begin : g_next
        assign lowest = g_weight[2*d-3].plane;
      end
      assign below = g_digit[d-1].below + ((2 * $countones(top) - $countones(top & g_weight[2*d-2].plane)
                                            - $countones(top & lowest)) << (2 * d - 2));
    end
  end

  // Bits of a plane of inputs and one of weights that are both 1; where weights are -1/+1, that agree.
  for (genvar n = 0; n <= INPUT_W * WEIGHT_W; n++) begin : g_pair
    logic [SUM_W-1:0] total;
    if (n == 0) begin : g_none
      assign total = SUM_W'($unsigned((2 ** INPUT_W - 1) * g_digit[Digits].below));
    end else begin : g_next
      localparam int Input = (n - 1) % INPUT_W;
      localparam int Weight = (n - 1) / INPUT_W;
      logic [SIMD*Stride-1:0] both;
      logic [SUM_W-1:0] part;
      assign both = (WEIGHT_W == 1) ? g_input[Input].plane ~^ g_weight[Weight].plane
                                    : g_input[Input].plane & g_weight[Weight].plane;
      assign part = SUM_W'($unsigned($countones(both) << (Input + Weight)));
      assign total = (WEIGHT_W > 1 && Weight == WEIGHT_W - 1) ? g_pair[n-1].total - part : g_pair[n-1].total + part;
    end
  end

  for (genvar s = 0; s <= STAGES; s++) begin : g_delay
    logic [SUM_W-1:0] delayed;
    if (s == 0) begin : g_none
      assign delayed = g_pair[INPUT_W*WEIGHT_W].total;
    end else begin : g_more
      always_ff @(posedge aclk) begin
        if (enable) delayed <= g_delay[s-1].delayed;
      end
    end
  end

  assign sum = g_delay[STAGES].delayed;
`else
  if (mvtu_products_pkg::has_planes(INPUT_W, WEIGHT_W, NARROW_WEIGHTS)) begin : g_planes
    // Either the inputs have several bits or the weights, one a column.
    localparam int Columns = finn_pkg::max(INPUT_W, WEIGHT_W);
    logic [SIMD*Columns-1:0] first;
    logic [SIMD*Columns-1:0] second;

    for (genvar c = 0; c < Columns; c++) begin : g_column
      for (genvar i = 0; i < SIMD; i++) begin : g_synapse
        if (WEIGHT_W == 1) begin : g_input
          assign first[c*SIMD+i]  = inputs[i*INPUT_W+c];
          assign second[c*SIMD+i] = weights[i];
        end else begin : g_weight
          assign first[c*SIMD+i]  = inputs[i];
          assign second[c*SIMD+i] = weights[i*WEIGHT_W+c];
        end
      end
    end

    mvtu_sum_planes #(
        .PRODUCTS(SIMD),
        .COLUMNS(Columns),
        .IS_AND(WEIGHT_W > 1),
        .IS_TOP_INVERTED(SIGNED_INPUTS || WEIGHT_W > 1),
        .STAGES(STAGES),
        .SUM_W(SUM_W)
    ) u_sum (
        .aclk,
        .enable,
        .first,
        .second,
        .sum
    );
  end else begin : g_digits
    mvtu_sum_digits #(
        .SIMD(SIMD),
        .STAGES(STAGES),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS),
        .WEIGHT_W(WEIGHT_W),
        .NARROW_WEIGHTS(NARROW_WEIGHTS)
    ) u_sum (
        .aclk,
        .enable,
        .inputs,
        .weights,
        .sum
    );
  end
`endif

  if (INPUT_W == 1 && BIPOLAR) begin : g_bipolar
    assign dot = {sum, 1'b0};
  end else begin : g_number
    assign dot = sum;
  end

endmodule

`default_nettype wire
