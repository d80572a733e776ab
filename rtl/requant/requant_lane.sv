// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// An element of `requant`: multiplies, adds, shifts, clips.
///
/// Latency 2 + STAGES cycles from value and scale; the offset comes STAGES cycles later. `result` is combinational
/// behind the last register. With one stage the registers stand where those of a DSP slice are: in front of the
/// multiplier and of the adder, between them and behind.
module requant_lane #(
    /// As in `requant`.
    parameter int OUT_BITS = 8,
    parameter int LOW = 0,
    parameter int HIGH = 255,
    parameter int INPUT_W = 16,
    parameter bit SIGNED_INPUT = 1,
    parameter int SCALE_W = 16,
    parameter int OFFSET_W = 32,
    parameter int SHIFT = 16,
    parameter int STAGES = 1,
    parameter USE_DSP = "auto"
) (
    input  wire                 aclk,
    input  wire                 enable,
    input  wire  [ INPUT_W-1:0] value,
    input  wire  [ SCALE_W-1:0] scale,
    /// Of the value that came STAGES cycles before.
    input  wire  [OFFSET_W-1:0] offset,
    output logic [OUT_BITS-1:0] result
);

  // Values as two's complement numbers.
  localparam int ValueW = INPUT_W + (SIGNED_INPUT ? 0 : 1);
  localparam int ProductW = ValueW + SCALE_W;
  // Shifted, a sum has at least a bit above those of the result.
  localparam int SumW = finn_pkg::max(finn_pkg::max(ProductW, OFFSET_W), SHIFT + OUT_BITS) + 1;
  localparam int WideW = SumW - SHIFT;

  logic signed [ValueW-1:0] value_q;
  logic signed [SCALE_W-1:0] scale_q;
  logic signed [OFFSET_W-1:0] offset_q;
  logic signed [SumW-1:0] sum_q;

  always_ff @(posedge aclk) begin
    if (enable) begin
      value_q  <= $signed(ValueW'({SIGNED_INPUT && value[INPUT_W-1], value}));
      scale_q  <= $signed(scale);
      offset_q <= $signed(offset);
    end
  end

  if (USE_DSP == "no") begin : g_luts
    logic signed [ProductW-1:0] product_q;

    // Into row i: the value, the bits of the scale from its own on, the sum so far, and the bits of the product below.
    logic signed [ValueW-1:0] numbers[SCALE_W];
    logic [SCALE_W-1:0] bits[SCALE_W];
    logic signed [ValueW-1:0] sums[SCALE_W];
    logic [SCALE_W-1:0] lows[SCALE_W];

    assign numbers[0] = value_q;
    assign bits[0] = $unsigned(scale_q);
    assign sums[0] = '0;
    assign lows[0] = '0;

    // A row of adders for each bit of the scale, for a multiplication would go to a DSP slice by itself. The lowest bit
    // of each sum is one of the product. The top bit of a scale counts negative.
    for (genvar i = 0; i < SCALE_W; i++) begin : g_row
      logic signed [ValueW:0] row;
      logic signed [ValueW:0] sum;
      logic [SCALE_W-1:0] low;

      assign row = bits[i][0] ? (ValueW + 1)'(numbers[i]) : (ValueW + 1)'(0);
      assign low = lows[i] | SCALE_W'({sum[0]}) << i;

      if (i == SCALE_W - 1) begin : g_last
        assign sum = sums[i] - row;

        always_ff @(posedge aclk) if (enable) product_q <= $signed({sum[ValueW:1], low});
      end else begin : g_next
        assign sum = sums[i] + row;

        // Rows are shared out among the stages.
        if ((i + 1) * STAGES / SCALE_W > i * STAGES / SCALE_W) begin : g_register
          logic signed [ValueW-1:0] number_q;
          logic [SCALE_W-1:0] bits_q;
          logic signed [ValueW-1:0] next_sum_q;
          logic [SCALE_W-1:0] low_q;

          assign numbers[i+1] = number_q;
          assign bits[i+1] = bits_q;
          assign sums[i+1] = next_sum_q;
          assign lows[i+1] = low_q;

          always_ff @(posedge aclk) begin
            if (enable) begin
              number_q <= numbers[i];
              bits_q <= bits[i] >> 1;
              next_sum_q <= $signed(sum[ValueW:1]);
              low_q <= low;
            end
          end
        end else begin : g_wires
          assign numbers[i+1] = numbers[i];
          assign bits[i+1] = bits[i] >> 1;
          assign sums[i+1] = $signed(sum[ValueW:1]);
          assign lows[i+1] = low;
        end
      end
    end

    always_ff @(posedge aclk) begin
      if (enable) begin
        sum_q <= SumW'(product_q) + SumW'(offset_q);
      end
    end
  end else if (USE_DSP == "yes") begin : g_dsp
    (* use_dsp = "yes" *) logic signed [ProductW-1:0] product_q;

    always_ff @(posedge aclk) begin
      if (enable) begin
        product_q <= value_q * scale_q;
        sum_q <= SumW'(product_q) + SumW'(offset_q);
      end
    end
  end else begin : g_auto
    logic signed [ProductW-1:0] product_q;

    always_ff @(posedge aclk) begin
      if (enable) begin
        product_q <= value_q * scale_q;
        sum_q <= SumW'(product_q) + SumW'(offset_q);
      end
    end
  end

  // Rounded down.
  logic signed [WideW-1:0] wide;

  assign wide = WideW'(sum_q >>> SHIFT);

  always_comb begin
    result = $unsigned(OUT_BITS'(wide));
    if (wide < WideW'(LOW)) result = OUT_BITS'(LOW);
    if (wide > WideW'(HIGH)) result = OUT_BITS'(HIGH);
  end

endmodule

`default_nettype wire
