// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Dot products of SIMD inputs with the weights of ROWS rows, several products in one multiplier: the rows share an
/// input, and a factor holds the weights of LANES of them (mvtu_dsp_pkg).
///
/// Where a lane has room for it, the sums of a few products are taken apart instead of each (mvtu_dsp_chain). Where
/// lanes overlap, a product reaches into the lowest bit of the next; that bit is the AND of two bits, so what reaches
/// into it is known. What leaves the lanes of a row is added up by a bit_heap. Lanes with unsigned weights also have
/// 2^(WEIGHT_W-1) times the sum of the inputs taken off, which is computed once.
///
/// `dot` exceeds the true product by a number of the row's weights alone, and of the lane that it has:
///   mvtu_dsp_pkg::top_excess or lane_excess, where lanes overlap SIMD more in any but the lowest; and for signed
///   inputs 2^(INPUT_W-1) times the sum of the weights.
/// finn_rtl.ips.packing.dsp_excess computes it.
///
/// Latency STAGES cycles; one product of every row a cycle while `enable` is high. The first register stands behind the
/// multipliers, the next behind chains of several, the others cut the heap.
module mvtu_dot_dsp #(
    /// Rows, >= 1.
    parameter int ROWS = 4,
    /// Elements, 1 to 1023; DOT_W must not exceed bit_heap_pkg::COLUMNS.
    parameter int SIMD = 4,
    /// Registers inside, 0 to one behind the multipliers, one behind chains, and the levels of the heap.
    parameter int STAGES = 1,
    /// Bits of an input element, 2 to 8.
    parameter int INPUT_W = 4,
    /// 1: input elements are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUTS = 0,
    /// Bits of a weight, two's complement, 2 to 8.
    parameter int WEIGHT_W = 4,
    /// Bits of a multiplier's larger factor, two's complement: 25 for DSP48E1, 18 for MULT18X18D.
    parameter int FACTOR_W = 25,
    /// Products in a multiplier, 1 to mvtu_dsp_pkg::lanes(FACTOR_W, INPUT_W, WEIGHT_W).
    parameter int LANES = mvtu_dsp_pkg::lanes(FACTOR_W, INPUT_W, WEIGHT_W),
    /// The most products that the multipliers' own adders add up, >= 1; 1 where they have none.
    parameter int CHAIN = 4,
    /// 1: weights of lanes below the topmost come with their top bit inverted, as they are needed: else that takes a
    /// LUT each.
    parameter bit OFFSET_WEIGHTS = 0,
    localparam int PRODUCTS = finn_pkg::min(mvtu_dsp_pkg::chain(FACTOR_W, INPUT_W, WEIGHT_W, LANES, CHAIN), SIMD),
    localparam int DOT_W = mvtu_dsp_pkg::dot_width(SIMD, INPUT_W, WEIGHT_W, PRODUCTS)
) (
    input  wire                           aclk,
    input  wire                           enable,
    input  wire  [      SIMD*INPUT_W-1:0] inputs,
    /// Weight of row r, element s in bits (r*SIMD+s)*WEIGHT_W +: WEIGHT_W.
    input  wire  [ROWS*SIMD*WEIGHT_W-1:0] weights,
    output logic [        ROWS*DOT_W-1:0] dot
);

  `FINN_CHECK(check_rows, ROWS >= 1, ("mvtu_dot_dsp: ROWS=%0d must be at least 1", ROWS))
  `FINN_CHECK(check_simd, SIMD >= 1 && SIMD <= 1023 && DOT_W <= bit_heap_pkg::COLUMNS,
              ("mvtu_dot_dsp: SIMD=%0d must be 1 to 1023, and a dot product have at most %0d bits", SIMD,
               bit_heap_pkg::COLUMNS))
  `FINN_CHECK(check_input, INPUT_W >= 2 && INPUT_W <= 8, ("mvtu_dot_dsp: INPUT_W=%0d must be 2 to 8", INPUT_W))
  `FINN_CHECK(check_weight, WEIGHT_W >= 2 && WEIGHT_W <= 8, ("mvtu_dot_dsp: WEIGHT_W=%0d must be 2 to 8", WEIGHT_W))
  `FINN_CHECK(check_factor, FACTOR_W >= WEIGHT_W && FACTOR_W <= 25,
              ("mvtu_dot_dsp: FACTOR_W=%0d must be WEIGHT_W=%0d to 25", FACTOR_W, WEIGHT_W))
  `FINN_CHECK(check_lanes, LANES >= 1 && LANES <= mvtu_dsp_pkg::lanes(FACTOR_W, INPUT_W, WEIGHT_W),
              ("mvtu_dot_dsp: LANES=%0d must be 1 to %0d for FACTOR_W=%0d", LANES,
               mvtu_dsp_pkg::lanes(FACTOR_W, INPUT_W, WEIGHT_W), FACTOR_W))
  `FINN_CHECK(check_chain, CHAIN >= 1, ("mvtu_dot_dsp: CHAIN=%0d must be at least 1", CHAIN))

  localparam int Spacing = mvtu_dsp_pkg::spacing(FACTOR_W, INPUT_W, WEIGHT_W, LANES);
  localparam bit Overlap = Spacing < INPUT_W + WEIGHT_W;
  localparam int Chains = finn_pkg::ceil_div(SIMD, PRODUCTS);
  localparam int Groups = finn_pkg::ceil_div(ROWS, LANES);
  localparam int LaneW = Overlap ? Spacing : mvtu_dsp_pkg::lane_width(INPUT_W, WEIGHT_W, PRODUCTS);
  localparam int TopW = mvtu_dsp_pkg::top_width(INPUT_W, WEIGHT_W, PRODUCTS);
  localparam int InputsW = mvtu_dsp_pkg::inputs_width(SIMD, INPUT_W);

  // Heaps: of the lowest lane, of those above it, and of the topmost, alone or not.
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Reached = Overlap ? bit_heap_pkg::filled(SIMD, 1) : '0;
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] LowestHeap = bit_heap_pkg::sum(
      bit_heap_pkg::sum(bit_heap_pkg::filled(Chains, LaneW), Reached << (bit_heap_pkg::HEIGHT_W * Spacing)),
      bit_heap_pkg::filled(1, InputsW) << (bit_heap_pkg::HEIGHT_W * (WEIGHT_W - 1))
  );
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] AloneHeap = bit_heap_pkg::filled(Chains, TopW);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] LaneHeap = bit_heap_pkg::sum(LowestHeap, Reached);
  localparam logic [bit_heap_pkg::COLUMNS_W-1:0] TopHeap = bit_heap_pkg::sum(AloneHeap, Reached);
  localparam int Levels = (LANES > 1 && ROWS > 1)
      ? finn_pkg::max(bit_heap_pkg::levels(LaneHeap, DOT_W),
                      finn_pkg::max(bit_heap_pkg::levels(LowestHeap, DOT_W), bit_heap_pkg::levels(TopHeap, DOT_W)))
      : bit_heap_pkg::levels(AloneHeap, DOT_W);

  // Registers in front of the heap, and in it.
  localparam int Front = (PRODUCTS > 1) ? 2 : 1;
  localparam int Early = finn_pkg::min(STAGES, Front);
  localparam int Registers = finn_pkg::level_registers(Levels, finn_pkg::max(STAGES - Front, 0));

  `FINN_CHECK(check_stages, STAGES >= 0 && STAGES <= Front + Levels,
              ("mvtu_dot_dsp: STAGES=%0d must be 0 to %0d for SIMD=%0d", STAGES, Front + Levels, SIMD))

  logic [SIMD*INPUT_W-1:0] elements;
  assign elements = SIGNED_INPUTS ? inputs ^ {SIMD{1'b1, (INPUT_W - 1)'(0)}} : inputs;

  // ---- Sum of the inputs, for lanes with unsigned weights; in columns, as bit_heap takes them ----
  logic [InputsW-1:0] sum;

  if (LANES > 1 && ROWS > 1) begin : g_inputs
    localparam int Needed = bit_heap_pkg::levels(bit_heap_pkg::filled(SIMD, INPUT_W), InputsW);
    localparam int SumLevels = finn_pkg::max(Needed, Early);
    logic [SIMD*INPUT_W-1:0] columns;
    for (genvar c = 0; c < INPUT_W; c++) begin : g_column
      for (genvar i = 0; i < SIMD; i++) begin : g_bit
        assign columns[c*SIMD+i] = elements[i*INPUT_W+c];
      end
    end
    bit_heap #(
        .HEIGHTS(bit_heap_pkg::filled(SIMD, INPUT_W)),
        .WIDTH(InputsW),
        .LEVELS(SumLevels),
        .REGISTERS(finn_pkg::level_registers(SumLevels, Early))
    ) u_sum (
        .aclk,
        .enable,
        .bits(columns),
        .sum
    );
  end else begin : g_no_inputs
    assign sum = '0;
  end

  for (genvar g = 0; g < Groups; g++) begin : g_group
    // Rows of this group, one a lane.
    localparam int Lanes = finn_pkg::min(LANES, ROWS - g * LANES);
    localparam int FactorW = (Lanes - 1) * Spacing + WEIGHT_W;
    localparam int First = g * LANES;
    logic [SIMD*FactorW-1:0] factors;
    // By lane and element: the lowest bit of the lane's product.
    logic [Lanes*SIMD-1:0] lowest_d;
    logic [Lanes*SIMD-1:0] lowest;

    for (genvar i = 0; i < SIMD; i++) begin : g_factor
      for (genvar l = 0; l < Lanes; l++) begin : g_lane
        logic [WEIGHT_W-1:0] weight;
        assign weight = weights[((First+l)*SIMD+i)*WEIGHT_W+:WEIGHT_W];
        assign lowest_d[l*SIMD+i] = weight[0] & elements[i*INPUT_W];
        if (l == Lanes - 1) begin : g_top
          assign factors[i*FactorW+l*Spacing+:WEIGHT_W] = weight;
        end else begin : g_below
          assign factors[i*FactorW+l*Spacing+:Spacing] =
              Spacing'({weight[WEIGHT_W-1] ^ !OFFSET_WEIGHTS, weight[WEIGHT_W-2:0]});
        end
      end
    end

    if (Early > 0) begin : g_register
      always_ff @(posedge aclk) begin
        if (enable) lowest <= lowest_d;
      end
    end else begin : g_wire
      assign lowest = lowest_d;
    end

    for (genvar k = 0; k < Chains; k++) begin : g_chain
      localparam int Size = finn_pkg::min(PRODUCTS, SIMD - k * PRODUCTS);
      localparam int TotalW = FactorW + INPUT_W + $clog2(Size);
      logic [TotalW-1:0] total;
      mvtu_dsp_chain #(
          .PRODUCTS(Size),
          .FACTOR_W(FactorW),
          .INPUT_W(INPUT_W),
          .REGISTERS(2 ** Early - 1)
      ) u_chain (
          .aclk,
          .enable,
          .factors(factors[k*PRODUCTS*FactorW+:Size*FactorW]),
          .elements(elements[k*PRODUCTS*INPUT_W+:Size*INPUT_W]),
          .sum(total)
      );
    end

    for (genvar l = 0; l < Lanes; l++) begin : g_row
      localparam bit IsTop = l == Lanes - 1;
      localparam bit IsReached = Overlap && l > 0;
      localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heights =
          IsTop ? (l > 0 ? TopHeap : AloneHeap) : (l > 0 ? LaneHeap : LowestHeap);
      localparam int Bits = bit_heap_pkg::offset(Heights, bit_heap_pkg::COLUMNS);
      localparam int Width = IsTop ? TopW : LaneW;
      logic [Bits-1:0] bits;

      for (genvar k = 0; k < Chains; k++) begin : g_part
        localparam int TotalW = FactorW + INPUT_W + $clog2(finn_pkg::min(PRODUCTS, SIMD - k * PRODUCTS));
        logic [Width-1:0] lane;
        if (IsTop) begin : g_top
          // With its sign inverted, a number that is not negative.
          localparam int Rest = TotalW - l * Spacing;
          logic signed [Rest-1:0] number;
          assign number = $signed(g_group[g].g_chain[k].total[TotalW-1:l*Spacing]);
          assign lane = {!number[Rest-1], (Width - 1)'(number)};
        end else begin : g_below
          assign lane = g_group[g].g_chain[k].total[l*Spacing+:Width];
        end
        for (genvar c = 0; c < Width; c++) begin : g_bit
          assign bits[bit_heap_pkg::offset(Heights, c)+k] = lane[c];
        end
      end

      if (Overlap) begin : g_reached
        for (genvar i = 0; i < SIMD; i++) begin : g_element
          if (!IsTop) begin : g_above
            // What this lane's product has in the next lane.
            localparam int Base = bit_heap_pkg::offset(Heights, Spacing);
            assign bits[Base+i] = g_group[g].g_chain[i].total[(l+1)*Spacing] ^ lowest[(l+1)*SIMD+i];
          end
          if (IsReached) begin : g_below
            assign bits[Chains+i] = ~(g_group[g].g_chain[i].total[l*Spacing] ^ lowest[l*SIMD+i]);
          end
        end
      end

      if (!IsTop) begin : g_offset
        for (genvar c = 0; c < InputsW; c++) begin : g_bit
          localparam int Column = WEIGHT_W - 1 + c;
          assign bits[bit_heap_pkg::offset(Heights, Column+1)-1] = !sum[c];
        end
      end

      bit_heap #(
          .HEIGHTS(Heights),
          .WIDTH(DOT_W),
          .LEVELS(Levels),
          .REGISTERS(Registers)
      ) u_heap (
          .aclk,
          .enable,
          .bits,
          .sum(dot[(First+l)*DOT_W+:DOT_W])
      );
    end
  end

endmodule

`default_nettype wire
