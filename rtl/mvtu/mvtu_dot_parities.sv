// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Dot product of SIMD inputs of one bit or a few with SIMD weights -1/+1, as mvtu_dot_binary (popcount of the XNOR) or
/// mvtu_dot_planes have it, of operands that are recoded as running parities (mvtu_parities): 0.8 LUTs a synapse and
/// bit where those take 1. The recoding of inputs is shared by all processing elements, that of weights is in their
/// memory.
///
/// Latency STAGES cycles; one product a cycle while `enable` is high.
module mvtu_dot_parities #(
    /// Elements, 1 to 4095, and bits of each.
    parameter int SIMD = 16,
    parameter int INPUT_W = 1,
    /// 1: input elements are two's complement; 0: unsigned, or -1/+1.
    parameter bit SIGNED_INPUTS = 0,
    /// Lanes of a run, odd, >= 3: as in mvtu_parities.
    parameter int RUN = 15,
    /// Registers inside, 0 to the levels of logic: 1 and those of the heap.
    parameter int STAGES = 0,
    localparam int DOT_W = finn_pkg::count_width(SIMD * (2 ** INPUT_W - 1))
) (
    input  wire                     aclk,
    input  wire                     enable,
    input  wire  [SIMD*INPUT_W-1:0] inputs,
    input  wire  [        SIMD-1:0] weights,
    output logic [       DOT_W-1:0] dot
);

  `FINN_CHECK(check_simd, SIMD >= 1 && SIMD <= 4095 && DOT_W <= bit_heap_pkg::COLUMNS,
              ("mvtu_dot_parities: SIMD=%0d must be 1 to 4095, and bits of the sum, DOT_W=%0d, at most %0d", SIMD,
               DOT_W, bit_heap_pkg::COLUMNS))
  `FINN_CHECK(check_run, RUN >= 3 && RUN % 2 == 1, ("mvtu_dot_parities: RUN=%0d must be odd, and at least 3", RUN))

  // Odd whatever is asked for, so that a wrong one comes as far as its message.
  localparam int Run = RUN | 1;
  localparam int Carries = mvtu_parity_pkg::carries(SIMD, Run);
  localparam int Rests = SIMD - 2 * Carries;
  // A plane's rests in its column, its carries in the next.
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Planes = bit_heap_pkg::filled(Rests, INPUT_W);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Above = bit_heap_pkg::filled(Carries, INPUT_W);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heights =
      bit_heap_pkg::cut(bit_heap_pkg::sum(Planes, Above << bit_heap_pkg::HEIGHT_W), DOT_W);
  localparam int Levels = 1 + bit_heap_pkg::levels(Heights, DOT_W);

  `FINN_CHECK(check_stages, STAGES >= 0 && STAGES <= Levels,
              ("mvtu_dot_parities: STAGES=%0d must be 0 to %0d for SIMD=%0d", STAGES, Levels, SIMD))

  // Plane by plane, plane 0 in the least significant bits.
  logic [SIMD*INPUT_W-1:0] planes;

  for (genvar c = 0; c < INPUT_W; c++) begin : g_plane
    for (genvar i = 0; i < SIMD; i++) begin : g_lane
      assign planes[c*SIMD+i] = inputs[i*INPUT_W+c];
    end
  end

`ifdef FINN_PLAIN_SUMS
  // The same sum and latency in plain arithmetic, for simulation: see bit_heap. Tests and proofs compare the two.
  localparam logic [SIMD-1:0] Parities = SIMD'({mvtu_parity_pkg::places(SIMD, Run)});

  for (genvar c = 0; c <= INPUT_W; c++) begin : g_sum
    logic [DOT_W-1:0] total;
    if (c == 0) begin : g_none
      assign total = '0;
    end else begin : g_next
      logic [SIMD-1:0] recoded;
      logic [SIMD-1:0] products;
      assign recoded = planes[(c-1)*SIMD+:SIMD] ^ weights ^ {SIMD{!(SIGNED_INPUTS && c == INPUT_W)}};
      assign products = recoded ^ (Parities & (SIMD'({recoded, 1'b0}) ^ SIMD'({recoded, 2'b0})));
      assign total = g_sum[c-1].total + DOT_W'($unsigned($countones(products) << (c - 1)));
    end
  end

  for (genvar s = 0; s <= STAGES; s++) begin : g_delay
    logic [DOT_W-1:0] delayed;
    if (s == 0) begin : g_none
      assign delayed = g_sum[INPUT_W].total;
    end else begin : g_more
      always_ff @(posedge aclk) begin
        if (enable) delayed <= g_delay[s-1].delayed;
      end
    end
  end

  assign dot = g_delay[STAGES].delayed;
`else
  localparam int Bits = bit_heap_pkg::offset(Heights, bit_heap_pkg::COLUMNS);
  // Bit 0 puts a register in front of the heap, bit l behind its level l - 1; an accumulator is the last level.
  localparam int Registers = finn_pkg::level_registers(Levels + 1, STAGES + 1) & (2 ** Levels - 1);
  logic [Bits-1:0] bits;
  logic [Bits-1:0] heap;

  for (genvar c = 0; c < INPUT_W; c++) begin : g_column
    localparam int Base = bit_heap_pkg::offset(Heights, c);
    localparam int BaseAbove = bit_heap_pkg::offset(Heights, c + 1) + ((c + 1 < INPUT_W) ? Rests : 0);
    logic [Carries:0] carries;

    mvtu_parity_leaves #(
        .SYNAPSES(SIMD),
        .RUN(Run),
        .IS_INVERTED(SIGNED_INPUTS && c == INPUT_W - 1)
    ) u_leaves (
        .inputs(planes[c*SIMD+:SIMD]),
        .weights,
        .rests(bits[Base+:Rests]),
        .carries
    );
    if (Carries > 0) begin : g_carries
      assign bits[BaseAbove+:Carries] = carries[Carries-1:0];
    end
  end

  if (Registers % 2 == 1) begin : g_register
    always_ff @(posedge aclk) begin
      if (enable) heap <= bits;
    end
  end else begin : g_wire
    assign heap = bits;
  end

  bit_heap #(
      .HEIGHTS(Heights),
      .WIDTH(DOT_W),
      .REGISTERS(Registers / 2)
  ) u_heap (
      .aclk,
      .enable,
      .bits(heap),
      .sum (dot)
  );
`endif

endmodule

`default_nettype wire
