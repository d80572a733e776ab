// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Multi-threshold activation of a stream: level = number of its channel's thresholds t with value >= t.
///
/// A pixel comes and leaves in NF = CHANNELS / PE beats; beat k carries channels k * PE and up. Thresholds of a channel
/// ascend, so that a binary search of OUT_BITS comparisons finds the level. At step s the beat and the s bits of the
/// level that are known address one of NF * 2^s thresholds; each element of a beat has a memory of its own for that.
///
/// Latency OUT_BITS + 1 cycles, and one more for each step behind the first whose thresholds are in block RAM, or more
/// than 32 for an element in LUTs; throughput 1 beat a cycle. No combinational path between the two sides.
module threshold #(
    /// Bits of an output element, 1 to 8; a channel has COUNT = 2^OUT_BITS - 1 thresholds.
    parameter int OUT_BITS = 2,
    /// Bits of an input element, >= 1.
    parameter int INPUT_W = 8,
    /// Bits of a threshold: INPUT_W, or INPUT_W + 1 where some lie above every input.
    parameter int THRESHOLD_W = INPUT_W,
    /// 1: input elements and thresholds are two's complement; 0: unsigned.
    parameter bit SIGNED_INPUT = 0,
    /// 1: outputs are levels minus 2^(OUT_BITS - 1), two's complement; 0: levels, unsigned.
    parameter bit SIGNED_OUTPUT = 0,
    /// 1: a bit a channel says whether its levels fall, COUNT minus the number of thresholds reached; 0: none does.
    parameter bit FALLING = 0,
    /// Channels of a pixel, >= 1.
    parameter int CHANNELS = 8,
    /// Channels a beat; divides CHANNELS; at most 2,000 where OUT_BITS > 1.
    parameter int PE = 2,
    /// $readmemh file of the first step; of step 2 for elements 6 and 7, THRESHOLD_FILE with ".2.003.mem" behind it.
    /// Empty leaves the thresholds undefined.
    parameter THRESHOLD_FILE = "",
    /// Thresholds: "distributed" (LUTs), "block" (block RAM), or "auto": steps of more than LUT_DEPTH words in block
    /// RAM.
    parameter RAM_STYLE = "auto",
    /// Words, >= 0.
    parameter int LUT_DEPTH = 64,
    /// 0: thresholds are constants. 1 or 2: the files are their first contents, and others can be loaded over s_load,
    /// into so many banks (load_port), while the unit is empty; words of more than 32 bits lie in slices of 32 bits, of
    /// slice 1 in the file's name with ".001.mem" behind it.
    parameter int BANKS = 0
) (
    input wire aclk,
    input wire aresetn,

    /// The chain of loads (load_port), through the memories of the steps; without banks it is passed on.
    input  wire  [finn_pkg::LOAD_W-1:0] s_load,
    output logic [finn_pkg::LOAD_W-1:0] m_load,

    input  wire  [PE*INPUT_W-1:0] s_axis_tdata,
    /// Leaves with the beat; the unit tells pixels apart by counting.
    input  wire                   s_axis_tlast,
    input  wire                   s_axis_tvalid,
    output logic                  s_axis_tready,

    output logic [PE*OUT_BITS-1:0] m_axis_tdata,
    output logic                   m_axis_tlast,
    output logic                   m_axis_tvalid,
    input  wire                    m_axis_tready
);

  logic unused_next;

  threshold_search #(
      .OUT_BITS(OUT_BITS),
      .INPUT_W(INPUT_W),
      .THRESHOLD_W(THRESHOLD_W),
      .SIGNED_INPUT(SIGNED_INPUT),
      .SIGNED_OUTPUT(SIGNED_OUTPUT),
      .FALLING(FALLING),
      .CHANNELS(CHANNELS),
      .PE(PE),
      .THRESHOLD_FILE(THRESHOLD_FILE),
      .RAM_STYLE(RAM_STYLE),
      .LUT_DEPTH(LUT_DEPTH),
      .BANKS(BANKS)
  ) u_search (
      .aclk,
      .aresetn,
      .s_load,
      .m_load,
      .s_axis_tdata,
      .s_axis_tlast,
      .s_axis_tvalid,
      .s_axis_tready,
      .next_ready(unused_next),
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

endmodule

`default_nettype wire
