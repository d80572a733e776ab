// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Matrix-vector-threshold unit: out = threshold(W x) for weights and inputs of one bit or a few, folded onto PE
/// processing elements of SIMD synapses each (Umuroglu et al., "FINN", FPGA 2017, section 4.2).
///
/// A vector comes in SF = MW / SIMD beats and leaves in NF = MH / PE. Row nf * PE + p of W belongs to processing
/// element p in fold nf. Its parts: mvtu_issue gives operands, mvtu_weights the words that belong to them, mvtu_rows
/// multiplies and adds up, and the activation is the sign of sums that start below zero, or a `threshold` behind them.
/// With SERIAL mvtu_serial has the first three, which takes numbers of few bits bit by bit, in several passes.
///
/// What a row adds up differs from its dot product by a number that its weights tell; the start values or thresholds
/// make up for it (THRESHOLD_FILE). A row of weights and inputs -1/+1 counts the places where they agree.
///
/// Initiation interval: SF * NF cycles a vector, with SERIAL INPUT_W * WEIGHT_W times as many, without a bubble between
/// vectors while input and output keep up.
/// Latency from a vector's last input beat to its output beats, for a vector that finds the unit idle and whose
/// outputs are taken at once:
///   2 + STAGES cycles, + 1 for RAM_STYLE "block" (register behind the block RAM, which is slow), + 1 for NF > 1 or
///   SERIAL (replay buffer), + 1 more if that is in block RAM, for THRESHOLDS > 1 less 1 and + the latency of
///   `threshold`, and for fold nf the nf * SF cycles of the folds before it; with SERIAL these are INPUT_W * WEIGHT_W
///   times as many, and the passes behind the first one count, too: SF * (INPUT_W * WEIGHT_W - 1) cycles.
/// With GROUPS > 1 the groups of rows come one behind the other (SETS of them side by side where PE rows are several
/// groups): each is such a matrix of its own, of MH / GROUPS rows, with vectors, latency and replay buffer (where it
/// has more than PE rows) of its own.
/// No combinational path between the two sides.
module mvtu #(
    /// Matrix width: elements of the input vector, >= 1; below 2**(31 - INPUT_W - WEIGHT_W).
    parameter int MW = 64,
    /// Matrix height: rows, elements of the output vector, >= 1; MW * MH at most 2**30.
    parameter int MH = 16,
    /// Synapses a processing element handles in a cycle; divides MW.
    parameter int SIMD = 16,
    /// Processing elements; divides MH.
    parameter int PE = 4,
    /// Groups of rows, each with MW inputs of its own, as those of a grouped convolution have; divides MH. 1: all rows
    /// have the same; MH: each has its own, as the channels of a depthwise convolution. With more than 1, SERIAL is 0,
    /// and PE divides the rows of a group, MH / GROUPS, or these divide PE. Then a beat has SIMD elements for each of
    /// the SETS = PE * GROUPS / MH groups of a fold, element s * SETS + g for lane s of group g, and DSP_ROWS is 0 if
    /// SETS > 1.
    parameter int GROUPS = 1,
    /// Thresholds a row. 0: accumulators leave, the popcount for weights and inputs -1/+1, else the dot product in
    /// two's complement. 1: one bit leaves, accumulator >= threshold. 2**n - 1, n of 2 to 8: the number of thresholds
    /// that the accumulator reaches leaves, n bits.
    parameter int THRESHOLDS = 1,
    /// 1: a bit a row says that it is the thresholds not reached which count; 0: it never is. 0 for THRESHOLDS = 0.
    parameter bit FALLING = 0,
    /// For THRESHOLDS > 1: 1: outputs are two's complement, 2**(n-1) less; 0: unsigned.
    parameter bit SIGNED_OUTPUT = 0,
    /// For THRESHOLDS = 0: 1 to 30: a bias a row, a two's complement number of so many bits, is added to what leaves,
    /// which is the dot product then, of weights and inputs -1/+1 too; 0: none.
    parameter int BIAS_W = 0,
    /// For weights of any kind and inputs -1/+1: 1: some inputs are 0, a border, and come as -1; where they do depends
    /// on the place of their vector in a map alone, so that start values make up for it, and accumulators are dot
    /// products. 0: none is.
    parameter bit ZEROS = 0,
    /// For ZEROS: rows and columns of vectors of a map, >= 1, and how many of them on each side have zeros, >= 0.
    parameter int OFM_H = 1,
    parameter int OFM_W = 1,
    parameter int EDGE_TOP = 0,
    parameter int EDGE_BOTTOM = 0,
    parameter int EDGE_LEFT = 0,
    parameter int EDGE_RIGHT = 0,
    /// Registers inside the dot product, 0 to its levels of logic, of products by digits one less; for DSP_ROWS > 0
    /// also within what mvtu_dot_dsp takes.
    parameter int STAGES = 1,
    /// Bits of an input element, 1 to 16.
    parameter int INPUT_W = 1,
    /// For INPUT_W > 1: 1: input elements are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUTS = 0,
    /// For INPUT_W = 1: 1: bit 1 is +1, bit 0 is -1; 0: they are 1 and 0.
    parameter bit BIPOLAR = 1,
    /// Bits of a weight, 1 to 8. 1: bit 1 is +1, bit 0 is -1; more are two's complement.
    parameter int WEIGHT_W = 1,
    /// For WEIGHT_W > 1: 1: the most negative weight never occurs, which saves logic; 0: it may.
    parameter bit NARROW_WEIGHTS = 0,
    /// Processing elements with products in multipliers, the first ones: 0 to PE; 0 unless INPUT_W and WEIGHT_W are
    /// both 2 to 8. How products are packed is said by LANES, FACTOR_W and CHAIN, as in mvtu_dot_dsp.
    parameter int DSP_ROWS = 0,
    /// Products in a multiplier, 1 to mvtu_dsp_pkg::lanes(FACTOR_W, INPUT_W, WEIGHT_W).
    parameter int LANES = 1,
    /// Bits of a multiplier's larger factor: 25 for DSP48E1, 18 for MULT18X18D.
    parameter int FACTOR_W = 25,
    /// The most products that the multipliers' own adders add up, >= 1; 1 where they have none.
    parameter int CHAIN = 4,
    /// For WEIGHT_W = 1: odd, 3 to 4095: inputs are recoded as parities of runs of so many lanes (mvtu_parities), which
    /// saves a sixth of what adds up, and the weights in WEIGHT_FILE are; 0: they are not. 0 if SERIAL, or SETS > 1.
    parameter int RUN = 0,
    /// 1: numbers are multiplied bit by bit on the datapath of binary ones, in INPUT_W * WEIGHT_W passes (mvtu_serial);
    /// 0: at once. 0 unless INPUT_W and WEIGHT_W are 1 to 8 and not both 1, and DSP_ROWS is 0.
    parameter bit SERIAL = 0,
    /// $readmemh file, SF * NF words of PE * SIMD * WEIGHT_W bits. Word nf * SF + sf: weight of element p, lane s in
    /// bits (p * SIMD + s) * WEIGHT_W and up, for column sf * SIMD + s; for DSP_ROWS > 0 as OFFSET_WEIGHTS of
    /// mvtu_dot_dsp wants them, for RUN > 0 those of an element recoded as mvtu_parities does. With SERIAL SF * NF *
    /// WEIGHT_W words of PE * SIMD bits: word (nf * WEIGHT_W + b) * SF + sf has bit WEIGHT_W - 1 - b of these weights,
    /// in bit p * SIMD + s.
    parameter WEIGHT_FILE = "",
    /// $readmemh file, with `excess` of a row being what its sum is more than its dot product (finn_rtl.ips.mvtu).
    /// THRESHOLDS = 0: NF words of PE fields of SUM_W bits, the bias minus the excess; not read for weights and inputs
    /// -1/+1 without a bias.
    /// One threshold: likewise, minus excess and threshold in two's complement (the accumulator starts there, and its
    /// sign is the answer), with the bit of FALLING above each field. More: that of `threshold`, each threshold plus
    /// the excess.
    /// Where start values belong to levels, L = mvtu_pkg::start_levels > 1, a fold has L words, nf * L + l. Fields are
    /// start values without the lowest L - 1 bits, but bit 0, which is bit L - 1 - l of the start value.
    /// With ZEROS so many words for each pair of classes, of rows and of columns (mvtu_places), each field plus the sum
    /// of the weights whose inputs are 0 there. Of one threshold and weights -1/+1 it is half of that which is written.
    parameter THRESHOLD_FILE = "",
    /// $readmemh file, for ZEROS and more than one threshold: those sums of weights alone, as start values.
    parameter START_FILE = "",
    /// Weight memory: "auto", "distributed" (LUTs) or "block" (block RAM).
    parameter RAM_STYLE = "auto",
    /// Threshold memory, likewise.
    parameter THRESHOLD_STYLE = "auto",
    /// Memory of START_FILE, likewise.
    parameter START_STYLE = "auto",
    /// Replay buffer (NF > 1): "auto" or "distributed" (LUT RAM), or "block" (block RAM).
    parameter REPLAY_STYLE = "auto",
    /// Bits of a slice of the weight memory, each with a file of its own: memory_slices. 0: one memory, one file.
    parameter int WEIGHT_SLICE = 0,
    /// Where weights, start values and thresholds come from. "rom": they are constants. "ram": the files are their
    /// first contents, and others can be loaded over s_load while the unit is empty; a reset must follow, behind which
    /// it is as if built with them. Every file is that of memory_slices then: words of more than 32 bits lie in slices
    /// of WEIGHT_SLICE, 1 to 32, bits, thresholds and start values in slices of 32.
    parameter WEIGHTS = "rom",
    /// For "ram": 1, or 2: a load goes to one bank while the other one is used (load_port).
    parameter int BANKS = 1,
    /// Bits of an accumulator.
    localparam int SUM_W = finn_pkg::max(
        mvtu_pkg::accumulator_width(MW, INPUT_W, SIGNED_INPUTS, BIPOLAR, WEIGHT_W, NARROW_WEIGHTS, THRESHOLDS,
                                    SERIAL ? 2 ** (WEIGHT_W - 1)
                                           : mvtu_products_pkg::weight_high(INPUT_W, WEIGHT_W, NARROW_WEIGHTS), ZEROS,
                                    BIAS_W),
        (DSP_ROWS > 0 && THRESHOLDS > 1) ? mvtu_dsp_pkg::sum_width(MW, INPUT_W, WEIGHT_W, NARROW_WEIGHTS) : 1),
    /// Bits of an output element.
    localparam int OUT_W = (THRESHOLDS == 0) ? SUM_W : finn_pkg::count_width(finn_pkg::max(THRESHOLDS, 1)),
    /// Groups of a fold.
    localparam int SETS = finn_pkg::max(1, PE / finn_pkg::max(1, MH / finn_pkg::max(1, GROUPS))),
    /// Bits of an input beat.
    localparam int BEAT_W = SETS * SIMD * INPUT_W
) (
    input wire aclk,
    input wire aresetn,

    /// The chain of loads (load_port), through weights, then start values, then thresholds; "rom" passes it on, and 0
    /// may be given to it.
    input  wire  [finn_pkg::LOAD_W-1:0] s_load,
    output logic [finn_pkg::LOAD_W-1:0] m_load,

    input  wire  [BEAT_W-1:0] s_axis_tdata,
    input  wire               s_axis_tvalid,
    output logic              s_axis_tready,

    output logic [PE*OUT_W-1:0] m_axis_tdata,
    /// Last beat of a vector.
    output logic                m_axis_tlast,
    output logic                m_axis_tvalid,
    input  wire                 m_axis_tready
);

  `FINN_CHECK(check_simd, SIMD >= 1 && MW >= 1 && MW % SIMD == 0,
              ("mvtu: SIMD=%0d must be at least 1 and divide MW=%0d", SIMD, MW))
  `FINN_CHECK(check_pe, PE >= 1 && MH >= 1 && MH % PE == 0,
              ("mvtu: PE=%0d must be at least 1 and divide MH=%0d", PE, MH))
  `FINN_CHECK(check_groups, GROUPS >= 1 && MH % finn_pkg::max(1, GROUPS) == 0,
              ("mvtu: GROUPS=%0d must be at least 1 and divide MH=%0d", GROUPS, MH))
  `FINN_CHECK(check_sets, GROUPS < 1 || PE < 1 || MH / GROUPS % PE == 0 || PE % finn_pkg::max(1, MH / GROUPS) == 0,
              ("mvtu: PE=%0d must divide, or be a multiple of, the rows of a group, MH=%0d / GROUPS=%0d", PE, MH,
               GROUPS))
  `FINN_CHECK(check_shared, GROUPS <= 1 || ((DSP_ROWS == 0 || SETS == 1) && !SERIAL),
              ("mvtu: GROUPS=%0d must be 1 for SERIAL=%0d, and for DSP_ROWS=%0d if PE=%0d rows are several groups",
               GROUPS, SERIAL, DSP_ROWS, PE))
  `FINN_CHECK(check_thresholds, THRESHOLDS >= 0 && THRESHOLDS <= 255
              && 2 ** finn_pkg::count_width(THRESHOLDS) == THRESHOLDS + 1,
              ("mvtu: THRESHOLDS=%0d must be 0, or one less than a power of two, up to 255", THRESHOLDS))
  `FINN_CHECK(check_falling, THRESHOLDS > 0 || !FALLING,
              ("mvtu: FALLING=%0d must be 0 for THRESHOLDS=%0d", FALLING, THRESHOLDS))
  `FINN_CHECK(check_output, THRESHOLDS > 1 || !SIGNED_OUTPUT,
              ("mvtu: SIGNED_OUTPUT=%0d must be 0 for THRESHOLDS=%0d", SIGNED_OUTPUT, THRESHOLDS))
  `FINN_CHECK(check_bias, BIAS_W >= 0 && BIAS_W <= ((THRESHOLDS == 0) ? 30 : 0),
              ("mvtu: BIAS_W=%0d must be 0 to 30, and 0 for THRESHOLDS=%0d", BIAS_W, THRESHOLDS))
  `FINN_CHECK(check_zeros, !ZEROS || (INPUT_W == 1 && BIPOLAR),
              ("mvtu: ZEROS=%0d must be 0 for INPUT_W=%0d and BIPOLAR=%0d", ZEROS, INPUT_W, BIPOLAR))
  `FINN_CHECK(check_rows, OFM_H >= 1 && EDGE_TOP >= 0 && EDGE_BOTTOM >= 0 && EDGE_TOP <= OFM_H - EDGE_BOTTOM,
              ("mvtu: OFM_H=%0d must be at least 1, EDGE_TOP=%0d and EDGE_BOTTOM=%0d together", OFM_H, EDGE_TOP,
               EDGE_BOTTOM))
  `FINN_CHECK(check_columns, OFM_W >= 1 && EDGE_LEFT >= 0 && EDGE_RIGHT >= 0 && EDGE_LEFT <= OFM_W - EDGE_RIGHT,
              ("mvtu: OFM_W=%0d must be at least 1, EDGE_LEFT=%0d and EDGE_RIGHT=%0d together", OFM_W, EDGE_LEFT,
               EDGE_RIGHT))
  `FINN_CHECK(check_classes, mvtu_pkg::classes(OFM_H, EDGE_TOP, EDGE_BOTTOM)
              <= 2 ** 24 / mvtu_pkg::classes(OFM_W, EDGE_LEFT, EDGE_RIGHT) / finn_pkg::max(1, MH / PE),
              ("mvtu: EDGE_TOP=%0d to EDGE_RIGHT=%0d make more than 2**24 words of start values", EDGE_TOP, EDGE_RIGHT))
  `FINN_CHECK(check_weight, WEIGHT_W >= 1 && WEIGHT_W <= 8, ("mvtu: WEIGHT_W=%0d must be 1 to 8", WEIGHT_W))
  `FINN_CHECK(check_input, INPUT_W >= 1 && INPUT_W <= 16, ("mvtu: INPUT_W=%0d must be 1 to 16", INPUT_W))
  // The widths above are computed in 32 bits.
  `FINN_CHECK(check_width, MW < 2 ** (31 - INPUT_W - WEIGHT_W),
              ("mvtu: MW=%0d must be below %0d for INPUT_W=%0d and WEIGHT_W=%0d", MW, 2 ** (31 - INPUT_W - WEIGHT_W),
               INPUT_W, WEIGHT_W))
  `FINN_CHECK(check_dsp, DSP_ROWS == 0 || (DSP_ROWS >= 1 && DSP_ROWS <= PE && INPUT_W >= 2 && INPUT_W <= 8
              && WEIGHT_W >= 2),
              ("mvtu: DSP_ROWS=%0d must be 0, or for INPUT_W and WEIGHT_W of 2 to 8 up to PE=%0d", DSP_ROWS, PE))
  `FINN_CHECK(check_serial, !SERIAL || (INPUT_W <= 8 && INPUT_W * WEIGHT_W > 1 && DSP_ROWS == 0),
              ("mvtu: SERIAL=%0d must be 0 for INPUT_W=%0d, WEIGHT_W=%0d and DSP_ROWS=%0d", SERIAL, INPUT_W, WEIGHT_W,
               DSP_ROWS))
  `FINN_CHECK(check_run, RUN == 0 || (RUN >= 3 && RUN <= 4095 && RUN % 2 == 1 && WEIGHT_W == 1 && !SERIAL
              && SETS == 1),
              ("mvtu: RUN=%0d must be 0, or odd and 3 to 4095 for WEIGHT_W=%0d, SERIAL=%0d and SETS=%0d", RUN, WEIGHT_W,
               SERIAL, SETS))
  `FINN_CHECK(check_weights, MH <= 2 ** 30 / MW, ("mvtu: MW=%0d times MH=%0d must be at most 2**30", MW, MH))
  `FINN_CHECK(check_replay, REPLAY_STYLE == "auto" || REPLAY_STYLE == "distributed" || REPLAY_STYLE == "block",
              ("mvtu: REPLAY_STYLE=%s must be auto, distributed or block", REPLAY_STYLE))
  `FINN_CHECK(check_source, WEIGHTS == "rom" || WEIGHTS == "ram", ("mvtu: WEIGHTS=%s must be rom or ram", WEIGHTS))
  `FINN_CHECK(check_banks, BANKS == 1 || (BANKS == 2 && WEIGHTS == "ram"),
              ("mvtu: BANKS=%0d must be 1, or 2 for ram", BANKS))

  localparam int SF = MW / SIMD;
  localparam int NF = MH / PE;
  // Banks of the memories that are loaded, 0 where none is.
  localparam int Banks = (WEIGHTS == "ram") ? BANKS : 0;
  // Folds with the same inputs.
  localparam int Uses = finn_pkg::max(1, MH / GROUPS / PE);
  // Cycles that PE rows take at least.
  localparam int RowCycles = SERIAL ? SF * INPUT_W * WEIGHT_W : SF;
  // Words of start values of a fold, and bits of a row in them.
  localparam int StartLevels = mvtu_pkg::start_levels(SERIAL, INPUT_W, WEIGHT_W);
  localparam int StartW = SUM_W - (StartLevels - 1);

  // ---- Rows: one segment of the input against PE rows a cycle ----
  logic issue;
  // The pipeline moves.
  logic enable;
  logic row_done;
  // The last segment of a level of the rows' passes is added, with SERIAL.
  logic level_done;
  // What row_done will be in the next cycle, if the pipeline moves.
  logic next_done;
  logic [PE*SUM_W-1:0] sums;
  logic [PE*StartW-1:0] starts;
  // The chain of loads behind the weights, and behind the start values.
  logic [finn_pkg::LOAD_W-1:0] weights_load;
  logic [finn_pkg::LOAD_W-1:0] starts_load;

  if (SERIAL) begin : g_serial
    logic [finn_pkg::index_width(INPUT_W)-1:0] unused_input_low;
    logic [finn_pkg::index_width(WEIGHT_W)-1:0] unused_weight_low;
    logic [finn_pkg::index_width(INPUT_W)-1:0] unused_later_input_low;
    logic [finn_pkg::index_width(WEIGHT_W)-1:0] unused_later_weight_low;

    mvtu_serial #(
        .SIMD(SIMD),
        .PE(PE),
        .STAGES(STAGES),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS),
        .BIPOLAR(BIPOLAR),
        .WEIGHT_W(WEIGHT_W),
        .SF(SF),
        .NF(NF),
        .WEIGHT_FILE(WEIGHT_FILE),
        .RAM_STYLE(RAM_STYLE),
        .REPLAY_STYLE(REPLAY_STYLE),
        .WEIGHT_SLICE(WEIGHT_SLICE),
        .BANKS(Banks),
        .BY_LEVEL(StartLevels > 1),
        .SUM_W(SUM_W)
    ) u_serial (
        .aclk,
        .aresetn,
        .s_load,
        .m_load(weights_load),
        .s_axis_tdata,
        .s_input_low('0),
        .s_weight_low('0),
        .s_axis_tvalid,
        .s_axis_tready,
        .enable,
        .issue,
        .next_input_low(unused_input_low),
        .next_weight_low(unused_weight_low),
        .later_input_low(unused_later_input_low),
        .later_weight_low(unused_later_weight_low),
        .starts,
        .sums,
        .next_done,
        .done(row_done),
        .level_done
    );
  end else begin : g_parallel
    // Registers from the issue of a segment to its operands, besides the first.
    localparam int Reads = (RAM_STYLE == "block") ? 1 : 0;

    logic [BEAT_W-1:0] operand;
    logic operand_valid;
    logic first;
    logic last;
    logic next_last;
    logic word_valid;
    logic [PE*SIMD*WEIGHT_W-1:0] weights;

    assign level_done = row_done;

    mvtu_issue #(
        .WIDTH(BEAT_W),
        .SF(SF),
        .NF(Uses),
        .READS(Reads),
        .USE_BLOCK(REPLAY_STYLE == "block"),
        .RUN(RUN),
        .SIMD(SETS * SIMD),
        .INPUT_W(INPUT_W)
    ) u_issue (
        .aclk,
        .aresetn,
        .s_axis_tdata,
        .s_axis_tvalid,
        .s_axis_tready,
        .enable,
        .word_valid,
        .issue,
        .operand,
        .operand_valid,
        .first,
        .last,
        .next_last
    );

    mvtu_weights #(
        .WIDTH(PE * SIMD * WEIGHT_W),
        .DEPTH(SF * NF),
        .SLICE(WEIGHT_SLICE),
        .FILE (WEIGHT_FILE),
        .STYLE(RAM_STYLE),
        .BANKS(Banks)
    ) u_weights (
        .aclk,
        .aresetn,
        .s_load,
        .m_load(weights_load),
        .valid (word_valid),
        .enable,
        .take  (issue),
        .word  (weights)
    );

    mvtu_rows #(
        .PE(PE),
        .SETS(SETS),
        .SIMD(SIMD),
        .STAGES(STAGES),
        .INPUT_W(INPUT_W),
        .SIGNED_INPUTS(SIGNED_INPUTS),
        .BIPOLAR(BIPOLAR),
        .WEIGHT_W(WEIGHT_W),
        .NARROW_WEIGHTS(NARROW_WEIGHTS),
        .TWICE(mvtu_pkg::counts_two(INPUT_W, BIPOLAR, WEIGHT_W, THRESHOLDS, ZEROS, BIAS_W)),
        .RUN(RUN),
        .DSP_ROWS(DSP_ROWS),
        .LANES(LANES),
        .FACTOR_W(FACTOR_W),
        .CHAIN(CHAIN),
        .SUM_W(SUM_W)
    ) u_rows (
        .aclk,
        .aresetn,
        .enable,
        .operand,
        .operand_valid,
        .first,
        .last,
        .next_last,
        .weights,
        .starts,
        .sums,
        .next_done,
        .done(row_done)
    );
  end

  // ---- Activation ----
  // Whether the accumulators start from a memory, and registers behind its address. The first rows may leave two cycles
  // behind a reset, when a word has come through one of them, or as much later as there are registers on their way.
  // Block RAM has one of its own, and one that is near the adders.
  localparam bit HasStarts = THRESHOLDS == 1 || ZEROS || BIAS_W > 0
                             || (THRESHOLDS == 0 && mvtu_pkg::leaves_signed(INPUT_W, BIPOLAR, WEIGHT_W));
  localparam bit IsLate = STAGES > 0 || RAM_STYLE == "block" || SERIAL || Uses > 1;
  localparam bit IsBlock = (THRESHOLDS > 1) ? START_STYLE == "block" : THRESHOLD_STYLE == "block";
  localparam bit IsLater = STAGES + ((RAM_STYLE == "block") ? 1 : 0) > 1;
  localparam int StartReads = !HasStarts ? 0 : !(IsLate && IsBlock) ? 1 : IsLater ? 3 : 2;
  // A start value, for one threshold with the bit of FALLING above it.
  localparam int FieldW = StartW + ((THRESHOLDS == 1 && FALLING) ? 1 : 0);

  localparam int StartSlice = (Banks > 0 && PE * FieldW > 32) ? 32 : 0;

  localparam int StartWords = HasStarts ? NF * StartLevels : NF;
  logic start_advance;

  assign start_advance = ((HasStarts && StartLevels > 1) ? level_done : row_done) && enable;

  // Of the fold whose sums stand on `sums` while row_done is high.
  logic [PE*FieldW-1:0] fields;
  logic fold_is_last;

  // mvtu_starts stands in either branch: a file's name that is chosen by an expression is padded by some tools.
  if (THRESHOLDS > 1) begin : g_levels
    logic unused_ready;
    logic next_ready;
    logic enable_q;

    mvtu_starts #(
        .WIDTH(PE * FieldW),
        .NF(StartWords),
        .READS(StartReads),
        .ROWS(ZEROS ? OFM_H : 1),
        .COLUMNS(ZEROS ? OFM_W : 1),
        .TOP(ZEROS ? EDGE_TOP : 0),
        .BOTTOM(ZEROS ? EDGE_BOTTOM : 0),
        .LEFT(ZEROS ? EDGE_LEFT : 0),
        .RIGHT(ZEROS ? EDGE_RIGHT : 0),
        .FILE (START_FILE),
        .STYLE(START_STYLE),
        .SLICE(StartSlice),
        .BANKS(Banks)
    ) u_starts (
        .aclk,
        .aresetn,
        .s_load(weights_load),
        .m_load(starts_load),
        .advance(start_advance),
        .word(fields),
        .is_last(fold_is_last)
    );

    for (genvar p = 0; p < PE; p++) begin : g_row
      // Rows in multipliers start below 0 by what their lanes add, so that the smallest sum of all is 0.
      localparam int Start = (p < DSP_ROWS)
          ? MW * mvtu_dsp_pkg::lowest(INPUT_W, WEIGHT_W, NARROW_WEIGHTS)
              - SF * mvtu_dsp_pkg::row_excess(p, DSP_ROWS, SIMD, FACTOR_W, INPUT_W, WEIGHT_W, LANES, CHAIN)
          : 0;
      assign starts[p*StartW+:StartW] = ZEROS ? fields[p*StartW+:StartW] : StartW'(Start);
    end

    // Known a cycle ahead: one register enables all those in front of the thresholds.
    assign enable = enable_q;

    always_ff @(posedge aclk) begin
      enable_q <= (enable_q && !next_done) || next_ready;
      if (!aresetn) enable_q <= 1'b1;
    end

    threshold_search #(
        .OUT_BITS(OUT_W),
        .INPUT_W(SUM_W),
        .SIGNED_OUTPUT(SIGNED_OUTPUT),
        .FALLING(FALLING),
        .CHANNELS(MH),
        .PE(PE),
        .THRESHOLD_FILE(THRESHOLD_FILE),
        .RAM_STYLE(THRESHOLD_STYLE),
        .BANKS(Banks)
    ) u_threshold (
        .aclk,
        .aresetn,
        .s_load(starts_load),
        .m_load,
        .s_axis_tdata (sums),
        .s_axis_tlast (fold_is_last),
        .s_axis_tvalid(row_done),
        .s_axis_tready(unused_ready),
        .next_ready,
        .m_axis_tdata,
        .m_axis_tlast,
        .m_axis_tvalid,
        .m_axis_tready
    );
  end else begin : g_sums
    // Signs are turned over behind the output's register, which they reach straight from the adders then.
    localparam bit IsSign = THRESHOLDS == 1 && !FALLING;

    logic unused_enable;
    logic [PE*OUT_W-1:0] result;
    logic [PE*OUT_W-1:0] registered;

    assign m_axis_tdata = IsSign ? ~registered : registered;
    assign m_load = starts_load;

    mvtu_starts #(
        .WIDTH(PE * FieldW),
        .NF(StartWords),
        .READS(StartReads),
        .ROWS(ZEROS ? OFM_H : 1),
        .COLUMNS(ZEROS ? OFM_W : 1),
        .TOP(ZEROS ? EDGE_TOP : 0),
        .BOTTOM(ZEROS ? EDGE_BOTTOM : 0),
        .LEFT(ZEROS ? EDGE_LEFT : 0),
        .RIGHT(ZEROS ? EDGE_RIGHT : 0),
        .FILE (THRESHOLD_FILE),
        .STYLE(THRESHOLD_STYLE),
        .SLICE(StartSlice),
        .BANKS(Banks)
    ) u_starts (
        .aclk,
        .aresetn,
        .s_load(weights_load),
        .m_load(starts_load),
        .advance(start_advance),
        .word(fields),
        .is_last(fold_is_last)
    );

    for (genvar p = 0; p < PE; p++) begin : g_row
      assign starts[p*StartW+:StartW] = fields[p*FieldW+:StartW];

      if (THRESHOLDS == 0) begin : g_sum
        assign result[p*OUT_W+:OUT_W] = sums[p*SUM_W+:SUM_W];
      end else if (FALLING) begin : g_either
        assign result[p] = sums[p*SUM_W+SUM_W-1] ^ !fields[p*FieldW+FieldW-1];
      end else begin : g_sign
        assign result[p] = sums[p*SUM_W+SUM_W-1];
      end
    end

    pipeline_output #(
        .WIDTH(PE * OUT_W),
        .SPACED(RowCycles > 1)
    ) u_output (
        .aclk,
        .aresetn,
        .next_valid(next_done),
        .data(result),
        .last(fold_is_last),
        .valid(row_done),
        .enable,
        .next_enable(unused_enable),
        .m_axis_tdata(registered),
        .m_axis_tlast,
        .m_axis_tvalid,
        .m_axis_tready
    );
  end

endmodule

`default_nettype wire
