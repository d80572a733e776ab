// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// mvtu_precision: any element of any output vector is what its row of the matrix makes of the input vector, whole,
/// with both shifted right by as many bits as the vector's first beat says. WEIGHTS_FILE has a row's weights in a word,
/// LEVELS_FILE in fields of 16 bits the thresholds of all rows, a word for each precision.
module mvtu_precision_proof #(
    parameter int MW = 2,
    parameter int MH = 2,
    parameter int SIMD = 1,
    parameter int PE = 1,
    parameter int THRESHOLDS = 1,
    parameter int STAGES = 0,
    parameter int INPUT_W = 2,
    parameter bit SIGNED_INPUTS = 0,
    parameter int WEIGHT_W = 2,
    parameter RAM_STYLE = "auto",
    parameter THRESHOLD_STYLE = "auto",
    parameter REPLAY_STYLE = "auto",
    parameter WEIGHT_FILE = "",
    parameter THRESHOLD_FILE = "",
    parameter WEIGHTS_FILE = "",
    parameter LEVELS_FILE = "",
    localparam int SUM_W = mvtu_pkg::accumulator_width(MW, INPUT_W, SIGNED_INPUTS, 1'b1, WEIGHT_W, 1'b0, THRESHOLDS,
                                                       2 ** (WEIGHT_W - 1), 1'b0, 0) + 1,
    localparam int OUT_W = (THRESHOLDS > 0) ? 1 : SUM_W,
    localparam int USER_W = finn_pkg::count_width(WEIGHT_W) + finn_pkg::count_width(INPUT_W)
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,
    /// The row that is followed.
    input wire [7:0] place,

    /// The precision above the elements.
    input wire [USER_W+SIMD*INPUT_W-1:0] s_axis_tdata,
    input wire                           s_axis_tvalid,
    input wire                           m_axis_tready
);

  localparam int SF = MW / SIMD;
  localparam int NF = MH / PE;
  localparam int Precisions = INPUT_W * WEIGHT_W;
  // Registers behind the operands', and that of a replay buffer in block RAM.
  localparam int Delay = STAGES + ((RAM_STYLE == "block") ? 1 : 0) + ((REPLAY_STYLE == "block") ? 1 : 0);

  logic s_axis_tready;
  logic [PE*OUT_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic record;
  logic compare;
  logic [finn_pkg::index_width(SF)-1:0] in_beat;
  logic [finn_pkg::index_width(NF)-1:0] out_beat;

  mvtu_precision #(
      .MW(MW),
      .MH(MH),
      .SIMD(SIMD),
      .PE(PE),
      .THRESHOLDS(THRESHOLDS),
      .STAGES(STAGES),
      .INPUT_W(INPUT_W),
      .SIGNED_INPUTS(SIGNED_INPUTS),
      .WEIGHT_W(WEIGHT_W),
      .WEIGHT_FILE(WEIGHT_FILE),
      .THRESHOLD_FILE(THRESHOLD_FILE),
      .RAM_STYLE(RAM_STYLE),
      .THRESHOLD_STYLE(THRESHOLD_STYLE),
      .REPLAY_STYLE(REPLAY_STYLE)
  ) dut (
      .*,
      .s_axis_tdata(s_axis_tdata[SIMD*INPUT_W-1:0]),
      .s_axis_tuser(s_axis_tdata[USER_W+SIMD*INPUT_W-1:SIMD*INPUT_W])
  );

  stream_properties #(
      .S_WIDTH(USER_W + SIMD * INPUT_W),
      .M_WIDTH(PE * OUT_W),
      .BEATS_IN(SF),
      .BEATS_OUT(NF),
      .FRAMES(6 + Delay),
      .CYCLES(SF * INPUT_W * WEIGHT_W + Delay + 4)
  ) u_properties (
      .*,
      .s_axis_tlast(1'b0),
      .held()
  );

  // ---- The vector and its precision, and what the row makes of it ----
  logic [MW*WEIGHT_W-1:0] weights[MH];
  logic [MH*16-1:0] levels[Precisions];

  initial $readmemh(WEIGHTS_FILE, weights);
  if (THRESHOLDS > 0) begin : g_levels
    initial $readmemh(LEVELS_FILE, levels);
  end else begin : g_none
    always_comb for (int i = 0; i < Precisions; i++) levels[i] = '0;
  end

  logic [7:0] place_q;
  logic [MW*INPUT_W-1:0] vector_q;
  logic [SF-1:0] come_q;
  logic [USER_W-1:0] user_q;
  logic [31:0] weight_low;
  logic [31:0] input_low;
  logic signed [15:0] sum;
  logic [OUT_W-1:0] expected;
  logic [OUT_W-1:0] result;
  logic is_place;

  /// A number of the bits that are told, and the bits left out.
  function automatic logic [31:0] left_out(input logic [31:0] bits, input logic [31:0] most);
    left_out = (bits == 0 || bits > most) ? 0 : most - bits;
  endfunction

  assign weight_low = left_out(32'(user_q[finn_pkg::count_width(WEIGHT_W)-1:0]), WEIGHT_W);
  assign input_low  = left_out(32'(user_q[USER_W-1:finn_pkg::count_width(WEIGHT_W)]), INPUT_W);

  always_comb begin
    sum = '0;
    result = '0;
    expected = '0;
    is_place = 1'b0;
    for (int r = 0; r < MH; r++) begin
      if (32'(place_q) == r) begin
        for (int i = 0; i < MW; i++) begin
          logic signed [7:0] element;
          logic signed [7:0] weight;
          element = SIGNED_INPUTS ? 8'($signed(vector_q[i*INPUT_W+:INPUT_W])) : 8'(vector_q[i*INPUT_W+:INPUT_W]);
          weight = (WEIGHT_W > 1) ? 8'($signed(weights[r][i*WEIGHT_W+:WEIGHT_W]))
                                  : (weights[r][i*WEIGHT_W] ? 8'sd1 : -8'sd1);
          sum = sum + 16'(weight >>> weight_low) * 16'(element >>> input_low);
        end
        expected = OUT_W'(sum);
        if (THRESHOLDS > 0) begin
          for (int n = 0; n < Precisions; n++) begin
            if (weight_low * INPUT_W + input_low == n) expected = OUT_W'(sum >= $signed(levels[n][r*16+:16]));
          end
        end
        result = m_axis_tdata[r%PE*OUT_W+:OUT_W];
        is_place = 32'(out_beat) == r / PE;
      end
    end
  end

  always_ff @(posedge aclk) begin
    for (int k = 0; k < SF; k++) begin
      if (record && 32'(in_beat) == k) begin
        vector_q[k*SIMD*INPUT_W+:SIMD*INPUT_W] <= s_axis_tdata[SIMD*INPUT_W-1:0];
        come_q <= (k == 0) ? SF'(1) : come_q | (SF'(1) << k);
        if (k == 0) user_q <= s_axis_tdata[USER_W+SIMD*INPUT_W-1:SIMD*INPUT_W];
      end
    end
    if (!aresetn) begin
      come_q  <= '0;
      place_q <= 32'(place) < MH ? place : '0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn && compare && is_place) begin
      assert (come_q == '1);
      assert (result == expected);
      cover (result != '0);
    end
  end

  always_ff @(posedge aclk) if (aresetn) cover (s_axis_tvalid && !s_axis_tready);

endmodule

`default_nettype wire
