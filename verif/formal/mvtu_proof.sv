// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu: any element of any output vector is what its row of the matrix makes of the input vector, whole. Weights and
/// thresholds are those of files.
///
/// INPUT_W = 1 only. The files hold the same numbers in plain form: WEIGHTS one word of MW bits a row, LEVELS one word
/// of THRESHOLDS fields of SUM_W bits a row.
module mvtu_proof #(
    parameter int MW = 4,
    parameter int MH = 2,
    parameter int SIMD = 2,
    parameter int PE = 1,
    parameter int THRESHOLDS = 1,
    parameter int STAGES = 1,
    parameter WEIGHT_FILE = "",
    parameter THRESHOLD_FILE = "",
    parameter WEIGHTS_FILE = "",
    parameter LEVELS_FILE = "",
    localparam int SUM_W = finn_pkg::sum_width(MW, 1, 0, THRESHOLDS),
    localparam int OUT_W = (THRESHOLDS == 0) ? SUM_W : finn_pkg::count_width(finn_pkg::max(THRESHOLDS, 1))
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The row that is followed.
    input wire [7:0] place,

    input wire [SIMD-1:0] s_axis_tdata,
    input wire            s_axis_tvalid,
    input wire            m_axis_tready
);

  localparam int SF = MW / SIMD;
  localparam int NF = MH / PE;

  logic s_axis_tready;
  logic [PE*OUT_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(SF)-1:0] in_beat;
  logic [finn_pkg::index_width(NF)-1:0] out_beat;

  mvtu #(
      .MW(MW),
      .MH(MH),
      .SIMD(SIMD),
      .PE(PE),
      .THRESHOLDS(THRESHOLDS),
      .STAGES(STAGES),
      .WEIGHT_FILE(WEIGHT_FILE),
      .THRESHOLD_FILE(THRESHOLD_FILE)
  ) dut (
      .*
  );

  stream_properties #(
      .S_WIDTH(SIMD),
      .M_WIDTH(PE * OUT_W),
      .BEATS_IN(SF),
      .BEATS_OUT(NF),
      .FRAMES(5 + STAGES),
      .CYCLES(SF + STAGES + 4)
  ) u_properties (
      .*,
      .s_axis_tlast(1'b0),
      .held()
  );

  logic [MW-1:0] weights[MH];
  logic [finn_pkg::max(THRESHOLDS, 1)*SUM_W-1:0] levels[MH];

  initial $readmemh(WEIGHTS_FILE, weights);
  if (THRESHOLDS > 0) begin : g_levels
    initial $readmemh(LEVELS_FILE, levels);
  end else begin : g_none
    always_comb for (int i = 0; i < MH; i++) levels[i] = '0;
  end

  logic [7:0] place_q;
  logic [MW-1:0] vector_q;
  logic [SF-1:0] come_q;
  logic [SUM_W-1:0] sum;
  logic [OUT_W-1:0] expected;
  logic [OUT_W-1:0] result;
  logic is_place;

  always_comb begin
    sum = '0;
    expected = '0;
    result = '0;
    is_place = 1'b0;
    for (int r = 0; r < MH; r++) begin
      if (32'(place_q) == r) begin
        for (int i = 0; i < MW; i++) sum = sum + SUM_W'(vector_q[i] == weights[r][i]);
        for (int i = 0; i < THRESHOLDS; i++) expected = expected + OUT_W'(sum >= levels[r][i*SUM_W+:SUM_W]);
        if (THRESHOLDS == 0) expected = OUT_W'(sum);
        result = m_axis_tdata[r%PE*OUT_W+:OUT_W];
        is_place = 32'(out_beat) == r / PE;
      end
    end
  end

  always_ff @(posedge aclk) begin
    for (int k = 0; k < SF; k++) begin
      if (record && 32'(in_beat) == k) begin
        vector_q[k*SIMD+:SIMD] <= s_axis_tdata;
        come_q <= (k == 0) ? SF'(1) : come_q | (SF'(1) << k);
      end
    end
    if (!aresetn) begin
      come_q  <= '0;
      place_q <= 32'(place) < MH ? place : '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (compare && is_place) begin
        assert (come_q == '1);
        assert (result == expected);
        cover (result != '0);
      end
      cover (s_axis_tvalid && !s_axis_tready);
    end
  end

endmodule

`default_nettype wire
