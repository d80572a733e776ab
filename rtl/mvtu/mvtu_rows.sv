// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Rows of the MVTU: PE processing elements that compute with the same operand, or a set of them with each part of it,
/// and with weights of their own; the first DSP_ROWS of them share multipliers.
///
/// `sums` are combinational; they are the results of PE rows while `done` is high, in the cycle in which the last
/// operand of the rows leaves the dot products, STAGES enabled cycles after it came. Start values belong to the rows
/// whose first operand leaves them.
module mvtu_rows #(
    /// Processing elements, >= 1.
    parameter int PE = 4,
    /// Sets of PE / SETS processing elements, 1 unless DSP_ROWS is 0: element s * SETS + g is that of lane s of set g.
    parameter int SETS = 1,
    /// Elements of an operand, and what they are: as in mvtu_pe.
    parameter int SIMD = 16,
    parameter int STAGES = 1,
    parameter int INPUT_W = 1,
    parameter bit SIGNED_INPUTS = 0,
    parameter bit BIPOLAR = 1,
    parameter int WEIGHT_W = 1,
    parameter bit NARROW_WEIGHTS = 0,
    parameter bit TWICE = 0,
    parameter int RUN = 0,
    /// Rows with products in multipliers, 0 to PE, and how these are packed: as in mvtu_pe_dsp.
    parameter int DSP_ROWS = 0,
    parameter int LANES = 1,
    parameter int FACTOR_W = 25,
    parameter int CHAIN = 4,
    /// Bits of an accumulator.
    parameter int SUM_W = 8
) (
    input wire aclk,
    input wire aresetn,
    /// The pipeline moves.
    input wire enable,

    input  wire  [SETS*SIMD*INPUT_W-1:0] operand,
    input  wire                          operand_valid,
    input  wire                          first,
    input  wire                          last,
    /// Whether the next operand will be valid and the last, if the pipeline moves.
    input  wire                          next_last,
    /// Weight of element p, lane s in bits (p * SIMD + s) * WEIGHT_W and up.
    input  wire  [ PE*SIMD*WEIGHT_W-1:0] weights,
    input  wire  [         PE*SUM_W-1:0] starts,
    output logic [         PE*SUM_W-1:0] sums,
    /// What `done` will be in the next cycle, if the pipeline moves.
    output logic                         next_done,
    output logic                         done
);

  // With the dot products.
  logic accumulate;
  logic dot_first;
  logic dot_last;

  if (STAGES > 0) begin : g_stages
    logic [STAGES-1:0] valid_q;
    logic [STAGES-1:0] first_q;
    logic [STAGES-1:0] last_q;
    logic unused_next;

    assign unused_next = next_last;

    always_ff @(posedge aclk) begin
      if (enable) begin
        valid_q <= STAGES'({valid_q, operand_valid});
        first_q <= STAGES'({first_q, first});
        last_q  <= STAGES'({last_q, last});
      end
      if (!aresetn) valid_q <= '0;
    end
    assign accumulate = valid_q[STAGES-1];
    assign dot_first = first_q[STAGES-1];
    assign dot_last = last_q[STAGES-1];

    if (STAGES == 1) begin : g_next_operand
      assign next_done = operand_valid && last;
    end else begin : g_next_stage
      assign next_done = valid_q[STAGES-2] && last_q[STAGES-2];
    end
  end else begin : g_no_stage
    assign accumulate = operand_valid;
    assign dot_first = first;
    assign dot_last = last;
    assign next_done = next_last;
  end

  assign done = accumulate && dot_last;

  if (DSP_ROWS > 0) begin : g_dsp
    mvtu_pe_dsp #(
        .ROWS(DSP_ROWS),
        .SIMD(SIMD),
        .STAGES(STAGES),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS),
        .WEIGHT_W(WEIGHT_W),
        .FACTOR_W(FACTOR_W),
        .LANES(LANES),
        .CHAIN(CHAIN),
        .SUM_W(SUM_W)
    ) u_pe (
        .aclk,
        .enable,
        .inputs (operand[SIMD*INPUT_W-1:0]),
        .weights(weights[DSP_ROWS*SIMD*WEIGHT_W-1:0]),
        .accumulate,
        .first  (dot_first),
        .start  (starts[DSP_ROWS*SUM_W-1:0]),
        .sum    (sums[DSP_ROWS*SUM_W-1:0])
    );
  end

  for (genvar p = DSP_ROWS; p < PE; p++) begin : g_pe
    logic [SIMD*INPUT_W-1:0] inputs;

    if (SETS > 1) begin : g_sets
      for (genvar s = 0; s < SIMD; s++) begin : g_lane
        assign inputs[s*INPUT_W+:INPUT_W] = operand[(s*SETS+p/(PE/SETS))*INPUT_W+:INPUT_W];
      end
    end else begin : g_same
      assign inputs = operand;
    end

    mvtu_pe #(
        .SIMD(SIMD),
        .STAGES(STAGES),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS),
        .BIPOLAR(BIPOLAR),
        .WEIGHT_W(WEIGHT_W),
        .NARROW_WEIGHTS(NARROW_WEIGHTS),
        .TWICE(TWICE),
        .RUN(RUN),
        .SUM_W(SUM_W)
    ) u_pe (
        .aclk,
        .enable,
        .inputs,
        .weights(weights[p*SIMD*WEIGHT_W+:SIMD*WEIGHT_W]),
        .accumulate,
        .first  (dot_first),
        .start  (starts[p*SUM_W+:SUM_W]),
        .sum    (sums[p*SUM_W+:SUM_W])
    );
  end

endmodule

`default_nettype wire
