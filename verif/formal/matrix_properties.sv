// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Asserts that any element of any output vector is what its row of a matrix makes of the input vector, whole.
///
/// The stream's harness (stream_properties) says which beats to record and to compare.
module matrix_properties #(
    /// Elements of a vector and rows; elements and rows of a beat.
    parameter int MW = 4,
    parameter int MH = 2,
    parameter int SIMD = 2,
    parameter int PE = 1,
    /// As for the MVTU.
    parameter int THRESHOLDS = 1,
    parameter bit FALLING = 0,
    parameter bit SIGNED_OUTPUT = 0,
    /// 1: as for matrix_row.
    parameter bit HAS_BIAS = 0,
    parameter int INPUT_W = 1,
    parameter bit SIGNED_INPUTS = 0,
    parameter bit BIPOLAR = 1,
    parameter int WEIGHT_W = 1,
    /// Bits of an output element.
    parameter int OUT_W = 1,
    /// Input beats and rows come in so many equal parts: the weights of a part's rows are 0 but for its input beats,
    /// and it may leave when these have come.
    parameter int PARTS = 1,
    /// As for matrix_row.
    parameter WEIGHTS_FILE = "",
    parameter LEVELS_FILE = "",
    localparam int SF = MW / SIMD,
    localparam int NF = MH / PE
) (
    input wire aclk,
    input wire aresetn,
    /// The row that is followed.
    input wire [7:0] place,

    input wire [SIMD*INPUT_W-1:0] s_axis_tdata,
    input wire [PE*OUT_W-1:0] m_axis_tdata,
    input wire record,
    input wire compare,
    input wire [finn_pkg::index_width(SF)-1:0] in_beat,
    input wire [finn_pkg::index_width(NF)-1:0] out_beat
);

  logic [7:0] place_q;
  logic [MW*INPUT_W-1:0] vector_q;
  logic [SF-1:0] come_q;
  logic [OUT_W-1:0] expected;
  logic [OUT_W-1:0] result;
  logic is_place;
  // Input beats that the output beat of the row is made of.
  logic [SF-1:0] needed;

  matrix_row #(
      .MW(MW),
      .MH(MH),
      .THRESHOLDS(THRESHOLDS),
      .FALLING(FALLING),
      .SIGNED_OUTPUT(SIGNED_OUTPUT),
      .HAS_BIAS(HAS_BIAS),
      .INPUT_W(INPUT_W),
      .SIGNED_INPUTS(SIGNED_INPUTS),
      .BIPOLAR(BIPOLAR),
      .WEIGHT_W(WEIGHT_W),
      .OUT_W(OUT_W),
      .WEIGHTS_FILE(WEIGHTS_FILE),
      .LEVELS_FILE(LEVELS_FILE)
  ) u_row (
      .row(place_q),
      .vector(vector_q),
      .result(expected)
  );

  always_comb begin
    result = '0;
    is_place = 1'b0;
    needed = '0;
    for (int r = 0; r < MH; r++) begin
      if (32'(place_q) == r) begin
        result = m_axis_tdata[r%PE*OUT_W+:OUT_W];
        is_place = 32'(out_beat) == r / PE;
        for (int k = 0; k < SF; k++) needed[k] = k / (SF / PARTS) == r / (MH / PARTS);
      end
    end
  end

  always_ff @(posedge aclk) begin
    for (int k = 0; k < SF; k++) begin
      if (record && 32'(in_beat) == k) begin
        vector_q[k*SIMD*INPUT_W+:SIMD*INPUT_W] <= s_axis_tdata;
        come_q <= (k == 0) ? SF'(1) : come_q | (SF'(1) << k);
      end
    end
    if (!aresetn) begin
      come_q  <= '0;
      place_q <= 32'(place) < MH ? place : '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn && compare && is_place) begin
      assert ((come_q & needed) == needed);
      assert (result == expected);
      cover (result != '0);
    end
  end

endmodule

`default_nettype wire
