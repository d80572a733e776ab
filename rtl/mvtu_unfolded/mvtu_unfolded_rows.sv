// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// ROWS rows of a matrix of constant weights -1/+1, applied to one vector a cycle.
///
/// The rows share almost all of their work. An input counts towards row 0 as it is or inverted, whatever that row's
/// weight says. Every other row agrees with row 0 at some inputs and disagrees at the others: these sets cut the inputs
/// into 2^(ROWS-1) classes, one for each pattern of rows that disagree (bit r - 1 stands for row r). Every class is
/// summed once. With T the sum of all classes and U the sum of those where row r disagrees, row r is T - 2 U but for a
/// constant. The sums U and T come out of folding the classes in half, one row after the other. At large sizes that is
/// about 0.2 LUTs a synapse, for any weights.
///
/// Constants go in at the bottom, as bits of the class sums: a class counts OFFSETS more than its inputs. They are
/// chosen so that row 0 fires for T >= BASE and row r for T >= 2 U + ROUND[r].
///
/// SIZES to SUM_LEVELS follow from the weights and thresholds and hang together. Only the generator can set them
/// (finn_rtl.ips.mvtu_unfolded); nothing here sees whether they agree.
///
/// Latency STAGES cycles; one vector a cycle while `enable` is high.
module mvtu_unfolded_rows #(
    /// Elements of the input vector, 1 to 4095.
    parameter int INPUTS = 3,
    /// Bits of an input element, 1 to 16.
    parameter int INPUT_W = 1,
    /// For INPUT_W > 1: 1: input elements are two's complement; 0: unsigned. With its upper bit inverted, a number of
    /// two's complement is an unsigned one, but for a constant.
    parameter bit SIGNED_INPUTS = 0,
    /// Rows, 1 to 8.
    parameter int ROWS = 2,
    /// 1: one bit a row leaves. 0: the row's number leaves: T - BASE, T - 2 U - ROUND[r].
    parameter int THRESHOLDS = 1,
    /// Registers inside, 0 to CLASS_LEVELS + SUM_LEVELS.
    parameter int STAGES = 0,
    /// Inputs of each class, 16 bits each, class 0 in the least significant ones.
    parameter logic [16*2**(ROWS-1)-1:0] SIZES = {16'd1, 16'd2},
    /// Index of each input, 16 bits each, class by class.
    parameter logic [16*INPUTS-1:0] ORDER = {16'd1, 16'd2, 16'd0},
    /// Inputs that count inverted, in that order.
    parameter logic [INPUTS-1:0] FLIPS = '0,
    /// What each class counts besides its inputs, 16 bits each.
    parameter logic [16*2**(ROWS-1)-1:0] OFFSETS = '0,
    parameter logic [ROWS-1:0] ROUND = '0,
    parameter int BASE = 1,
    /// Bits of the sum of all classes, and of that of a single one at most.
    parameter int TOTAL_W = 2,
    parameter int CLASS_W = 2,
    /// Levels of adders: of the deepest class sum, or more, and behind them.
    parameter int CLASS_LEVELS = 1,
    parameter int SUM_LEVELS = 1,
    /// Bits of a result, 1 for THRESHOLDS = 1.
    parameter int RESULT_W = 1
) (
    input  wire                       aclk,
    input  wire                       enable,
    input  wire  [INPUTS*INPUT_W-1:0] inputs,
    output logic [ ROWS*RESULT_W-1:0] results
);

  localparam int Folds = ROWS - 1;
  localparam int Classes = 2 ** Folds;

  `FINN_CHECK(check_rows, ROWS >= 1 && ROWS <= 8, ("mvtu_unfolded_rows: ROWS=%0d must be 1 to 8", ROWS))
  `FINN_CHECK(check_inputs, INPUTS >= 1 && INPUTS <= 4095,
              ("mvtu_unfolded_rows: INPUTS=%0d must be 1 to 4095", INPUTS))
  `FINN_CHECK(check_sizes, first_of(Classes) == INPUTS,
              ("mvtu_unfolded_rows: SIZES hold %0d inputs, must be INPUTS=%0d", first_of(Classes), INPUTS))
  `FINN_CHECK(check_stages, STAGES >= 0 && STAGES <= CLASS_LEVELS + SUM_LEVELS,
              ("mvtu_unfolded_rows: STAGES=%0d must be 0 to %0d", STAGES, CLASS_LEVELS + SUM_LEVELS))
  `FINN_CHECK(check_levels, SUM_LEVELS >= Folds,
              ("mvtu_unfolded_rows: SUM_LEVELS=%0d must be at least %0d", SUM_LEVELS, Folds))

  /// Inputs of the classes before class c.
  function automatic int first_of(input int c);
    first_of = 0;
    for (int i = 0; i < Classes; i++) begin
      if (i < c) first_of = first_of + int'(SIZES[16*i+:16]);
    end
  endfunction

`ifdef FINN_PLAIN_SUMS
  // The same results and latency in plain arithmetic, for simulation: see bit_heap. Tests and proofs compare the two.
  // T - 2 U is the sum of all inputs, those of classes where the row disagrees inverted once more, and a constant: an
  // inverted input is by 2^INPUT_W - 1 more than its negative.

  localparam int Piece = 32;

  /// Inputs that row r counts inverted. Simulators copy a parameter as a whole to read a bit of it, so ORDER is taken
  /// apart into pieces first.
  function automatic logic [INPUTS-1:0] inverted(input int r);
    logic [16*Piece-1:0] piece;
    int c;
    int behind;
    inverted = '0;
    c = 0;
    behind = int'(SIZES[15:0]);
    for (int first = 0; first < INPUTS; first = first + Piece) begin
      piece = (16 * Piece)'(ORDER >> (16 * first));
      for (int i = 0; i < Piece && first + i < INPUTS; i++) begin
        while (c < Classes - 1 && first + i >= behind) begin
          c = c + 1;
          behind = behind + int'(SIZES[16*c+:16]);
        end
        inverted[int'(piece[16*i+:16])] = FLIPS[first+i] ^ (((2 * c) >> r) % 2 == 1);
      end
    end
  endfunction

  /// What is added to the inputs of row r, so that it fires from 0 on.
  function automatic int added(input int r);
    added = (r == 0) ? -BASE : -int'(ROUND[r]);
    for (int c = 0; c < Classes; c++) begin
      added = added + ((((2 * c) >> r) % 2 == 1) ? -int'(OFFSETS[16*c+:16]) - int'(SIZES[16*c+:16]) * (2 ** INPUT_W - 1)
                                               : int'(OFFSETS[16*c+:16]));
    end
  endfunction

  logic [ROWS*RESULT_W-1:0] found;

  for (genvar j = 0; j < INPUT_W; j++) begin : g_plane
    logic [INPUTS-1:0] bits;
    if (INPUT_W == 1) begin : g_all
      assign bits = inputs;
    end else begin : g_some
      for (genvar i = 0; i < INPUTS; i++) begin : g_input
        assign bits[i] = inputs[i*INPUT_W+j] ^ (SIGNED_INPUTS && j + 1 == INPUT_W);
      end
    end
  end

  for (genvar r = 0; r < ROWS; r++) begin : g_row
    localparam logic [INPUTS-1:0] Inverted = inverted(r);

    for (genvar j = 0; j < INPUT_W; j++) begin : g_sum
      logic signed [31:0] lower;
      logic signed [31:0] total;
      if (j == 0) begin : g_first
        assign lower = added(r);
      end else begin : g_next
        assign lower = g_sum[j-1].total;
      end
      assign total = lower + ($countones(g_plane[j].bits ^ Inverted) << j);
    end
    if (THRESHOLDS == 1) begin : g_sign
      assign found[r] = g_sum[INPUT_W-1].total >= 0;
    end else begin : g_number
      assign found[r*RESULT_W+:RESULT_W] = RESULT_W'($unsigned(g_sum[INPUT_W-1].total));
    end
  end

  if (STAGES == 0) begin : g_now
    assign results = found;
  end else begin : g_delay
    logic [STAGES*ROWS*RESULT_W-1:0] delayed;
    always_ff @(posedge aclk) begin
      if (enable) delayed <= (STAGES * ROWS * RESULT_W)'({delayed, found});
    end
    assign results = delayed[(STAGES-1)*ROWS*RESULT_W+:ROWS*RESULT_W];
  end
`else
  // Bit l puts a register behind level l.
  localparam int Registers = finn_pkg::level_registers(CLASS_LEVELS + SUM_LEVELS, STAGES);

  // ---- Numbers before each fold: first the class sums ----
  for (genvar f = 0; f <= Folds; f++) begin : g_fold
    localparam int Numbers = 2 ** (Folds - f);
    localparam int NumberW = finn_pkg::min(CLASS_W + f, TOTAL_W);
    logic [Numbers*NumberW-1:0] numbers;

    if (f == 0) begin : g_classes
      for (genvar c = 0; c < Classes; c++) begin : g_class
        localparam int Size = int'(SIZES[16*c+:16]);
        localparam int First = first_of(c);
        localparam logic [15:0] Offset = OFFSETS[16*c+:16];
        localparam logic [bit_heap_pkg::COLUMNS_W-1:0] Heights = bit_heap_pkg::sum(
            bit_heap_pkg::filled(Size, INPUT_W), bit_heap_pkg::bits_of(int'(Offset)));
        localparam int Bits = bit_heap_pkg::offset(Heights, bit_heap_pkg::COLUMNS);
        localparam int Columns = bit_heap_pkg::highest(Heights) + 1;

        if (Bits == 0) begin : g_empty
          assign numbers[c*NumberW+:NumberW] = '0;
        end else begin : g_sum
          logic [Bits-1:0] bits;

          for (genvar j = 0; j < Columns; j++) begin : g_column
            localparam int Base = bit_heap_pkg::offset(Heights, j);
            localparam int Ones = (int'(Offset) >> j) % 2;
            if (Ones == 1) begin : g_one
              assign bits[Base] = 1'b1;
            end
            if (j < INPUT_W) begin : g_inputs
              for (genvar i = 0; i < Size; i++) begin : g_input
                assign bits[Base+Ones+i] = inputs[INPUT_W*ORDER[16*(First+i)+:16]+j] ^ FLIPS[First+i]
                                           ^ (SIGNED_INPUTS && j == INPUT_W - 1);
              end
            end
          end

          bit_heap #(
              .HEIGHTS(Heights),
              .WIDTH(NumberW),
              .LEVELS(CLASS_LEVELS),
              .REGISTERS(Registers)
          ) u_sum (
              .aclk,
              .enable,
              .bits,
              .sum(numbers[c*NumberW+:NumberW])
          );
        end
      end
    end else begin : g_folded
      localparam int LowerW = finn_pkg::min(CLASS_W + f - 1, TOTAL_W);
      logic [Numbers*NumberW-1:0] sums;

      for (genvar n = 0; n < Numbers; n++) begin : g_number
        assign sums[n*NumberW+:NumberW] = NumberW'(g_fold[f-1].numbers[n*LowerW+:LowerW])
                                        + NumberW'(g_fold[f-1].numbers[(n+Numbers)*LowerW+:LowerW]);
      end

      if ((Registers >> (CLASS_LEVELS + f - 1)) % 2 == 1) begin : g_register
        always_ff @(posedge aclk) begin
          if (enable) numbers <= sums;
        end
      end else begin : g_wire
        assign numbers = sums;
      end
    end
  end

  // ---- T, kept in step with the sums U ----
  logic [TOTAL_W-1:0] total;

  bit_heap #(
      .HEIGHTS(bit_heap_pkg::filled(1, TOTAL_W)),
      .WIDTH(TOTAL_W),
      .LEVELS(SUM_LEVELS - Folds),
      .REGISTERS(Registers >> (CLASS_LEVELS + Folds))
  ) u_total (
      .aclk,
      .enable,
      .bits(TOTAL_W'(g_fold[Folds].numbers)),
      .sum (total)
  );

  // ---- Rows ----
  if (THRESHOLDS == 1) begin : g_base_sign
    assign results[0] = total >= TOTAL_W'(BASE);
  end else begin : g_base
    assign results[RESULT_W-1:0] = RESULT_W'(total) - RESULT_W'(BASE);
  end

  for (genvar r = 1; r < ROWS; r++) begin : g_row
    // The fold that separates the classes where this row disagrees: the upper half of its numbers.
    localparam int Fold = Folds - r;
    localparam int Numbers = 2 ** (Folds - Fold - 1);
    localparam int NumberW = finn_pkg::min(CLASS_W + Fold, TOTAL_W);
    logic [Numbers*NumberW-1:0] bits;
    logic [TOTAL_W-1:0] sum;
    logic [TOTAL_W:0] twice;

    for (genvar j = 0; j < NumberW; j++) begin : g_column
      for (genvar n = 0; n < Numbers; n++) begin : g_bit
        assign bits[j*Numbers+n] = g_fold[Fold].numbers[(n+Numbers)*NumberW+j];
      end
    end

    bit_heap #(
        .HEIGHTS(bit_heap_pkg::filled(Numbers, NumberW)),
        .WIDTH(TOTAL_W),
        .LEVELS(SUM_LEVELS - Fold),
        .REGISTERS(Registers >> (CLASS_LEVELS + Fold))
    ) u_sum (
        .aclk,
        .enable,
        .bits,
        .sum
    );

    assign twice = {sum, ROUND[r]};
    if (THRESHOLDS == 1) begin : g_sign
      assign results[r] = {1'b0, total} >= twice;
    end else begin : g_number
      assign results[r*RESULT_W+:RESULT_W] = RESULT_W'(total) - RESULT_W'(twice);
    end
  end
`endif

endmodule

`default_nettype wire
